package dev.whippet.broker.internal.http.route;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.http.exchange.Answer;
import dev.whippet.broker.internal.http.exchange.Call;
import dev.whippet.broker.internal.http.exchange.HttpRefusal;
import dev.whippet.broker.internal.http.exchange.Route;
import dev.whippet.broker.internal.http.exchange.RouteMatch;
import dev.whippet.broker.internal.http.exchange.Target;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Any target and any body of any route becomes requests or is refused. The first byte chooses the
 * route, the second how many bytes are the target; the rest is the body.
 */
class RoutesFuzz {
  private static final List<Route> ROUTES = routes();

  private static List<Route> routes() {
    List<Route> routes = new ArrayList<>(SystemRoutes.all());
    routes.addAll(UserRoutes.all());
    routes.addAll(StreamRoutes.all());
    routes.addAll(TopicRoutes.all());
    routes.addAll(new MessageRoutes(() -> 1).all());
    routes.addAll(OffsetRoutes.all());
    routes.addAll(GroupRoutes.all());
    return routes;
  }

  @FuzzTest(maxDuration = "2s")
  void becomesRequestsOrIsRefused(byte[] data) {
    fuzzerTestOneInput(data);
  }

  public static void fuzzerTestOneInput(byte[] data) {
    if (data.length < 2) {
      return;
    }
    Route route = ROUTES.get((data[0] & 0xff) % ROUTES.size());
    int end = Math.min(data.length, 2 + (data[1] & 0xff));
    String given = new String(data, 2, end - 2, StandardCharsets.ISO_8859_1);
    byte[] body = Arrays.copyOfRange(data, end, data.length);
    String[] parts = given.split("/", -1);
    StringBuilder uri = new StringBuilder();
    int next = 0;
    for (String segment : route.path()) {
      boolean taken = segment.startsWith("{") && next < parts.length;
      uri.append('/').append(taken ? parts[next++] : segment);
    }
    if (next < parts.length) {
      uri.append('?').append(parts[next]);
    }
    try {
      RouteMatch match = RouteMatch.find(ROUTES, route.method(), new Target(uri.toString()));
      if (match.route() != null) {
        ClientSession session = new ClientSession(1, "127.0.0.1:1", 3, 0);
        Call call = new Call(match, body, session, new Nothing(), null);
        match.route().action().accept(call);
      }
    } catch (HttpRefusal refused) {
      int status = refused.answer().status();
      if (status < 400 || status > 422) {
        throw new AssertionError("refused with " + status);
      }
    }
  }

  /** Refuses every request. */
  private static final class Nothing implements Call.Way {
    @Override
    public void execute(Request request, Consumer<Reply> then) {
      if (request instanceof Request.SendMessages send) {
        send.batch().release();
      }
      then.accept(new Reply.Failure(5));
    }

    @Override
    public void answer(Answer answer) {}

    @Override
    public void resume(Runnable step) {
      step.run();
    }
  }
}

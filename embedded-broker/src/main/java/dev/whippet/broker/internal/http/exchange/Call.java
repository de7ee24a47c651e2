package dev.whippet.broker.internal.http.exchange;

import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.ConsumerId;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.internal.wire.Status;
import dev.whippet.internal.wire.XxHash32;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * One call of a {@link Route}, complete with its body. Answered once, by {@link #answer}, now or
 * later. Everything runs on the connection's loop, unless a method says otherwise.
 */
public final class Call {
  private static final int NAME_BYTES_MAX = 255;

  private final Route route;
  private final Target target;
  private final byte[] body;
  private final ClientSession session;
  private final Way way;
  private final String bearer;

  /** What the connection does for a call. */
  public interface Way {
    /** Executes a request; its reply comes on the connection's loop. */
    void execute(Request request, Consumer<Reply> then);

    /** Sends the answer. Any thread. */
    void answer(Answer answer);

    /**
     * Runs a step on the connection's loop; what it throws is the answer: a refusal, or 500. Any
     * thread.
     */
    void resume(Runnable step);
  }

  /**
   * @param session logged in as the token says, or not
   * @param bearer the token that came with it, or {@code null}
   */
  public Call(RouteMatch match, byte[] body, ClientSession session, Way way, String bearer) {
    this.route = match.route();
    this.target = match.target();
    this.body = body;
    this.session = session;
    this.way = way;
    this.bearer = bearer;
  }

  /** Who calls. */
  public ClientSession session() {
    return session;
  }

  /** The token that it came with. */
  public String bearer() {
    return bearer;
  }

  /** Any thread. */
  public void answer(Answer answer) {
    way.answer(answer);
  }

  /** Goes on with {@code step} on the connection's loop; what it throws is answered. Any thread. */
  public void resume(Runnable step) {
    way.resume(step);
  }

  /** Executes {@code request}; a refusal is answered, everything else goes to {@code then}. */
  public void ask(Request request, Consumer<Reply> then) {
    askAnyway(
        request,
        reply -> {
          if (reply instanceof Reply.Failure failure) {
            answer(Errors.answer(failure.status()));
          } else {
            then.accept(reply);
          }
        });
  }

  /** As {@link #ask}; an empty reply is answered with 404. */
  public void find(Request request, Consumer<Reply> then) {
    ask(
        request,
        reply -> {
          if (reply instanceof Reply.Empty) {
            answer(Errors.NOT_FOUND);
          } else {
            then.accept(reply);
          }
        });
  }

  /** Executes {@code request}; its success is answered with {@code status} and nothing else. */
  public void order(Request request, int status) {
    ask(request, reply -> answer(Answer.empty(status)));
  }

  /** Executes {@code request}; refusals go to {@code then}, too. */
  public void askAnyway(Request request, Consumer<Reply> then) {
    way.execute(request, then);
  }

  /** The request's JSON. */
  public Body body() {
    return Body.parse(body);
  }

  /** For logs: method and path, without what was asked for. */
  @Override
  public String toString() {
    return route.method() + " /" + String.join("/", route.path());
  }

  // --- path -------------------------------------------------------------------------------------

  public String parameter(String name) {
    return route.parameter(name, target.path());
  }

  /** A number that fits 32 bits is an id, anything else a name (8.3). */
  public Identifier identifier(String name) {
    return identify(parameter(name));
  }

  public Identifier stream() {
    return identifier("stream");
  }

  public Identifier topic() {
    return identifier("topic");
  }

  public int u32Parameter(String name) {
    return u32(name, parameter(name));
  }

  // --- query ------------------------------------------------------------------------------------

  /** {@code otherwise} when it is absent. */
  public String query(String name, String otherwise) {
    String value = target.query(name);
    return value == null ? otherwise : value;
  }

  public int u32Query(String name) {
    String value = target.query(name);
    if (value == null) {
      throw HttpRefusal.badRequest("The query has no " + name + ".");
    }
    return u32(name, value);
  }

  public OptionalInt optionalU32Query(String name) {
    String value = target.query(name);
    return value == null ? OptionalInt.empty() : OptionalInt.of(u32(name, value));
  }

  public long u64Query(String name, long otherwise) {
    String value = target.query(name);
    try {
      return value == null ? otherwise : Long.parseUnsignedLong(value);
    } catch (NumberFormatException e) {
      throw HttpRefusal.badRequest(name + " is not a whole number of 64 bits.");
    }
  }

  /** {@code true} or {@code false}, nothing else. */
  public static boolean flag(String name, String value) {
    if (!value.equals("true") && !value.equals("false")) {
      throw HttpRefusal.badRequest(name + " is not true or false.");
    }
    return value.equals("true");
  }

  /** Over HTTP, who reads is a plain consumer. */
  public ConsumerId consumer() {
    return consumer(query("consumer_id", "1"));
  }

  public static ConsumerId consumer(String text) {
    Identifier identifier = identify(text);
    if (identifier instanceof Identifier.Numeric numeric) {
      return new ConsumerId(false, identifier, numeric.id());
    }
    byte[] name = text.getBytes(StandardCharsets.UTF_8);
    return new ConsumerId(false, identifier, XxHash32.hash(name, 0, name.length));
  }

  private static int u32(String name, String value) {
    try {
      return Integer.parseUnsignedInt(value);
    } catch (NumberFormatException e) {
      throw HttpRefusal.badRequest(name + " is not a whole number of 32 bits.");
    }
  }

  private static Identifier identify(String text) {
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    if (bytes < 1 || bytes > NAME_BYTES_MAX) {
      throw HttpRefusal.of(Status.INVALID_IDENTIFIER);
    }
    try {
      return new Identifier.Numeric(Integer.parseUnsignedInt(text));
    } catch (NumberFormatException aName) {
      return new Identifier.Named(text);
    }
  }
}

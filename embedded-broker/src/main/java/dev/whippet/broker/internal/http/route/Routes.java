package dev.whippet.broker.internal.http.route;

import dev.whippet.broker.internal.http.exchange.Route;
import dev.whippet.broker.internal.http.token.AccessTokens;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** Every route of iggy-classic.md 8.4. */
public final class Routes {
  private Routes() {}

  public static List<Route> all(AccessTokens tokens, LongSupplier clockMicros) {
    List<Route> all = new ArrayList<>();
    all.addAll(SystemRoutes.all());
    all.addAll(new LoginRoutes(tokens).all());
    all.addAll(UserRoutes.all());
    all.addAll(StreamRoutes.all());
    all.addAll(TopicRoutes.all());
    all.addAll(new MessageRoutes(clockMicros).all());
    all.addAll(OffsetRoutes.all());
    all.addAll(GroupRoutes.all());
    return all;
  }
}

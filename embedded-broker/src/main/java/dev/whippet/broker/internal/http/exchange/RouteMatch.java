package dev.whippet.broker.internal.http.exchange;

import java.util.List;

/**
 * Where a request leads.
 *
 * @param route {@code null} when there is none
 * @param pathKnown whether the path has a route, if only with another method
 * @param open whether one needs no token for it
 */
public record RouteMatch(Route route, Target target, boolean pathKnown, boolean open) {

  /** The route of {@code method} and {@code target}; a HEAD goes where a GET does. */
  public static RouteMatch find(List<Route> routes, String method, Target target) {
    String wanted = method.equals("HEAD") ? "GET" : method;
    boolean known = false;
    boolean open = false;
    for (Route route : routes) {
      if (route.fits(target.path())) {
        known = true;
        open |= route.access() == Route.Access.PUBLIC;
        if (route.method().equals(wanted)) {
          return new RouteMatch(route, target, true, route.access() == Route.Access.PUBLIC);
        }
      }
    }
    return new RouteMatch(null, target, known, open);
  }
}

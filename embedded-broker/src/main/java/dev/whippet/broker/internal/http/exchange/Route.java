package dev.whippet.broker.internal.http.exchange;

import java.util.List;
import java.util.function.Consumer;

/**
 * What a method and a path lead to.
 *
 * @param method such as {@code GET}
 * @param path segments; those in braces take any value, under that name
 * @param access whether one has to be logged in
 * @param body whether JSON is expected
 * @param action answers, now or later, or throws {@link HttpRefusal}
 */
public record Route(
    String method, List<String> path, Access access, boolean body, Consumer<Call> action) {

  /** Who may call. */
  public enum Access {
    /** Whoever has a token. */
    TOKEN,
    /** Everybody; the body of such a call is small. */
    PUBLIC
  }

  /** With a token, without a body. */
  public static Route of(String method, String path, Consumer<Call> action) {
    return new Route(method, segments(path), Access.TOKEN, false, action);
  }

  /** With a token and a body. */
  public static Route withBody(String method, String path, Consumer<Call> action) {
    return new Route(method, segments(path), Access.TOKEN, true, action);
  }

  /** Without a token. */
  public static Route open(String method, String path, boolean body, Consumer<Call> action) {
    return new Route(method, segments(path), Access.PUBLIC, body, action);
  }

  private static List<String> segments(String path) {
    return List.of(path.substring(1).split("/", -1));
  }

  boolean fits(List<String> given) {
    if (given.size() != path.size()) {
      return false;
    }
    for (int i = 0; i < given.size(); i++) {
      boolean fits = isParameter(i) ? !given.get(i).isEmpty() : path.get(i).equals(given.get(i));
      if (!fits) {
        return false;
      }
    }
    return true;
  }

  private boolean isParameter(int index) {
    return path.get(index).startsWith("{");
  }

  /** The value that {@code given} has in the place of {@code {name}}. */
  String parameter(String name, List<String> given) {
    int index = path.indexOf("{" + name + "}");
    if (index < 0) {
      throw new IllegalArgumentException("no parameter " + name + " in " + path);
    }
    return given.get(index);
  }
}

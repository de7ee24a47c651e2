package dev.whippet.broker.internal.http.exchange;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A request's target, taken apart: path segments and query members, both decoded. It is a path, or
 * such as proxies are asked for, with scheme and host in front, which count for nothing.
 */
public final class Target {
  private static final int QUERY_MEMBERS_MAX = 64;

  /** What decoding puts where it can't. */
  private static final char NO_UTF_8 = '\ufffd';

  private static final Pattern ABSOLUTE =
      Pattern.compile("(?i)https?://[^/?#]+(.*)", Pattern.DOTALL);

  private final List<String> path = new ArrayList<>();
  private final Map<String, List<String>> query;

  /** Throws {@link HttpRefusal} when something is encoded that is no UTF-8. */
  public Target(String uri) {
    try {
      QueryStringDecoder decoder =
          new QueryStringDecoder(
              originForm(uri), StandardCharsets.UTF_8, true, QUERY_MEMBERS_MAX, true);
      String raw = decoder.rawPath();
      requirePath(raw.startsWith("/"));
      for (String segment : raw.substring(1).split("/", -1)) {
        String decoded = QueryStringDecoder.decodeComponent(segment.replace("+", "%2B"));
        requirePath(decoded.indexOf(NO_UTF_8) < 0);
        path.add(decoded);
      }
      query = decoder.parameters();
    } catch (IllegalArgumentException e) {
      throw noPath();
    }
  }

  private static void requirePath(boolean is) {
    if (!is) {
      throw noPath();
    }
  }

  private static HttpRefusal noPath() {
    return HttpRefusal.badRequest("The request's target is not a path with a query.");
  }

  private static String originForm(String uri) {
    Matcher proxied = ABSOLUTE.matcher(uri);
    if (!proxied.matches()) {
      return uri;
    }
    String rest = proxied.group(1);
    return rest.startsWith("/") ? rest : "/" + rest;
  }

  /** At least one. */
  public List<String> path() {
    return path;
  }

  /** The last of that name, or {@code null}. */
  String query(String name) {
    List<String> values = query.get(name);
    return values == null ? null : values.get(values.size() - 1);
  }
}

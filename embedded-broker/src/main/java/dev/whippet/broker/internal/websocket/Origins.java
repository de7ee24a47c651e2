package dev.whippet.broker.internal.websocket;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Which pages of browsers may open a WebSocket (RFC 6455 10.2). A browser always says where its
 * page came from, in Origin; others say nothing and are let in, as they may say anything.
 * Immutable.
 *
 * <pre>
 *   no Origin                      let in
 *   same host as in Host           let in, whatever scheme and port
 *   on the list, or the list has * let in
 *   any other, and "null"          refused with 403
 * </pre>
 */
public final class Origins {
  /** Only pages of the same host. */
  public static final Origins SAME_HOST = new Origins(List.of());

  private static final String ANY = "*";

  private final List<String> allowed = new ArrayList<>();

  private Origins(List<String> allowed) {
    this.allowed.addAll(allowed);
  }

  /**
   * Pages of the same host, and these.
   *
   * @param origins each {@code scheme://host[:port]}, {@code null} (a file, a sandbox) or {@code *}
   * @throws IllegalArgumentException for anything else
   */
  public static Origins of(List<String> origins) {
    List<String> normal = new ArrayList<>();
    for (String origin : origins) {
      normal.add(checked(origin));
    }
    return new Origins(normal);
  }

  private static String checked(String origin) {
    boolean url = origin.matches("[A-Za-z][A-Za-z0-9+.-]*://[^/?#@\\s]+");
    if (!url && !origin.equals(ANY) && !origin.equals("null")) {
      throw new IllegalArgumentException(
          "origin: " + origin + ", not scheme://host or scheme://host:port, null or *");
    }
    return normal(origin);
  }

  /**
   * Whether a page may connect.
   *
   * @param origin of the request
   * @param host of the request's Host
   */
  boolean allow(String origin, String host) {
    String normal = normal(origin);
    return allowed.contains(ANY)
        || allowed.contains(normal)
        || normal.contains("://") && name(normal).equals(name(host.toLowerCase(Locale.ROOT)));
  }

  /** In small letters and without the scheme's own port. */
  private static String normal(String origin) {
    String small = origin.toLowerCase(Locale.ROOT);
    if (small.startsWith("http://") && small.endsWith(":80")) {
      return small.substring(0, small.length() - 3);
    }
    if (small.startsWith("https://") && small.endsWith(":443")) {
      return small.substring(0, small.length() - 4);
    }
    return small;
  }

  /** The host of {@code [scheme://]host[:port]}; an IPv6 address with its brackets. */
  private static String name(String origin) {
    int scheme = origin.indexOf("://");
    String authority = scheme < 0 ? origin : origin.substring(scheme + 3);
    int colon = authority.lastIndexOf(':');
    return colon > authority.lastIndexOf(']') ? authority.substring(0, colon) : authority;
  }
}

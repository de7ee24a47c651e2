package dev.whippet.broker.internal.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;

/** What browsers are told about pages of other hosts (iggy-classic.md section 8). */
final class Cors {
  private static final String ANY = "*";
  private static final String METHODS = "GET,POST,PUT,DELETE";
  private static final String HEADERS = "content-type,authorization";

  private final List<String> origins;

  Cors(List<String> origins) {
    this.origins = origins;
  }

  /** True when a browser asks before it asks. */
  static boolean isPreflight(String method, HttpHeaders request) {
    return method.equals("OPTIONS")
        && request.contains(HttpHeaderNames.ORIGIN)
        && request.contains(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD);
  }

  /** Adds what the browser of a page of another host wants to read. */
  void addTo(HttpHeaders answer, HttpHeaders request, boolean preflight) {
    String origin = request.get(HttpHeaderNames.ORIGIN);
    if (origin == null || origins.isEmpty()) {
      return;
    }
    boolean any = origins.contains(ANY);
    if (any || origins.contains(origin)) {
      answer.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, any ? ANY : origin);
      if (preflight) {
        answer.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        answer.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
      }
    }
    answer.set(HttpHeaderNames.VARY, HttpHeaderNames.ORIGIN);
  }
}

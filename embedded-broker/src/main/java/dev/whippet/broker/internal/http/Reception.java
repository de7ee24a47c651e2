package dev.whippet.broker.internal.http;

import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Standing;
import dev.whippet.broker.internal.http.exchange.Answer;
import dev.whippet.broker.internal.http.exchange.HttpRefusal;
import dev.whippet.broker.internal.http.exchange.Route;
import dev.whippet.broker.internal.http.exchange.RouteMatch;
import dev.whippet.broker.internal.http.exchange.Target;
import dev.whippet.broker.internal.http.token.AccessTokens;
import dev.whippet.broker.internal.http.token.AccessTokens.Claims;
import dev.whippet.internal.wire.Status;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import java.util.List;

/**
 * Everything that can be said of a request before its body, in the order of a stock server
 * (iggy-classic.md 8.1, 8.2). Any thread.
 *
 * <table>
 *   <caption>Refusals, in the order in which they are looked for</caption>
 *   <tr><td>505</td><td>another version than HTTP/1</td></tr>
 *   <tr><td>405</td><td>CONNECT, TRACE</td></tr>
 *   <tr><td>501</td><td>a body in another coding than chunks</td></tr>
 *   <tr><td>417</td><td>an expectation other than 100-continue</td></tr>
 *   <tr><td>400</td><td>two hosts, a target that is no path with a query</td></tr>
 *   <tr><td>401</td><td>no token that is good, for what needs one</td></tr>
 *   <tr><td>403</td><td>the token of a user who was deleted (41)</td></tr>
 *   <tr><td>404, 405</td><td>no such path, not with this method</td></tr>
 *   <tr><td>415, 413</td><td>a body that is not JSON, or too long</td></tr>
 * </table>
 */
final class Reception {
  /** Of a body before a token was seen: a login. */
  private static final int SMALL_BODY_BYTES_MAX = 8 << 10;

  private static final String BEARER = "Bearer ";

  private final AccessTokens tokens;
  private final List<Route> routes;
  private final int bodyBytesMax;

  Reception(AccessTokens tokens, List<Route> routes, int bodyBytesMax) {
    this.tokens = tokens;
    this.routes = routes;
    this.bodyBytesMax = bodyBytesMax;
  }

  /**
   * A request whose body may come.
   *
   * @param bearer the token that came with it, or {@code null}
   * @param bodyBytes what the body may take, at most; 0 when there is none or nobody wants it
   */
  record Admitted(RouteMatch match, String bearer, int bodyBytes) {}

  /** Logs {@code session} in when the token is good. Throws {@link HttpRefusal}. */
  Admitted admit(HttpRequest request, ClientSession session) {
    if (!isHttp1(request)) {
      throw new HttpRefusal(Answer.text(505, "This server speaks HTTP/1.1."));
    }
    String method = request.method().name();
    if (method.equals(HttpMethod.CONNECT.name()) || method.equals(HttpMethod.TRACE.name())) {
      throw new HttpRefusal(Answer.empty(405));
    }
    if (!isFramed(request)) {
      throw new HttpRefusal(Answer.text(501, "A body comes as it is, or in chunks."));
    }
    if (request.headers().getAll(HttpHeaderNames.HOST).size() > 1) {
      throw HttpRefusal.badRequest("The request names two hosts.");
    }
    if (request.headers().contains(HttpHeaderNames.EXPECT) && !awaitsProceeding(request)) {
      throw new HttpRefusal(Answer.empty(417));
    }
    if (Cors.isPreflight(method, request.headers())) {
      throw new HttpRefusal(Answer.empty(200));
    }
    RouteMatch match = RouteMatch.find(routes, method, new Target(request.uri()));
    String bearer = bearer(request);
    authenticate(bearer, session, match.open());
    if (match.route() == null) {
      throw new HttpRefusal(Answer.empty(match.pathKnown() ? 405 : 404));
    }
    return new Admitted(match, bearer, match.route().body() ? bodyBytes(request, session) : 0);
  }

  private static boolean awaitsProceeding(HttpRequest request) {
    return request.headers().containsValue(HttpHeaderNames.EXPECT, HttpHeaderValues.CONTINUE, true);
  }

  private static boolean isHttp1(HttpRequest request) {
    return request.protocolVersion().majorVersion() == 1;
  }

  /** Whether one can tell where the next request begins. */
  static boolean isFramed(HttpRequest request) {
    List<String> codings = request.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
    boolean plain =
        codings.isEmpty()
            || codings.size() == 1
                && HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(codings.get(0).strip());
    return plain && isHttp1(request);
  }

  private static String bearer(HttpRequest request) {
    String header = request.headers().get(HttpHeaderNames.AUTHORIZATION);
    return header != null && header.startsWith(BEARER) ? header.substring(BEARER.length()) : null;
  }

  /** A token that is not good is as none where none is needed. */
  private void authenticate(String bearer, ClientSession session, boolean open) {
    Claims claims = bearer == null ? null : tokens.verify(bearer);
    Standing standing = claims == null ? Standing.ENDED : tokens.standing(claims);
    if (standing == Standing.GOOD || standing == Standing.RUNS_OUT) {
      session.login(claims.user());
    } else if (!open) {
      throw standing == Standing.DELETED
          ? HttpRefusal.of(Status.UNAUTHORIZED)
          : new HttpRefusal(Answer.empty(401));
    }
  }

  private int bodyBytes(HttpRequest request, ClientSession session) {
    if (!isJson(request)) {
      throw new HttpRefusal(Answer.text(415, "The body's Content-Type is not application/json."));
    }
    int max = session.loggedIn() ? bodyBytesMax : SMALL_BODY_BYTES_MAX;
    if (HttpUtil.isTransferEncodingChunked(request)) {
      return max;
    }
    long bytes = HttpUtil.getContentLength(request, 0L);
    if (bytes > max) {
      throw tooLong(max);
    }
    return (int) bytes;
  }

  static HttpRefusal tooLong(int bytesMax) {
    return new HttpRefusal(Answer.text(413, "The body is longer than " + bytesMax + " bytes."));
  }

  private static boolean isJson(HttpRequest request) {
    CharSequence type = HttpUtil.getMimeType(request);
    return type != null
        && HttpHeaderValues.APPLICATION_JSON.contentEqualsIgnoreCase(type.toString().strip());
  }
}

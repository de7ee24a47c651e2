package dev.whippet.broker.internal.bench.client;

import java.net.URI;
import java.net.URISyntaxException;

/**
 * A server of the classic wire: where, over which transport, and as whom.
 *
 * <pre>
 * tcp://host[:8090]   ws://host[:8092][/path]
 * </pre>
 */
public record Target(
    boolean webSocket, String host, int port, String path, String user, String password) {

  private static final int TCP_PORT = 8090;
  private static final int WEB_SOCKET_PORT = 8092;

  /** Takes {@code url} apart; anything that is not such an address is refused. */
  public static Target parse(String url, String user, String password) throws BenchException {
    URI uri;
    try {
      uri = new URI(url);
    } catch (URISyntaxException e) {
      throw refusal(url);
    }
    boolean webSocket = "ws".equals(uri.getScheme());
    boolean known = webSocket || "tcp".equals(uri.getScheme());
    if (!known || uri.getHost() == null || uri.getUserInfo() != null) {
      throw refusal(url);
    }
    int port = uri.getPort();
    if (port == 0 || port > 65535) {
      throw refusal(url);
    }
    if (port < 0) {
      port = webSocket ? WEB_SOCKET_PORT : TCP_PORT;
    }
    String path = uri.getRawPath();
    boolean bare = path == null || path.isEmpty();
    return new Target(webSocket, uri.getHost(), port, bare ? "/" : path, user, password);
  }

  /** Its address without the credentials, as the user wrote it. */
  public String url() {
    return (webSocket ? "ws://" : "tcp://") + host + ":" + port + ("/".equals(path) ? "" : path);
  }

  /** True when the server runs on this machine, so that its process can be looked at. */
  public boolean isLocal() {
    return host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]");
  }

  /** The same server at another port, for a proxy in front of it. */
  public Target at(String otherHost, int otherPort) {
    return new Target(webSocket, otherHost, otherPort, path, user, password);
  }

  /** Never shows the password. */
  @Override
  public String toString() {
    return url();
  }

  private static BenchException refusal(String url) {
    return new BenchException(url + " is not an address such as tcp://host:8090 or ws://host:8092");
  }
}

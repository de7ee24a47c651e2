package dev.whippet.conformance.wire;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;

/**
 * One raw connection to any server of the classic wire: bytes out, responses in, nothing checked on
 * the way out. One thread.
 */
public interface WireConnection extends Closeable {
  /** One write over TCP, one binary message over WebSocket; false when the peer is gone. */
  boolean send(byte[] bytes);

  /** The next response. */
  Answer receive(long timeoutMillis);

  /** Whether nothing arrives for this long. */
  boolean silentFor(long millis);

  /** Whether the server ends the connection within this time, without another response. */
  boolean closedWithin(long millis);

  int localPort();

  /** Sends one request and reads one response. */
  default Answer ask(byte[] request, long timeoutMillis) {
    send(request);
    return receive(timeoutMillis);
  }

  static WireConnection open(WireTransport transport, InetSocketAddress address)
      throws IOException {
    return switch (transport) {
      case TCP -> new TcpConnection(address);
      case WS -> WsConnection.open(address);
    };
  }
}

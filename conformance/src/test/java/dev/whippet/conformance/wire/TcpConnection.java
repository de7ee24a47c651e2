package dev.whippet.conformance.wire;

import dev.whippet.conformance.wire.RawSocket.Filled;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** Frames straight on a socket (iggy-classic.md 1). */
public final class TcpConnection implements WireConnection {
  private static final int HEADER_BYTES = 8;

  private final RawSocket socket;

  public TcpConnection(InetSocketAddress address) throws IOException {
    socket = new RawSocket(address);
  }

  @Override
  public boolean send(byte[] bytes) {
    return socket.write(bytes);
  }

  @Override
  public Answer receive(long timeoutMillis) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    while (true) {
      if (socket.available() >= HEADER_BYTES) {
        long length = socket.unsignedLe(4, 4);
        if (socket.available() >= HEADER_BYTES + length) {
          int status = (int) socket.unsignedLe(0, 4);
          socket.skip(HEADER_BYTES);
          return Answer.response(status, socket.take((int) length));
        }
      }
      switch (socket.fill(deadline)) {
        case END -> {
          return Answer.CLOSED;
        }
        case TIMEOUT -> {
          return Answer.NONE;
        }
        case MORE -> {}
      }
    }
  }

  /** Whatever arrives until the end of the connection or the time is over, as text. */
  public String receiveText(long timeoutMillis) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
    Filled filled = Filled.MORE;
    while (filled == Filled.MORE) {
      filled = socket.fill(deadline);
    }
    return new String(socket.take(socket.available()), StandardCharsets.ISO_8859_1);
  }

  @Override
  public boolean silentFor(long millis) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    return socket.available() == 0 && socket.fill(deadline) == Filled.TIMEOUT;
  }

  @Override
  public boolean closedWithin(long millis) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    return socket.available() == 0 && socket.fill(deadline) == Filled.END;
  }

  @Override
  public int localPort() {
    return socket.localPort();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

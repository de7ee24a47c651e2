package dev.whippet.conformance.wire;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * A socket whose reads have a deadline and lose nothing when it passes: bytes gather in a buffer
 * until somebody takes them. A failed read or write is the end of the connection, not an exception.
 * One thread.
 */
final class RawSocket implements Closeable {
  private static final int CONNECT_TIMEOUT_MILLIS = 10_000;

  enum Filled {
    MORE,
    TIMEOUT,
    END
  }

  private final Socket socket = new Socket();
  private final byte[] chunk = new byte[64 * 1024];
  private byte[] buffer = new byte[1024];
  private int start;
  private int end;
  private boolean ended;

  RawSocket(InetSocketAddress address) throws IOException {
    socket.setTcpNoDelay(true);
    socket.connect(address, CONNECT_TIMEOUT_MILLIS);
  }

  int localPort() {
    return socket.getLocalPort();
  }

  /** False when the peer no longer takes bytes; what it said before may still be read. */
  boolean write(byte[]... parts) {
    try {
      for (byte[] part : parts) {
        socket.getOutputStream().write(part);
      }
      return true;
    } catch (IOException gone) {
      return false;
    }
  }

  int available() {
    return end - start;
  }

  int at(int index) {
    return buffer[start + index] & 0xFF;
  }

  long unsignedLe(int index, int width) {
    long value = 0;
    for (int i = width - 1; i >= 0; i--) {
      value = value << 8 | at(index + i);
    }
    return value;
  }

  void skip(int count) {
    start += count;
  }

  byte[] take(int count) {
    byte[] taken = Arrays.copyOfRange(buffer, start, start + count);
    skip(count);
    return taken;
  }

  /** Waits for bytes until {@code deadlineNanos} of {@link System#nanoTime()}. */
  Filled fill(long deadlineNanos) {
    if (ended) {
      return Filled.END;
    }
    long left = deadlineNanos - System.nanoTime();
    if (left <= 0) {
      return Filled.TIMEOUT;
    }
    try {
      socket.setSoTimeout((int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
      int count = socket.getInputStream().read(chunk);
      if (count < 0) {
        ended = true;
        return Filled.END;
      }
      append(count);
      return Filled.MORE;
    } catch (SocketTimeoutException late) {
      return Filled.TIMEOUT;
    } catch (IOException reset) {
      ended = true;
      return Filled.END;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private void append(int count) {
    if (start == end) {
      start = 0;
      end = 0;
    }
    if (end + count > buffer.length) {
      byte[] larger = new byte[Math.max(2 * (available() + count), buffer.length)];
      System.arraycopy(buffer, start, larger, 0, available());
      end -= start;
      start = 0;
      buffer = larger;
    }
    System.arraycopy(chunk, 0, buffer, end, count);
    end += count;
  }
}

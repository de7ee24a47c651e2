package dev.whippet.internal.link;

import dev.whippet.internal.tls.TlsClient;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/**
 * What lies between a link's bytes and its socket: nothing, or TLS. Never blocks, but for the
 * arithmetic of a handshake. One object per link; owned by the net thread.
 *
 * <p>Memory of TLS: one record each way and one inside, about 50 KiB.
 */
abstract class Pipe {
  final SocketChannel channel;

  private Pipe(SocketChannel channel) {
    this.channel = channel;
  }

  static Pipe plain(SocketChannel channel) {
    return new Plain(channel);
  }

  static Pipe secured(SocketChannel channel, TlsClient.Half half) throws SSLException {
    return new Secured(channel, half);
  }

  /** Goes on with opening it; true once it is open. */
  abstract boolean open() throws IOException;

  /** Takes what is there, as far as it fits; -1 at the end. */
  abstract int read(ByteBuffer to) throws IOException;

  /** True when {@link #read} may bring more although the socket holds nothing. */
  abstract boolean holdsMore();

  /** Takes from {@code from} what may leave now. */
  abstract int write(ByteBuffer from) throws IOException;

  /** Lets the socket take what {@link #write} took; false when some is left. */
  abstract boolean flush() throws IOException;

  /** Says goodbye, without waiting for anything. */
  abstract void end();

  private static final class Plain extends Pipe {
    Plain(SocketChannel channel) {
      super(channel);
    }

    @Override
    boolean open() {
      return true;
    }

    @Override
    int read(ByteBuffer to) throws IOException {
      return channel.read(to);
    }

    @Override
    boolean holdsMore() {
      return false;
    }

    @Override
    int write(ByteBuffer from) throws IOException {
      return channel.write(from);
    }

    @Override
    boolean flush() {
      return true;
    }

    @Override
    void end() {
      // TCP has no goodbye but its end.
    }
  }

  /** Buffers are ready to be read from, but within a method. */
  private static final class Secured extends Pipe {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final TlsClient.Half half;
    private final SSLEngine engine;
    private final ByteBuffer received;
    private final ByteBuffer opened;
    private final ByteBuffer sealed;
    private boolean checked;

    Secured(SocketChannel channel, TlsClient.Half half) throws SSLException {
      super(channel);
      this.half = half;
      this.engine = half.engine();
      int packet = engine.getSession().getPacketBufferSize();
      received = empty(packet);
      opened = empty(Math.max(engine.getSession().getApplicationBufferSize(), packet));
      sealed = empty(packet);
      engine.beginHandshake();
    }

    private static ByteBuffer empty(int bytes) {
      ByteBuffer buffer = ByteBuffer.allocate(bytes);
      buffer.limit(0);
      return buffer;
    }

    @Override
    boolean open() throws IOException {
      while (flush()) {
        switch (engine.getHandshakeStatus()) {
          case NEED_TASK:
            tasks();
            break;
          case NEED_WRAP:
            seal(NOTHING);
            break;
          case NEED_UNWRAP:
            int count = unseal();
            if (count < 0) {
              throw new SSLException(
                  "the server ended the connection within the TLS handshake; does it speak TLS"
                      + " on this port?");
            }
            if (count == 0 && engine.getHandshakeStatus() == HandshakeStatus.NEED_UNWRAP) {
              return false;
            }
            break;
          default:
            if (!checked) {
              half.check();
              checked = true;
            }
            return true;
        }
      }
      return false;
    }

    private void tasks() {
      Runnable task = engine.getDelegatedTask();
      while (task != null) {
        task.run();
        task = engine.getDelegatedTask();
      }
    }

    /** One record of {@code from}, or of the handshake. */
    private SSLEngineResult seal(ByteBuffer from) throws IOException {
      sealed.clear();
      try {
        return engine.wrap(from, sealed);
      } finally {
        sealed.flip();
      }
    }

    /**
     * Opens one record into {@code opened}.
     *
     * @return 1 if there was one, 0 if it is not complete or something else comes first, -1 at the
     *     end
     */
    private int unseal() throws IOException {
      while (true) {
        SSLEngineResult result = unwrap();
        switch (result.getStatus()) {
          case BUFFER_UNDERFLOW:
            received.compact();
            int count = channel.read(received);
            received.flip();
            if (count <= 0) {
              return count;
            }
            break;
          case CLOSED:
            return -1;
          case BUFFER_OVERFLOW:
            throw new SSLException("a TLS record larger than " + opened.capacity() + " bytes");
          default:
            return result.bytesConsumed() + result.bytesProduced() > 0 ? 1 : 0;
        }
      }
    }

    private SSLEngineResult unwrap() throws IOException {
      opened.clear();
      try {
        return engine.unwrap(received, opened);
      } catch (SSLException e) {
        complain();
        throw e;
      } finally {
        opened.flip();
      }
    }

    /** Tells the peer what is wrong with it, if the socket takes it now. */
    private void complain() {
      try {
        if (flush() && engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
          seal(NOTHING);
          flush();
        }
      } catch (IOException e) {
        sealed.limit(sealed.position()); // The alert is a courtesy.
      }
    }

    @Override
    int read(ByteBuffer to) throws IOException {
      int total = 0;
      while (to.hasRemaining()) {
        if (opened.hasRemaining()) {
          total += move(to);
          continue;
        }
        int count = unseal();
        attend();
        if (count < 0 && total == 0 && !opened.hasRemaining()) {
          return -1;
        }
        if (count <= 0) {
          break;
        }
      }
      return total;
    }

    /** What a record of the handshake in the middle of the conversation asks for. */
    private void attend() throws IOException {
      tasks();
      while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP && flush()) {
        if (seal(NOTHING).getStatus() != SSLEngineResult.Status.OK) {
          return;
        }
        tasks();
      }
    }

    private int move(ByteBuffer to) {
      int count = Math.min(opened.remaining(), to.remaining());
      int limit = opened.limit();
      opened.limit(opened.position() + count);
      to.put(opened);
      opened.limit(limit);
      return count;
    }

    @Override
    boolean holdsMore() {
      return opened.hasRemaining() || !starved();
    }

    /** Whether what was received is a part of a record only: length in its bytes 3 and 4. */
    private boolean starved() {
      if (received.remaining() < 5) {
        return true;
      }
      int at = received.position();
      int length = (received.get(at + 3) & 0xff) << 8 | received.get(at + 4) & 0xff;
      return received.remaining() < 5 + length;
    }

    @Override
    int write(ByteBuffer from) throws IOException {
      int before = from.remaining();
      while (flush() && from.hasRemaining()) {
        SSLEngineResult result = seal(from);
        tasks();
        if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
          throw new SSLException("the server ended the TLS connection");
        }
        if (result.bytesConsumed() == 0 && result.bytesProduced() == 0) {
          break; // It waits for the peer.
        }
      }
      return before - from.remaining();
    }

    @Override
    boolean flush() throws IOException {
      if (sealed.hasRemaining()) {
        channel.write(sealed);
      }
      return !sealed.hasRemaining();
    }

    @Override
    void end() {
      try {
        engine.closeOutbound();
        if (flush()) {
          seal(NOTHING);
          flush();
        }
      } catch (IOException e) {
        sealed.limit(sealed.position()); // The goodbye is a courtesy.
      }
    }
  }
}

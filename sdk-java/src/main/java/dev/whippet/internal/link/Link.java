package dev.whippet.internal.link;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import okio.Buffer;

/**
 * One connection over a non-blocking socket: bytes of the classic wire in, bytes out. It knows no
 * request and no time.
 *
 * <pre>
 * CONNECTING --connected--> SHAKING (WebSocket only) --101--> OPEN --end, error, close--> CLOSED
 * </pre>
 *
 * <ul>
 *   <li>Owner: the net thread alone, the one that runs the selector. {@link #ready} is called when
 *       the key is ready, {@link #flush} after something was queued.
 *   <li>Outbound bytes are bounded by the caller, who asks {@link #hasRoom} before the next
 *       request; one request may exceed the bound.
 *   <li>Inbound: at most {@link #READ_BYTES_MAX} per turn, so that one busy link leaves time for
 *       timers.
 * </ul>
 */
public final class Link implements Closeable {
  /** The caller queues no further request above this. */
  static final long OUTBOUND_BYTES_MAX = 256 << 10;

  /** Read per turn. */
  static final int READ_BYTES_MAX = 256 << 10;

  private static final int STAGE_BYTES = 64 << 10;

  /** What a link tells its owner, from within {@link Link#ready}. */
  public interface Listener {
    /** Requests may be sent. */
    void opened();

    /** Bytes of replies arrived; what is left in the buffer stays there for the next call. */
    void received(Buffer in) throws IOException;
  }

  private enum State {
    CONNECTING,
    SHAKING,
    OPEN,
    CLOSED
  }

  private final SocketChannel channel;
  private final SelectionKey key;
  private final Listener listener;
  private final Framing framing;
  private final ByteBuffer readStage;
  private final ByteBuffer writeStage;
  private final Buffer raw = new Buffer();
  private final Buffer in = new Buffer();
  private final Buffer out = new Buffer();
  private State state = State.CONNECTING;
  private long writtenBytes;

  private Link(SelectionKey key, Framing framing, Stage stage, Listener listener) {
    this.channel = (SocketChannel) key.channel();
    this.key = key;
    this.framing = framing;
    this.listener = listener;
    this.readStage = stage.read;
    this.writeStage = stage.write;
    writeStage.clear();
    writeStage.flip();
  }

  /** Memory between okio and the socket; one for all links of a net thread, one after another. */
  public static final class Stage {
    private final ByteBuffer read = ByteBuffer.allocateDirect(STAGE_BYTES);
    private final ByteBuffer write = ByteBuffer.allocateDirect(STAGE_BYTES);
  }

  /**
   * Resolves the name (may block as long as the system's resolver does) and begins to connect.
   * Attempts take turns over the addresses of the name.
   *
   * @param attempt number of the attempt, from 0
   * @param stage not in use by another link
   */
  public static Link connect(
      Endpoint endpoint,
      int attempt,
      Framing framing,
      Selector selector,
      Stage stage,
      Listener listener)
      throws IOException {
    InetAddress[] addresses = InetAddress.getAllByName(endpoint.host());
    InetAddress address = addresses[attempt % addresses.length];
    SocketChannel channel = SocketChannel.open();
    try {
      channel.configureBlocking(false);
      channel.socket().setTcpNoDelay(true);
      channel.socket().setKeepAlive(true);
      SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT);
      Link link = new Link(key, framing, stage, listener);
      key.attach(link);
      if (channel.connect(new InetSocketAddress(address, endpoint.port()))) {
        // Connected at once: the selector says so in its next round, as it does otherwise.
        key.interestOps(SelectionKey.OP_WRITE);
      }
      return link;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Does what the socket is ready for. Any exception means that the link is at its end. */
  public void ready() throws IOException {
    if (state == State.CLOSED || !key.isValid()) {
      return;
    }
    if (state == State.CONNECTING) {
      if (channel.finishConnect()) {
        connected();
      }
      return;
    }
    if (key.isReadable()) {
      read();
    }
    if (state != State.CLOSED) {
      flush();
    }
  }

  private void connected() throws IOException {
    key.interestOps(SelectionKey.OP_READ);
    state = State.SHAKING;
    framing.begin(out);
    shake();
    flush();
  }

  private void shake() throws IOException {
    if (framing.handshake(raw)) {
      state = State.OPEN;
      listener.opened();
    }
  }

  private void read() throws IOException {
    int left = READ_BYTES_MAX;
    while (left > 0) {
      readStage.clear();
      int count = channel.read(readStage);
      if (count < 0) {
        throw new IOException("the server closed the connection");
      }
      readStage.flip();
      raw.write(readStage);
      left -= count;
      if (count < STAGE_BYTES) {
        break;
      }
    }
    if (state == State.SHAKING) {
      shake();
    }
    if (state == State.OPEN) {
      String end = framing.decode(raw, in, out);
      if (in.size() > 0) {
        listener.received(in);
      }
      if (end != null) {
        throw new IOException(end);
      }
    }
  }

  /** Queues a request's bytes, all of {@code request}, and returns where it ends in the stream. */
  public long send(Buffer request) {
    framing.encode(request, out);
    return writtenBytes + writeStage.remaining() + out.size();
  }

  /** Whether another request may be queued. */
  public boolean hasRoom() {
    return out.size() + writeStage.remaining() < OUTBOUND_BYTES_MAX;
  }

  /** Writes what the socket takes now and asks for the rest to be written when it is ready. */
  public void flush() throws IOException {
    if (state == State.CONNECTING || state == State.CLOSED) {
      return;
    }
    while (writeStage.hasRemaining() || out.size() > 0) {
      if (!writeStage.hasRemaining()) {
        writeStage.clear();
        while (writeStage.hasRemaining() && out.size() > 0) {
          out.read(writeStage);
        }
        writeStage.flip();
      }
      writtenBytes += channel.write(writeStage);
      if (writeStage.hasRemaining()) {
        key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        return;
      }
    }
    key.interestOps(SelectionKey.OP_READ);
  }

  /** Bytes that the socket has taken since the start, in the count of {@link #send}. */
  public long writtenBytes() {
    return writtenBytes;
  }

  /** Says goodbye if the socket takes it at once, and closes. */
  @Override
  public void close() {
    if (state == State.CLOSED) {
      return;
    }
    if (state == State.OPEN && !writeStage.hasRemaining() && out.size() == 0) {
      framing.end(out);
      try {
        flush();
      } catch (IOException e) {
        // The goodbye is a courtesy: the link is closed either way.
        out.clear();
      }
    }
    state = State.CLOSED;
    key.cancel();
    out.clear();
    raw.clear();
    in.clear();
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing can be done about a socket that does not close.
      out.clear();
    }
  }
}

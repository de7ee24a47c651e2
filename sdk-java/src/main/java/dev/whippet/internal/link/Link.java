package dev.whippet.internal.link;

import dev.whippet.internal.tls.TlsClient;
import dev.whippet.internal.websocket.Opcode;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import okio.Buffer;

/**
 * One connection over a non-blocking socket: bytes of the classic wire in, bytes out. It knows no
 * request and no time.
 *
 * <pre>
 * SECURING (TLS only) --> SHAKING (WebSocket only) --101--> OPEN --end, error, close--> CLOSED
 *                                     LEAVING (WebSocket only) <--leave--+
 *                                        +--the peer's end, close-----------------------> CLOSED
 * </pre>
 *
 * <ul>
 *   <li>Owner: the net thread alone, the one that runs the selector. {@link #ready} is called when
 *       the key is ready, {@link #flush} after something was queued.
 *   <li>Outbound bytes are bounded by the caller, who asks {@link #hasRoom} before the next
 *       request; one request may exceed the bound.
 *   <li>Inbound: at most {@link #READ_BYTES_MAX} per turn, so that one busy link leaves time for
 *       timers. Compressed bytes are inflated {@link #COMPRESSED_BYTES} at a time, a thousand times
 *       as many at most; the owner sees each part and may refuse it.
 * </ul>
 */
public final class Link implements Closeable {
  /** The caller queues no further request above this. */
  static final long OUTBOUND_BYTES_MAX = 256 << 10;

  /** Read per turn. */
  static final int READ_BYTES_MAX = 256 << 10;

  /** Of a compressed conversation, between two looks of the owner. */
  static final int COMPRESSED_BYTES = 1 << 10;

  private static final int STAGE_BYTES = 64 << 10;

  /** Stages of its own for one that leaves: the shared ones serve the next link. */
  private static final int LAST_STAGE_BYTES = 2 << 10;

  /** What a link tells its owner, from within {@link Link#ready}. */
  public interface Listener {
    /** Requests may be sent. */
    void opened();

    /** Bytes of replies arrived; what is left in the buffer stays there for the next call. */
    void received(Buffer in) throws IOException;

    /** Bytes arrived that are no part of a reply: the peer is there. */
    void heard();
  }

  private enum State {
    SECURING,
    SHAKING,
    OPEN,
    /** Our goodbye is queued; what comes is thrown away. */
    LEAVING,
    CLOSED
  }

  private final SocketChannel channel;
  private final SelectionKey key;
  private final Pipe pipe;
  private final Listener listener;
  private final Framing framing;
  private final Progress progress = new Progress();
  private ByteBuffer readStage;
  private ByteBuffer writeStage;
  private final Buffer raw = new Buffer();
  private final Buffer piece = new Buffer();
  private final Buffer in = new Buffer();
  private final Buffer out = new Buffer();
  private State state = State.SECURING;
  private long writtenBytes;
  private long movedBytes;
  private long receivedBytes;

  private Link(SelectionKey key, Pipe pipe, Framing framing, Stage stage, Listener listener) {
    this.channel = (SocketChannel) key.channel();
    this.pipe = pipe;
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
   * A link over a connected socket.
   *
   * @param connected a key of the selector that {@link #ready} is called for
   * @param half the client's half of TLS; null for none
   * @param stage not in use by another link
   */
  public static Link over(
      SelectionKey connected, TlsClient.Half half, Framing framing, Stage stage, Listener listener)
      throws IOException {
    SocketChannel channel = (SocketChannel) connected.channel();
    Pipe pipe = half == null ? Pipe.plain(channel) : Pipe.secured(channel, half);
    Link link = new Link(connected, pipe, framing, stage, listener);
    connected.attach(link);
    // The socket can be written to: the selector says so in its next round.
    connected.interestOps(SelectionKey.OP_WRITE);
    return link;
  }

  /** Does what the socket is ready for. Any exception means that the link is at its end. */
  public void ready() throws IOException {
    if (state == State.CLOSED || !key.isValid()) {
      return;
    }
    if (state == State.SECURING) {
      if (!pipe.open()) {
        key.interestOps(pipe.flush() ? SelectionKey.OP_READ : SelectionKey.OP_WRITE);
        return;
      }
      state = State.SHAKING;
      framing.begin(out);
      shake();
    }
    if (key.isReadable() || pipe.holdsMore()) {
      read();
    }
    if (state != State.CLOSED) {
      flush();
    }
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
      int count = pipe.read(readStage);
      if (count < 0) {
        throw new IOException("the server closed the connection");
      }
      boolean full = !readStage.hasRemaining();
      readStage.flip();
      raw.write(readStage);
      left -= count;
      receivedBytes += count;
      if (!full) {
        break;
      }
    }
    if (state == State.SHAKING) {
      shake();
    }
    if (state == State.OPEN || state == State.LEAVING) {
      do {
        take();
      } while (raw.size() > 0);
    }
  }

  /** Hands over what arrived, or the next part of it when it may grow. */
  private void take() throws IOException {
    long byteCount = framing.inflates() ? Math.min(raw.size(), COMPRESSED_BYTES) : raw.size();
    piece.write(raw, byteCount);
    String end = framing.decode(piece, in, out);
    if (state == State.LEAVING) {
      in.clear();
      return;
    }
    if (in.size() > 0) {
      listener.received(in);
    } else {
      listener.heard();
    }
    if (end != null) {
      throw new IOException(end);
    }
  }

  /**
   * Queues a request's bytes, all of {@code request}, and returns where it ends in the stream of
   * all requests.
   */
  public long send(Buffer request) {
    return send(Opcode.BINARY, request);
  }

  /**
   * As {@link #send(Buffer)}.
   *
   * @param opcode TEXT or BINARY for a WebSocket
   */
  public long send(int opcode, Buffer message) {
    framing.send(opcode, message);
    return movedBytes + framing.queuedBytes();
  }

  /** Whether another request may be queued. */
  public boolean hasRoom() {
    return framing.queuedBytes() + out.size() + writeStage.remaining() < OUTBOUND_BYTES_MAX;
  }

  /** Writes what the socket takes now and asks for the rest to be written when it is ready. */
  public void flush() throws IOException {
    if (state == State.SECURING || state == State.CLOSED) {
      return;
    }
    while (writeStage.hasRemaining() || refill()) {
      writtenBytes += pipe.write(writeStage);
      if (writeStage.hasRemaining()) {
        key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        return;
      }
    }
    boolean more = !pipe.flush() || pipe.holdsMore();
    key.interestOps(SelectionKey.OP_READ | (more ? SelectionKey.OP_WRITE : 0));
  }

  /** Fills the stage with what waits; messages are cut into frames only now. */
  private boolean refill() throws IOException {
    long before = framing.queuedBytes();
    while (out.size() < STAGE_BYTES && framing.next(out)) {
      long left = framing.queuedBytes();
      movedBytes += before - left;
      before = left;
      progress.moved(writtenBytes + out.size(), movedBytes);
    }
    writeStage.clear();
    while (writeStage.hasRemaining() && out.size() > 0) {
      out.read(writeStage);
    }
    writeStage.flip();
    return writeStage.hasRemaining();
  }

  /** Bytes of requests that the socket has taken since the start, in the count of {@link #send}. */
  public long writtenBytes() {
    return progress.at(writtenBytes);
  }

  /** All bytes that the socket took, without those of TLS. */
  public long sentBytes() {
    return writtenBytes;
  }

  /** All bytes that came, without those of TLS. */
  public long receivedBytes() {
    return receivedBytes;
  }

  /**
   * Begins to say goodbye to a peer that answers it; otherwise closes.
   *
   * @return true when the link is to be kept and called when it is ready, until it is closed or
   *     time is up; it shares no stage from here on
   */
  public boolean leave() {
    if (state != State.OPEN || !framing.end(out)) {
      close();
      return false;
    }
    state = State.LEAVING;
    try {
      Buffer last = new Buffer();
      last.write(writeStage);
      last.write(out, out.size());
      out.write(last, last.size());
      readStage = ByteBuffer.allocate(LAST_STAGE_BYTES);
      writeStage = ByteBuffer.allocate(LAST_STAGE_BYTES);
      writeStage.flip();
      flush();
    } catch (IOException e) {
      close(); // the goodbye is a courtesy
    }
    return state == State.LEAVING;
  }

  /** True after {@link #close}. */
  public boolean isClosed() {
    return state == State.CLOSED;
  }

  /** Closes it without a word. */
  @Override
  public void close() {
    if (state == State.CLOSED) {
      return;
    }
    if (state != State.SECURING) {
      pipe.end();
    }
    state = State.CLOSED;
    key.cancel();
    framing.release();
    out.clear();
    raw.clear();
    piece.clear();
    in.clear();
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing can be done about a socket that does not close.
      out.clear();
    }
  }

  /**
   * How far requests got, told from how many bytes of the stream the socket took: frames have
   * headers, and control frames between them, that belong to no request.
   */
  private static final class Progress {
    private final ArrayDeque<long[]> frames = new ArrayDeque<>();
    private long streamBytes;
    private long requestBytes;

    /** A frame ends here in the stream, and there in the requests. */
    void moved(long streamEnd, long requestEnd) {
      frames.add(new long[] {streamEnd, requestEnd});
    }

    long at(long writtenBytes) {
      long[] frame = frames.peek();
      while (frame != null && frame[0] <= writtenBytes) {
        streamBytes = frame[0];
        requestBytes = frame[1];
        frames.remove();
        frame = frames.peek();
      }
      if (frame == null) {
        return requestBytes;
      }
      long within = requestBytes + Math.max(0, writtenBytes - streamBytes);
      return Math.max(requestBytes, Math.min(within, frame[1] - 1));
    }
  }
}

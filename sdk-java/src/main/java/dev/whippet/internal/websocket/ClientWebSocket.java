package dev.whippet.internal.websocket;

import java.io.IOException;
import java.security.SecureRandom;
import okio.Buffer;
import okio.ByteString;

/**
 * A client's end of one WebSocket without its socket: handshake, messages both ways, control
 * frames, the closing handshake (RFC 6455 7).
 *
 * <pre>
 *   SHAKING --101--> OPEN --our close----------> CLOSE_SENT --peer's Close--> OVER
 *                         --peer's Close, answered--------------------------> OVER
 *                         --violation, answered by a Close with its code----> OVER
 * </pre>
 *
 * <p>Bytes to send are appended to an {@code out} that the caller empties into the socket. Control
 * frames go there at once, messages frame by frame when the caller asks ({@link #next}): a Pong or
 * a Close waits for one frame at most. A Close that answers the server's follows after what waits
 * up to {@link #LAST_BYTES_MAX}; one that answers a violation, after all that waits.
 *
 * <p>Not thread-safe: one thread at a time. To be released.
 */
public final class ClientWebSocket {
  /** Pongs to a peer that pings and does not read are dropped above this. */
  static final long PONG_BACKLOG_BYTES_MAX = 512 << 10;

  /** What is still sent when the server has said that it is done. */
  static final long LAST_BYTES_MAX = 256 << 10;

  /** Where messages go; called from within {@link #receive}. */
  public interface Messages {
    /**
     * Bytes of a message, as {@link FrameReader.Handler#data}.
     *
     * @param opcode TEXT or BINARY
     */
    void data(int opcode, Buffer chunk, boolean last);
  }

  private enum State {
    SHAKING,
    OPEN,
    CLOSE_SENT,
    OVER
  }

  private final ClientHandshake handshake;
  private final WebSocketOptions options;
  private final FrameWriter writer;
  private final Messages messages;
  private final Incoming incoming = new Incoming();

  private State state = State.SHAKING;
  private FrameReader reader;
  private MessageQueue queue;
  private String closed;

  public ClientWebSocket(
      ClientHandshake handshake, WebSocketOptions options, SecureRandom random, Messages messages) {
    this.handshake = handshake;
    this.options = options;
    this.writer = new FrameWriter(random);
    this.messages = messages;
  }

  /** The socket is connected: queues the request that opens the WebSocket. */
  public void begin(Buffer out) {
    handshake.writeRequest(out);
  }

  /** Consumes the server's answer; true once the WebSocket is open. */
  public boolean handshake(Buffer in) throws IOException {
    if (in.size() == 0 || !handshake.read(in)) {
      return false;
    }
    DeflateParameters deflate = handshake.deflate();
    if (deflate == null) {
      reader = new FrameReader();
      queue = new MessageQueue(writer, options.fragmentBytes(), null);
    } else {
      reader =
          new FrameReader(
              FrameReader.FRAME_BYTES_MAX, deflate.serverInflater(FrameReader.INFLATED_BYTES_MAX));
      queue = new MessageQueue(writer, options.fragmentBytes(), deflate.clientDeflater());
    }
    state = State.OPEN;
    return true;
  }

  /** The sub-protocol that the server selected; null if none. */
  public String subProtocol() {
    return handshake.subProtocol();
  }

  /** True when compression was agreed on: much more may come than was received. */
  public boolean inflates() {
    return reader != null && reader.inflates();
  }

  /** Takes over all of {@code message}; thrown away once a Close was sent. */
  public void send(int opcode, Buffer message) {
    if (state == State.OPEN) {
      queue.add(opcode, message);
    } else {
      message.clear();
    }
  }

  /** Payload that no frame holds yet. */
  public long queuedBytes() {
    return queue == null ? 0 : queue.bytes();
  }

  /** Moves one frame of what waits to {@code out}; false when nothing waits. */
  public boolean next(Buffer out) {
    return state == State.OPEN && queue.next(out);
  }

  /** A Ping, between the frames of messages. */
  public void ping(ByteString payload, Buffer out) {
    writer.ping(payload, out);
  }

  /**
   * Consumes all of {@code in}; answers go to {@code out}.
   *
   * @return why the server ended the conversation; null while it goes on
   * @throws WebSocketException when the server broke a rule; the Close that says so is in {@code
   *     out}
   */
  public String receive(Buffer in, Buffer out) throws WebSocketException {
    incoming.out = out;
    try {
      reader.read(in, incoming);
      return closed;
    } catch (WebSocketException e) {
      while (next(out)) {
        // What was said before the fault is answered.
      }
      close(e.closeCode(), reason(e.getMessage()), out);
      state = State.OVER;
      throw e;
    }
  }

  /** At most 123 bytes of ASCII. */
  private static String reason(String message) {
    int length = Math.min(message.length(), FrameWriter.REASON_BYTES_MAX);
    return message.substring(0, length).replaceAll("[^ -~]", "?");
  }

  /** Says goodbye, if that is not done yet; what waits is thrown away. */
  public void close(int code, String reason, Buffer out) {
    if (state == State.OPEN) {
      queue.close();
      writer.close(code, reason, out);
      state = State.CLOSE_SENT;
    }
  }

  /** True when both have said goodbye, or a rule was broken: nothing more will be said. */
  public boolean isOver() {
    return state == State.OVER;
  }

  /** Gives memory back; no more calls. */
  public void release() {
    state = State.OVER;
    if (queue != null) {
      queue.close();
      reader.close();
    }
  }

  private final class Incoming implements FrameReader.Handler {
    private Buffer out;

    @Override
    public void data(int opcode, Buffer chunk, boolean last) {
      if (state == State.OPEN) {
        messages.data(opcode, chunk, last);
      }
    }

    @Override
    public void ping(ByteString payload) {
      if (out.size() < PONG_BACKLOG_BYTES_MAX) {
        writer.pong(payload, out);
      }
    }

    @Override
    public void pong(ByteString payload) {
      // Nobody here asked.
    }

    @Override
    public void close(int code, String reason) {
      closed =
          "the server closed the WebSocket, code " + code + (reason.isEmpty() ? "" : ", " + reason);
      long end = out.size() + LAST_BYTES_MAX;
      while (out.size() < end && next(out)) {
        // What was said before is answered.
      }
      ClientWebSocket.this.close(code, reason, out);
      state = State.OVER;
    }
  }
}

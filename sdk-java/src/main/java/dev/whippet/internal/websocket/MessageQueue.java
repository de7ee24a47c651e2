package dev.whippet.internal.websocket;

import java.util.ArrayDeque;
import okio.Buffer;

/**
 * A client's messages that wait for the socket. Each is cut into frames one by one, when there is
 * room for the next, so that control frames go between them and nothing is masked or compressed
 * before its time.
 *
 * <p>Its bound is the caller's, by {@link #bytes}. Owned by one thread; to be closed.
 */
final class MessageQueue {
  private static final int PIECE_BYTES = 8 << 10;

  private final FrameWriter writer;
  private final int fragmentBytes;
  private final MessageDeflater deflater;
  private final ArrayDeque<Buffer> payloads = new ArrayDeque<>();
  private final ArrayDeque<Integer> opcodes = new ArrayDeque<>();
  private final Buffer deflated = new Buffer();

  private long bytes;
  private boolean ended;
  private byte[] plainPiece;
  private byte[] deflatedPiece;

  /**
   * @param deflater for all messages; null when they are sent as they are
   */
  MessageQueue(FrameWriter writer, int fragmentBytes, MessageDeflater deflater) {
    this.writer = writer;
    this.fragmentBytes = fragmentBytes;
    this.deflater = deflater;
  }

  /** Takes over all of {@code message}. */
  void add(int opcode, Buffer message) {
    Buffer payload = new Buffer();
    bytes += message.size();
    payload.write(message, message.size());
    payloads.add(payload);
    opcodes.add(opcode);
  }

  /** Payload that no frame holds yet. */
  long bytes() {
    return bytes;
  }

  boolean isEmpty() {
    return payloads.isEmpty();
  }

  /** Moves one frame of the oldest message to {@code out}; false when none waits. */
  boolean next(Buffer out) {
    Buffer payload = payloads.peek();
    if (payload == null) {
      return false;
    }
    long before = payload.size();
    int opcode = opcodes.peek();
    boolean last = deflater == null ? plain(opcode, payload, out) : deflate(opcode, payload, out);
    bytes -= before - payload.size();
    if (last) {
      payloads.remove();
      opcodes.remove();
    }
    return true;
  }

  private boolean plain(int opcode, Buffer payload, Buffer out) {
    long byteCount = Math.min(payload.size(), fragmentBytes);
    boolean last = byteCount == payload.size();
    writer.frame(opcode, payload, byteCount, last, out);
    return last;
  }

  private boolean deflate(int opcode, Buffer payload, Buffer out) {
    if (plainPiece == null) {
      plainPiece = new byte[PIECE_BYTES];
      deflatedPiece = new byte[PIECE_BYTES];
    }
    long enough = (long) fragmentBytes + MessageDeflater.TAIL_BYTES;
    while (payload.size() > 0 && deflated.size() <= enough) {
      int count = payload.read(plainPiece, 0, PIECE_BYTES);
      deflater.input(plainPiece, 0, count);
      collect(false);
    }
    if (payload.size() == 0 && !ended) {
      ended = true;
      collect(true);
    }
    long left = deflated.size() - MessageDeflater.TAIL_BYTES;
    boolean last = payload.size() == 0 && left <= fragmentBytes;
    writer.compressed(opcode, deflated, Math.min(left, fragmentBytes), last, out);
    if (last) {
      deflated.clear();
      ended = false;
    }
    return last;
  }

  private void collect(boolean end) {
    int count = deflater.output(deflatedPiece, end);
    while (count > 0) {
      deflated.write(deflatedPiece, 0, count);
      count = deflater.output(deflatedPiece, end);
    }
  }

  /** Forgets what waits and gives memory back. */
  void close() {
    payloads.clear();
    opcodes.clear();
    deflated.clear();
    bytes = 0;
    if (deflater != null) {
      deflater.close();
    }
  }
}

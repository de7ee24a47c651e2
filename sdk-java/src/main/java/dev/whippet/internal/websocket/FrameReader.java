package dev.whippet.internal.websocket;

import java.io.EOFException;
import okio.Buffer;
import okio.ByteString;

/**
 * Reads a server's frames as they arrive. No message is put together: payload bytes go to the
 * handler at once, in order; only control frames (at most 125 bytes) are collected. Compressed ones
 * are inflated in pieces of {@link #PIECE_BYTES}. The outcome does not depend on how the bytes were
 * split.
 *
 * <p>States: reading a header, reading a payload, over. It is over after a Close frame and after a
 * violation; all bytes after that are thrown away.
 *
 * <p>Not thread-safe: one thread at a time.
 */
public final class FrameReader {
  /**
   * The longest frame by default: a reply of an Apache Iggy 0.8.0 server is one frame, whatever its
   * size. Nothing is collected, so it guards against nonsense, not against memory.
   */
  public static final long FRAME_BYTES_MAX = 128L << 20;

  /** The longest compressed message by default, after inflating. */
  public static final long INFLATED_BYTES_MAX = FRAME_BYTES_MAX;

  private static final int PIECE_BYTES = 8 << 10;

  /** Where frames go; called from within {@link #read}. */
  public interface Handler {
    /**
     * Bytes of a message's payload. What is left in {@code chunk} afterwards is skipped.
     *
     * @param opcode TEXT or BINARY; text was checked to be UTF-8 so far
     * @param chunk the bytes; empty only when {@code last} comes without any
     * @param last whether the message ends with this chunk
     */
    void data(int opcode, Buffer chunk, boolean last);

    /** To be answered by a Pong with the same payload. */
    void ping(ByteString payload);

    /** An answer to a Ping, or unasked for. */
    void pong(ByteString payload);

    /**
     * The server's last frame.
     *
     * @param code {@link CloseCode#NO_STATUS} when the frame was empty
     */
    void close(int code, String reason);
  }

  private final FrameHeader header;
  private final MessageInflater inflater;
  private final Buffer chunk = new Buffer();
  private final Buffer control = new Buffer();
  private final Buffer.UnsafeCursor cursor = new Buffer.UnsafeCursor();

  private boolean inPayload;
  private boolean over;
  private long missing;
  private int utf8 = Utf8Validator.START;
  private byte[] compressed;
  private byte[] inflated;

  /** Takes frames up to {@link #FRAME_BYTES_MAX}. */
  public FrameReader() {
    this(FRAME_BYTES_MAX);
  }

  /**
   * @param frameBytesMax the longest payload of one frame; longer is violation 1009
   */
  public FrameReader(long frameBytesMax) {
    this(frameBytesMax, null);
  }

  /**
   * @param frameBytesMax the longest payload of one frame; longer is violation 1009
   * @param inflater for compressed messages; null when permessage-deflate was not agreed on. Closed
   *     by {@link #close}
   */
  FrameReader(long frameBytesMax, MessageInflater inflater) {
    this.header = new FrameHeader(false, inflater != null, frameBytesMax);
    this.inflater = inflater;
  }

  /**
   * Consumes all of {@code in}.
   *
   * @throws WebSocketException when the server broke a rule: the reader is over
   */
  public void read(Buffer in, Handler handler) throws WebSocketException {
    try {
      while (!over && in.size() > 0) {
        if (inPayload) {
          payload(in, handler);
        } else if (header.accept(in.readByte())) {
          missing = header.length();
          inPayload = true;
          if (missing == 0) {
            payload(in, handler);
          }
        }
      }
    } catch (WebSocketException e) {
      over = true;
      throw e;
    } catch (EOFException e) {
      throw new AssertionError(e); // okio 3 declares it; there is a byte.
    } finally {
      if (over) {
        in.clear();
      }
    }
  }

  /** True when compressed messages are taken. */
  boolean inflates() {
    return inflater != null;
  }

  /** True after a Close frame or a violation. */
  public boolean isOver() {
    return over;
  }

  private void payload(Buffer in, Handler handler) throws WebSocketException {
    long byteCount = Math.min(missing, in.size());
    missing -= byteCount;
    inPayload = missing > 0;
    if (header.isControl()) {
      control.write(in, byteCount);
      if (!inPayload) {
        control(handler);
      }
    } else {
      data(in, byteCount, handler);
    }
  }

  private void data(Buffer in, long byteCount, Handler handler) throws WebSocketException {
    boolean last = !inPayload && header.isLast();
    if (header.isCompressed()) {
      inflate(in, byteCount, handler);
      if (last) {
        inflater.end();
        inflated(handler);
        chunk(true, handler);
      }
    } else {
      chunk.write(in, byteCount);
      if (byteCount > 0 || last) {
        chunk(last, handler);
      }
    }
  }

  private void inflate(Buffer in, long byteCount, Handler handler) throws WebSocketException {
    if (compressed == null) {
      compressed = new byte[PIECE_BYTES];
      inflated = new byte[PIECE_BYTES];
    }
    long left = byteCount;
    while (left > 0) {
      int count = in.read(compressed, 0, (int) Math.min(left, PIECE_BYTES));
      left -= count;
      inflater.input(compressed, 0, count);
      inflated(handler);
    }
  }

  /** Delivers all that can be inflated now. */
  private void inflated(Handler handler) throws WebSocketException {
    int count = inflater.output(inflated);
    while (count > 0) {
      chunk.write(inflated, 0, count);
      chunk(false, handler);
      count = inflater.output(inflated);
    }
  }

  /** Delivers {@link #chunk}. */
  private void chunk(boolean last, Handler handler) throws WebSocketException {
    int opcode = header.messageOpcode();
    long valid = opcode == Opcode.TEXT ? checkText(chunk) : chunk.size();
    if (valid < chunk.size() || (last && utf8 != Utf8Validator.START)) {
      if (valid > 0) {
        Buffer sound = new Buffer();
        sound.write(chunk, valid);
        deliver(opcode, sound, false, handler);
      }
      chunk.clear();
      throw new WebSocketException(CloseCode.INVALID_PAYLOAD, "text message is not UTF-8");
    }
    if (last) {
      header.endMessage();
    }
    deliver(opcode, chunk, last, handler);
  }

  private static void deliver(int opcode, Buffer chunk, boolean last, Handler handler) {
    try {
      handler.data(opcode, chunk, last);
    } finally {
      chunk.clear();
    }
  }

  /** Returns how many bytes come before the first wrong one. */
  private long checkText(Buffer text) {
    if (text.size() == 0) {
      return 0;
    }
    text.readUnsafe(cursor);
    try {
      int state = utf8;
      for (int n = cursor.seek(0); n > 0; n = cursor.next()) {
        for (int i = cursor.start; i < cursor.end; i++) {
          state = Utf8Validator.next(state, cursor.data[i]);
          if (state == Utf8Validator.INVALID) {
            return cursor.offset + i - cursor.start;
          }
        }
      }
      utf8 = state;
      return text.size();
    } finally {
      cursor.close();
    }
  }

  /** Gives memory back; no more calls. */
  public void close() {
    over = true;
    chunk.clear();
    control.clear();
    if (inflater != null) {
      inflater.close();
    }
  }

  private void control(Handler handler) throws WebSocketException {
    ByteString payload = control.readByteString();
    switch (header.opcode()) {
      case Opcode.PING:
        handler.ping(payload);
        return;
      case Opcode.PONG:
        handler.pong(payload);
        return;
      default:
        int code = CloseCode.read(payload.toByteArray());
        over = true;
        handler.close(code, payload.size() > 2 ? payload.substring(2).utf8() : "");
    }
  }
}

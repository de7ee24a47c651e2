package dev.whippet.internal.websocket;

import java.io.EOFException;
import okio.Buffer;
import okio.ByteString;

/**
 * Reads a server's frames as they arrive. No message is put together: payload bytes go to the
 * handler at once, in order; only control frames (at most 125 bytes) are collected. The outcome
 * does not depend on how the bytes were split.
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
  private final Buffer chunk = new Buffer();
  private final Buffer control = new Buffer();
  private final Buffer.UnsafeCursor cursor = new Buffer.UnsafeCursor();

  private boolean inPayload;
  private boolean over;
  private long missing;
  private int utf8 = Utf8Validator.START;

  /** Takes frames up to {@link #FRAME_BYTES_MAX}. */
  public FrameReader() {
    this(FRAME_BYTES_MAX);
  }

  /**
   * @param frameBytesMax the longest payload of one frame; longer is violation 1009
   */
  public FrameReader(long frameBytesMax) {
    header = new FrameHeader(false, frameBytesMax);
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
    int opcode = header.messageOpcode();
    long valid = opcode == Opcode.TEXT ? checkText(in, byteCount) : byteCount;
    boolean last = !inPayload && header.isLast();
    if (valid < byteCount || (last && utf8 != Utf8Validator.START)) {
      chunk.write(in, valid);
      if (valid > 0) {
        deliver(opcode, false, handler);
      }
      throw new WebSocketException(CloseCode.INVALID_PAYLOAD, "text message is not UTF-8");
    }
    chunk.write(in, byteCount);
    if (last) {
      header.endMessage();
    }
    if (byteCount > 0 || last) {
      deliver(opcode, last, handler);
    }
  }

  private void deliver(int opcode, boolean last, Handler handler) {
    try {
      handler.data(opcode, chunk, last);
    } finally {
      chunk.clear();
    }
  }

  /** Returns how many of the first {@code byteCount} bytes come before the first wrong one. */
  private long checkText(Buffer in, long byteCount) {
    if (byteCount == 0) {
      return 0;
    }
    in.readUnsafe(cursor);
    try {
      int state = utf8;
      for (int n = cursor.seek(0); n > 0; n = cursor.next()) {
        int end = cursor.start + (int) Math.min(n, byteCount - cursor.offset);
        for (int i = cursor.start; i < end; i++) {
          state = Utf8Validator.next(state, cursor.data[i]);
          if (state == Utf8Validator.INVALID) {
            return cursor.offset + i - cursor.start;
          }
        }
        if (cursor.offset + n >= byteCount) {
          break;
        }
      }
      utf8 = state;
      return byteCount;
    } finally {
      cursor.close();
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

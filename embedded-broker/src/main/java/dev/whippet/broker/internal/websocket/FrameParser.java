package dev.whippet.broker.internal.websocket;

import dev.whippet.internal.websocket.CloseCode;
import dev.whippet.internal.websocket.FrameHeader;
import dev.whippet.internal.websocket.MessageInflater;
import dev.whippet.internal.websocket.Opcode;
import dev.whippet.internal.websocket.Utf8Validator;
import dev.whippet.internal.websocket.WebSocketException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Reads one client's frames from the buffers they arrive in. Nothing is put together: a header is
 * parsed where it stands, payload goes to the handler in the pieces in which it came, and only
 * control frames (at most 125 bytes) are collected. Between two calls a silent client costs a few
 * fields and no buffer. Compressed messages are inflated in pieces of 16 KiB, never more than one
 * at a time. The outcome does not depend on how the bytes were split.
 *
 * <pre>
 *   HEADER --complete--> PAYLOAD (data)    --all bytes--> HEADER
 *                        CONTROL (<= 125)  --all bytes--> HEADER, or OVER after a Close frame
 *   any    --violation or stop--> OVER: bytes are thrown away
 * </pre>
 *
 * <p>Owner: the connection's loop.
 */
public final class FrameParser {
  /** The longest frame a 0.8.0 server takes, and our default (iggy-classic.md section 2). */
  public static final int FRAME_BYTES_MAX = 16 << 20;

  private enum State {
    HEADER,
    PAYLOAD,
    CONTROL,
    OVER
  }

  /** Header of a client's frame with at most 125 bytes: what most frames have. */
  private static final int SHORT_HEADER_BYTES = 6;

  /** Inflating a piece takes as long as some frames do. */
  private static final int PIECE_STEPS = 4;

  private static final int MASKED_126 = (byte) 0xfe;
  private static final long SIGN_BITS = 0x8080808080808080L;
  private static final byte[] NOTHING = new byte[0];

  private final FrameHeader header;
  private final MessageInflater inflater;

  private State state = State.HEADER;
  private long missing;
  private int mask;
  private int utf8 = Utf8Validator.START;
  private byte[] control = NOTHING;
  private int frames;
  private long idleFrames;
  private long emptyMessages;

  /** Takes frames up to {@link #FRAME_BYTES_MAX}. */
  public FrameParser() {
    this(FRAME_BYTES_MAX);
  }

  /**
   * @param frameBytesMax the longest payload of one frame; longer is violation 1009
   */
  public FrameParser(long frameBytesMax) {
    this(frameBytesMax, null);
  }

  /**
   * @param frameBytesMax the longest payload of one frame; longer is violation 1009
   * @param inflater for compressed messages, closed by its owner; {@code null} when
   *     permessage-deflate was not agreed on
   */
  public FrameParser(long frameBytesMax, MessageInflater inflater) {
    this.header = new FrameHeader(true, inflater != null, frameBytesMax);
    this.inflater = inflater;
  }

  /**
   * Consumes all readable bytes of {@code in}, which stays the caller's.
   *
   * @throws WebSocketViolation when the client broke a rule; the parser is over, what was delivered
   *     before stays valid and its answers go out first
   */
  public void parse(ByteBuf in, FrameHandler handler) throws WebSocketViolation {
    while (in.isReadable()) {
      parse(in, handler, Integer.MAX_VALUE);
    }
  }

  /**
   * As above, but leaves the bytes behind {@code framesMax} frames in {@code in}, so that a peer
   * which sends many small ones takes no more of the loop's time than its share.
   *
   * @return how many frames ended
   */
  public int parse(ByteBuf in, FrameHandler handler, int framesMax) throws WebSocketViolation {
    frames = 0;
    try {
      while (in.isReadable() && state != State.OVER && frames < framesMax) {
        step(in, handler);
      }
      return frames;
    } catch (WebSocketException e) {
      state = State.OVER;
      throw new WebSocketViolation(e.closeCode(), e.getMessage());
    } finally {
      if (state == State.OVER) {
        in.skipBytes(in.readableBytes());
      }
    }
  }

  /** The connection ends: no more calls to the handler, bytes are thrown away. */
  public void stop() {
    state = State.OVER;
    control = NOTHING;
  }

  /**
   * Control frames and fragments without payload so far: those that bring a conversation nowhere.
   */
  public long idleFrames() {
    return idleFrames;
  }

  /** Messages of one frame without payload so far: they mean something to some. */
  public long emptyMessages() {
    return emptyMessages;
  }

  /** True after a Close frame, a violation or {@link #stop}. */
  public boolean isOver() {
    return state == State.OVER;
  }

  private void step(ByteBuf in, FrameHandler handler) throws WebSocketException {
    switch (state) {
      case HEADER -> {
        if (readHeader(in)) {
          start(handler);
        }
      }
      case PAYLOAD -> payload(in, handler);
      case CONTROL -> control(in, handler);
      case OVER -> {}
    }
  }

  /** Its next byte, or all of a short one at once; true when it is complete. */
  private boolean readHeader(ByteBuf in) throws WebSocketException {
    if (in.readableBytes() >= SHORT_HEADER_BYTES && header.isAtStart()) {
      int at = in.readerIndex();
      short two = in.getShort(at);
      if ((byte) two < MASKED_126) {
        int key = in.getInt(at + 2);
        in.skipBytes(SHORT_HEADER_BYTES);
        header.acceptShort((byte) (two >> 8), (byte) two, key);
        return true;
      }
    }
    return header.accept(in.readByte());
  }

  private void start(FrameHandler handler) throws WebSocketException {
    missing = header.length();
    mask = header.mask();
    if (missing == 0 && header.isLast() && header.opcode() == header.messageOpcode()) {
      emptyMessages++;
    } else if (header.isControl() || missing == 0) {
      idleFrames++;
    }
    if (header.isControl()) {
      control = missing == 0 ? NOTHING : new byte[(int) missing];
      state = State.CONTROL;
      if (missing == 0) {
        controlEnd(handler);
      }
    } else {
      state = State.PAYLOAD;
      if (missing == 0) {
        payloadEnd(handler);
      }
    }
  }

  private void payload(ByteBuf in, FrameHandler handler) throws WebSocketException {
    int length = (int) Math.min(missing, in.readableBytes());
    if (header.isCompressed()) {
      length = Math.min(length, PieceBuffers.COMPRESSED_BYTES);
      inflate(in, length, handler);
    } else {
      checked(in, length, mask, handler);
    }
    missing -= length;
    mask = MaskedCopy.rotate(mask, length);
    if (missing == 0 && state != State.OVER) {
      payloadEnd(handler);
    }
  }

  private void inflate(ByteBuf in, int length, FrameHandler handler) throws WebSocketException {
    PieceBuffers pieces = PieceBuffers.incoming();
    MaskedCopy.copy(in, pieces.compressed.clear(), length, mask);
    inflater.input(pieces.compressedBytes, 0, length);
    inflated(pieces, handler);
  }

  private void inflated(PieceBuffers pieces, FrameHandler handler) throws WebSocketException {
    int length = inflater.output(pieces.plainBytes);
    while (length > 0 && state != State.OVER) {
      frames += PIECE_STEPS;
      checked(pieces.plain.setIndex(0, length), length, 0, handler);
      length = state == State.OVER ? 0 : inflater.output(pieces.plainBytes);
    }
  }

  private void checked(ByteBuf in, int length, int mask, FrameHandler handler)
      throws WebSocketException {
    int valid = header.messageOpcode() == Opcode.TEXT ? checkText(in, length, mask) : length;
    if (valid > 0) {
      deliver(in, valid, mask, handler);
    }
    if (valid < length) {
      throw notUtf8();
    }
  }

  private void deliver(ByteBuf in, int length, int mask, FrameHandler handler) {
    int next = in.readerIndex() + length;
    if (header.messageOpcode() == Opcode.TEXT) {
      handler.text(in, length, mask);
    } else {
      handler.data(in, length, mask);
    }
    if (in.readerIndex() != next && state != State.OVER) {
      throw new IllegalStateException(
          "handler: expected to take " + length + " bytes, is off by " + (in.readerIndex() - next));
    }
  }

  private void payloadEnd(FrameHandler handler) throws WebSocketException {
    state = State.HEADER;
    frames++;
    if (!header.isLast()) {
      return;
    }
    if (header.isCompressed()) {
      inflater.end();
      inflated(PieceBuffers.incoming(), handler);
      if (state == State.OVER) {
        return;
      }
    }
    if (utf8 != Utf8Validator.START) {
      throw notUtf8();
    }
    int opcode = header.messageOpcode();
    header.endMessage();
    handler.messageEnd(opcode);
  }

  /**
   * Moves the UTF-8 state over the next {@code length} bytes, 8 at a time while they are ASCII.
   *
   * @return how many bytes come before the first wrong one
   */
  private int checkText(ByteBuf in, int length, int mask) {
    long wide = MaskedCopy.wide(mask);
    int from = in.readerIndex();
    int i = 0;
    while (i < length) {
      boolean aligned = (i & 3) == 0 && utf8 == Utf8Validator.START && length - i >= 8;
      if (aligned && ((in.getLongLE(from + i) ^ wide) & SIGN_BITS) == 0) {
        i += 8;
      } else {
        utf8 = Utf8Validator.next(utf8, (byte) (in.getByte(from + i) ^ MaskedCopy.at(mask, i)));
        if (utf8 == Utf8Validator.INVALID) {
          return i;
        }
        i++;
      }
    }
    return length;
  }

  private static WebSocketException notUtf8() {
    return new WebSocketException(CloseCode.INVALID_PAYLOAD, "text message is not UTF-8");
  }

  private void control(ByteBuf in, FrameHandler handler) throws WebSocketException {
    int length = (int) Math.min(missing, in.readableBytes());
    int from = control.length - (int) missing;
    in.readBytes(control, from, length);
    for (int i = from; i < from + length; i++) {
      control[i] ^= MaskedCopy.at(mask, i);
    }
    missing -= length;
    if (missing == 0) {
      controlEnd(handler);
    }
  }

  private void controlEnd(FrameHandler handler) throws WebSocketException {
    byte[] bytes = control;
    control = NOTHING;
    state = State.HEADER;
    frames++;
    ByteBuf payload = Unpooled.wrappedBuffer(bytes);
    switch (header.opcode()) {
      case Opcode.PING -> handler.ping(payload);
      case Opcode.PONG -> handler.pong(payload);
      default -> {
        int code = CloseCode.read(bytes);
        state = State.OVER;
        handler.close(code, payload.skipBytes(Math.min(2, bytes.length)));
      }
    }
  }
}

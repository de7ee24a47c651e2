package dev.whippet.internal.websocket;

/**
 * The header of one frame after the other, byte by byte, with every rule of RFC 6455 that needs no
 * payload; both halves, client and broker, read through this one type.
 *
 * <pre>
 *   byte 0        FIN, RSV1 (compressed, first frame of a message), RSV2..3 (0), opcode
 *   byte 1        MASK, length 0..125, or 126 or 127
 *   0, 2, 8       length in network order after 126 (at least 126) or 127 (at least 65536)
 *   0, 4          masking key, when MASK is set
 * </pre>
 *
 * <p>States: START, SECOND, LENGTH, MASK, and START again when {@link #accept} returned true. Knows
 * across frames whether a message is open, which says where continuations may stand. After a
 * violation it must not be used again.
 */
public final class FrameHeader {
  /** RFC 6455 5.5. */
  public static final int CONTROL_BYTES_MAX = 125;

  private static final int NO_MESSAGE = -1;

  private enum State {
    START,
    SECOND,
    LENGTH,
    MASK
  }

  private static final int COMPRESSED = 4;

  private final boolean masked;
  private final boolean deflates;
  private final long frameBytesMax;

  private State state = State.START;
  private boolean last;
  private int opcode;
  private int messageOpcode = NO_MESSAGE;
  private boolean compressed;
  private int bytesMissing;
  private int lengthMin;
  private long length;
  private int mask;

  /** For plain messages only. */
  public FrameHeader(boolean masked, long frameBytesMax) {
    this(masked, false, frameBytesMax);
  }

  /**
   * @param masked whether the sender must mask (a client) or must not (a server)
   * @param deflates whether permessage-deflate was agreed on: messages may be compressed
   * @param frameBytesMax the longest payload of one frame; longer is violation 1009
   */
  public FrameHeader(boolean masked, boolean deflates, long frameBytesMax) {
    if (frameBytesMax < CONTROL_BYTES_MAX) {
      throw new IllegalArgumentException("frameBytesMax < 125: " + frameBytesMax);
    }
    this.masked = masked;
    this.deflates = deflates;
    this.frameBytesMax = frameBytesMax;
  }

  /**
   * Takes the next byte of the header.
   *
   * @return true when it was the last one: the getters speak of this frame until the next call
   */
  public boolean accept(byte b) throws WebSocketException {
    switch (state) {
      case START:
        first(b);
        state = State.SECOND;
        return false;
      case SECOND:
        return second(b);
      case LENGTH:
        length = length << 8 | (b & 0xff);
        return --bytesMissing == 0 && lengthComplete();
      default:
        mask = mask << 8 | (b & 0xff);
        return --bytesMissing == 0 && complete();
    }
  }

  /** True between two headers, when {@link #acceptShort} may be called. */
  public boolean isAtStart() {
    return state == State.START;
  }

  /**
   * Takes the six bytes of a masked header whose length is in its second byte, as {@link #accept}
   * does one by one: the getters speak of this frame until the next call.
   */
  public void acceptShort(byte first, byte second, int key) throws WebSocketException {
    first(first);
    length = second & 0x7f;
    mask = key;
  }

  private void first(byte b) throws WebSocketException {
    last = (b & 0x80) != 0;
    opcode = b & 0x0f;
    int reserved = b >> 4 & 0x7;
    boolean startsMessage = opcode == Opcode.TEXT || opcode == Opcode.BINARY;
    if (reserved != 0 && !(deflates && reserved == COMPRESSED && startsMessage)) {
      throw violation("reserved bits: expected 0, found " + reserved);
    }
    if (!Opcode.isKnown(opcode)) {
      throw violation("opcode: expected 0 to 2 or 8 to 10, found " + opcode);
    }
    if (isControl()) {
      if (!last) {
        throw violation("control frame in fragments, opcode " + opcode);
      }
    } else if (opcode == Opcode.CONTINUATION) {
      if (messageOpcode == NO_MESSAGE) {
        throw violation("continuation without a message to continue");
      }
    } else {
      if (messageOpcode != NO_MESSAGE) {
        throw violation("new message inside a message, opcode " + opcode);
      }
      messageOpcode = opcode;
      compressed = reserved == COMPRESSED;
    }
  }

  private boolean second(byte b) throws WebSocketException {
    boolean hasMask = b < 0;
    if (hasMask != masked) {
      throw violation(masked ? "client frame without mask" : "server frame with mask");
    }
    length = b & 0x7f;
    if (isControl() && length > CONTROL_BYTES_MAX) {
      throw violation("control frame longer than 125 bytes, opcode " + opcode);
    }
    if (length <= CONTROL_BYTES_MAX) {
      return startMask();
    }
    bytesMissing = length == 126 ? 2 : 8;
    lengthMin = length == 126 ? 126 : 1 << 16;
    length = 0;
    state = State.LENGTH;
    return false;
  }

  private boolean lengthComplete() throws WebSocketException {
    if (length < 0) {
      throw violation("length: expected at most 63 bits, found the 64th set");
    }
    if (length < lengthMin) {
      throw violation("length: expected its shortest form, found " + length + " in a longer one");
    }
    return startMask();
  }

  private boolean startMask() throws WebSocketException {
    if (length > frameBytesMax) {
      throw new WebSocketException(
          CloseCode.MESSAGE_TOO_BIG,
          "frame: expected at most " + frameBytesMax + " bytes, found " + length);
    }
    if (!masked) {
      return complete();
    }
    bytesMissing = 4;
    state = State.MASK;
    return false;
  }

  private boolean complete() {
    state = State.START;
    return true;
  }

  private static WebSocketException violation(String message) {
    return new WebSocketException(CloseCode.PROTOCOL_ERROR, message);
  }

  public int opcode() {
    return opcode;
  }

  public boolean isControl() {
    return Opcode.isControl(opcode);
  }

  /** Length of the payload in bytes. */
  public long length() {
    return length;
  }

  /** The masking key, its first byte uppermost; 0 when not masked. */
  public int mask() {
    return mask;
  }

  /** True for the final (or only) frame of a message, and for control frames. */
  public boolean isLast() {
    return last;
  }

  /** TEXT or BINARY: what the open message is, also while a continuation is read. */
  public int messageOpcode() {
    return messageOpcode;
  }

  /** Whether the open message is compressed. */
  public boolean isCompressed() {
    return compressed;
  }

  /** The open message ended: its last frame's payload was read. */
  public void endMessage() {
    messageOpcode = NO_MESSAGE;
  }
}

package dev.whippet.broker.internal.websocket;

import dev.whippet.internal.websocket.CloseCode;
import dev.whippet.internal.websocket.FrameHeader;
import dev.whippet.internal.websocket.Opcode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;

/**
 * The bytes of a server's frames, never masked: headers, and control frames as a whole. {@link
 * OutgoingMessage} cuts messages.
 */
public final class Frames {
  /** A header's longest form. */
  public static final int HEADER_BYTES_MAX = 10;

  private Frames() {}

  /** Bytes of the header of a frame with {@code length} bytes of payload: 2, 4 or 10. */
  public static int headerBytes(long length) {
    return length < 126 ? 2 : length < 1 << 16 ? 4 : HEADER_BYTES_MAX;
  }

  /**
   * Writes a frame's header into a buffer that the caller fills with payload, so that small replies
   * can share one buffer.
   *
   * @param opcode BINARY for the first frame of a message, CONTINUATION for others
   * @param last whether the message ends with this frame
   */
  public static void writeHeader(ByteBuf out, int opcode, boolean last, long length) {
    out.writeByte((last ? 0x80 : 0) | opcode);
    if (length < 126) {
      out.writeByte((int) length);
    } else if (length < 1 << 16) {
      out.writeByte(126).writeShort((int) length);
    } else {
      out.writeByte(127).writeLong(length);
    }
  }

  /** A Ping with a copy of {@code payload}'s readable bytes (at most 125), which stays as it is. */
  public static ByteBuf ping(ByteBufAllocator alloc, ByteBuf payload) {
    return control(alloc, Opcode.PING, payload);
  }

  /** The answer to a Ping with a copy of its payload. */
  public static ByteBuf pong(ByteBufAllocator alloc, ByteBuf payload) {
    return control(alloc, Opcode.PONG, payload);
  }

  private static ByteBuf control(ByteBufAllocator alloc, int opcode, ByteBuf payload) {
    int length = payload.readableBytes();
    ByteBuf frame = startControl(alloc, opcode, length);
    return frame.writeBytes(payload, payload.readerIndex(), length);
  }

  /**
   * A Close frame.
   *
   * @param code one that may be sent, or {@link CloseCode#NO_STATUS} for an empty one
   * @param reason UTF-8, at most 123 bytes, copied; not sent without a code
   */
  public static ByteBuf close(ByteBufAllocator alloc, int code, ByteBuf reason) {
    if (code == CloseCode.NO_STATUS) {
      return startControl(alloc, Opcode.CLOSE, 0);
    }
    if (!CloseCode.isValidOnWire(code)) {
      throw new IllegalArgumentException("close code not for the wire: " + code);
    }
    int length = reason.readableBytes();
    ByteBuf frame = startControl(alloc, Opcode.CLOSE, 2 + length).writeShort(code);
    return frame.writeBytes(reason, reason.readerIndex(), length);
  }

  /** A Close frame whose reason is cut to 123 bytes of ASCII; for our own words. */
  public static ByteBuf close(ByteBufAllocator alloc, int code, String reason) {
    int length = Math.min(reason.length(), FrameHeader.CONTROL_BYTES_MAX - 2);
    ByteBuf ascii = alloc.heapBuffer(length);
    try {
      ByteBufUtil.writeAscii(ascii, reason.substring(0, length));
      return close(alloc, code, ascii);
    } finally {
      ascii.release();
    }
  }

  private static ByteBuf startControl(ByteBufAllocator alloc, int opcode, int length) {
    if (length > FrameHeader.CONTROL_BYTES_MAX) {
      throw new IllegalArgumentException("control payload > 125 bytes: " + length);
    }
    ByteBuf frame = alloc.ioBuffer(2 + length);
    writeHeader(frame, opcode, true, length);
    return frame;
  }
}

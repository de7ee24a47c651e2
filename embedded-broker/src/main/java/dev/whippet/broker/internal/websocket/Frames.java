package dev.whippet.broker.internal.websocket;

import dev.whippet.internal.websocket.CloseCode;
import dev.whippet.internal.websocket.FrameHeader;
import dev.whippet.internal.websocket.Opcode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.util.List;

/**
 * A server's frames, never masked. A message is its header, 2 to 10 bytes, and the payload's
 * buffers as they are: nothing is copied.
 *
 * <pre>
 *   message of 20 MiB, frames of at most 16 MiB
 *   +-----------------+--------------+---------------------+-------------+
 *   | 02 7f 00..16Mi  |  16 MiB      | 80 7f 00..4Mi       |  4 MiB      |
 *   | binary, more    |  slices      | continuation, last  |  slices     |
 *   +-----------------+--------------+---------------------+-------------+
 * </pre>
 */
public final class Frames {
  /** A header's longest form. */
  public static final int HEADER_BYTES_MAX = 10;

  /** Messages above this are sent in fragments by default: a frame of 16 MiB fits all clients. */
  public static final int FRAME_BYTES_MAX = 16 << 20;

  private Frames() {}

  /**
   * Appends one binary message to {@code out}: headers and slices, in order. Takes over the
   * references of {@code payload}; those in {@code out} are the caller's.
   *
   * @param payload the readable bytes of these, back to back
   * @param frameBytesMax a longer message becomes several frames of at most this size
   */
  public static void binary(
      ByteBufAllocator alloc, List<ByteBuf> payload, int frameBytesMax, List<ByteBuf> out) {
    if (frameBytesMax < 1) {
      throw new IllegalArgumentException("frameBytesMax < 1: " + frameBytesMax);
    }
    long missing = 0;
    for (ByteBuf part : payload) {
      missing += part.readableBytes();
    }
    long frameMissing = startFrame(alloc, Opcode.BINARY, missing, frameBytesMax, out);
    for (ByteBuf part : payload) {
      while (part.readableBytes() > frameMissing) {
        missing -= frameMissing;
        if (frameMissing > 0) {
          out.add(part.readRetainedSlice((int) frameMissing));
        }
        frameMissing = startFrame(alloc, Opcode.CONTINUATION, missing, frameBytesMax, out);
      }
      missing -= part.readableBytes();
      frameMissing -= part.readableBytes();
      if (part.isReadable()) {
        out.add(part);
      } else {
        part.release();
      }
    }
  }

  /** Appends a header; returns how many bytes of payload it stands for. */
  private static long startFrame(
      ByteBufAllocator alloc, int opcode, long missing, int frameBytesMax, List<ByteBuf> out) {
    long length = Math.min(missing, frameBytesMax);
    ByteBuf header = alloc.ioBuffer(headerBytes(length));
    writeHeader(header, opcode, length == missing, length);
    out.add(header);
    return length;
  }

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

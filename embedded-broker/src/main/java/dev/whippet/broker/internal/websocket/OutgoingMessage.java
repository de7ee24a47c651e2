package dev.whippet.broker.internal.websocket;

import dev.whippet.internal.websocket.MessageDeflater;
import dev.whippet.internal.websocket.Opcode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;
import java.util.List;

/**
 * One message on its way out, cut into frames one by one as there is room for the next. Plain ones
 * are headers and slices, nothing is copied; compressed ones are compressed as far as the next
 * frame needs.
 *
 * <pre>
 *   message of 600 KiB, frames of at most 256 KiB
 *   +-----------------+--------+   +-----------------+--------+   +----------------+-------+
 *   | 02 7f 00..256Ki | slices |   | 00 7f 00..256Ki | slices |   | 80 7f 00..88Ki | slices|
 *   | opcode, more    |        |   | continuation    |        |   | last           |       |
 *   +-----------------+--------+   +-----------------+--------+   +----------------+-------+
 * </pre>
 *
 * <p>Owner: the connection's loop. To be released, unless its last frame was taken.
 */
public final class OutgoingMessage {
  private static final int COMPRESSED = 0x40;

  private final int fragmentBytes;
  private final MessageDeflater deflater;
  private final ArrayDeque<ByteBuf> parts;

  private int first;
  private long missing;
  private ByteBuf deflated;
  private boolean collected;
  private boolean over;

  /**
   * @param opcode TEXT or BINARY
   * @param parts the readable bytes of these, back to back; their references are taken over
   * @param fragmentBytes the longest payload of one frame
   * @param deflater {@code null} to send it as it is
   */
  public OutgoingMessage(
      int opcode, List<ByteBuf> parts, int fragmentBytes, MessageDeflater deflater) {
    this.parts = new ArrayDeque<>(parts);
    this.fragmentBytes = fragmentBytes;
    this.deflater = deflater;
    this.first = deflater == null ? opcode : opcode | COMPRESSED;
    for (ByteBuf part : parts) {
      missing += part.readableBytes();
    }
  }

  /** True when the last frame was taken. */
  public boolean isOver() {
    return over;
  }

  /**
   * Appends the next frame to {@code out}: header and payload, whose references are the caller's.
   */
  public void next(ByteBufAllocator alloc, List<ByteBuf> out) {
    if (deflater == null) {
      plain(alloc, out);
    } else {
      compressed(alloc, out);
    }
    first = Opcode.CONTINUATION;
  }

  private void plain(ByteBufAllocator alloc, List<ByteBuf> out) {
    int length = (int) Math.min(missing, fragmentBytes);
    missing -= length;
    over = missing == 0;
    header(alloc, length, out);
    int left = length;
    while (left > 0) {
      ByteBuf part = parts.peek();
      int readable = part.readableBytes();
      if (readable > left) {
        out.add(part.readRetainedSlice(left));
        return;
      }
      parts.remove();
      left -= readable;
      if (readable > 0) {
        out.add(part);
      } else {
        part.release();
      }
    }
    if (over) {
      releaseParts(); // empty ones
    }
  }

  private void header(ByteBufAllocator alloc, int length, List<ByteBuf> out) {
    ByteBuf header = alloc.ioBuffer(Frames.headerBytes(length));
    Frames.writeHeader(header, first, over, length);
    out.add(header);
  }

  private void compressed(ByteBufAllocator alloc, List<ByteBuf> out) {
    PieceBuffers pieces = PieceBuffers.outgoing();
    if (deflated == null) {
      deflated = alloc.ioBuffer();
    }
    int enough = fragmentBytes + MessageDeflater.TAIL_BYTES;
    while (missing > 0 && deflated.readableBytes() <= enough) {
      deflater.input(pieces.plainBytes, 0, take(pieces.plainBytes));
      collect(pieces, false);
    }
    if (missing == 0 && !collected) {
      collected = true;
      releaseParts();
      collect(pieces, true);
    }
    int left = deflated.readableBytes() - MessageDeflater.TAIL_BYTES;
    int length = Math.min(left, fragmentBytes);
    over = missing == 0 && length == left;
    header(alloc, length, out);
    if (over) {
      out.add(deflated.writerIndex(deflated.readerIndex() + length));
      deflated = null;
    } else {
      out.add(alloc.ioBuffer(length).writeBytes(deflated, length));
      deflated.discardReadBytes();
    }
  }

  /** Moves the next bytes of the message; returns how many. */
  private int take(byte[] bytes) {
    ByteBuf part = parts.peek();
    while (!part.isReadable()) {
      parts.remove().release();
      part = parts.peek();
    }
    int length = Math.min(part.readableBytes(), bytes.length);
    part.readBytes(bytes, 0, length);
    missing -= length;
    return length;
  }

  private void collect(PieceBuffers pieces, boolean last) {
    int count = deflater.output(pieces.compressedBytes, last);
    while (count > 0) {
      deflated.writeBytes(pieces.compressedBytes, 0, count);
      count = deflater.output(pieces.compressedBytes, last);
    }
  }

  /** Gives its references back. */
  public void release() {
    over = true;
    releaseParts();
    if (deflated != null) {
      deflated.release();
      deflated = null;
    }
  }

  private void releaseParts() {
    parts.forEach(ByteBuf::release);
    parts.clear();
  }
}

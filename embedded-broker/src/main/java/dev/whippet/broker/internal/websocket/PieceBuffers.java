package dev.whippet.broker.internal.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.FastThreadLocal;

/**
 * Heap memory in which compressed messages are worked on, piece by piece: a set a direction for all
 * connections of a loop, since no piece outlives the call that makes it. Two sets, because a
 * request may be answered while the piece that it came in is still being read.
 */
final class PieceBuffers {
  /** At most 512 KiB come out of it, for a loop has others to serve. */
  static final int COMPRESSED_BYTES = 512;

  static final int PLAIN_BYTES = 16 << 10;

  private static final FastThreadLocal<PieceBuffers> INCOMING = new OfThread();
  private static final FastThreadLocal<PieceBuffers> OUTGOING = new OfThread();

  final byte[] compressedBytes = new byte[COMPRESSED_BYTES];
  final byte[] plainBytes = new byte[PLAIN_BYTES];

  /** Over {@link #compressedBytes}. */
  final ByteBuf compressed = Unpooled.wrappedBuffer(compressedBytes);

  /** Over {@link #plainBytes}. */
  final ByteBuf plain = Unpooled.wrappedBuffer(plainBytes);

  private PieceBuffers() {}

  /** Of the loop that calls, for what is inflated. */
  static PieceBuffers incoming() {
    return INCOMING.get();
  }

  /** Of the loop that calls, for what is deflated. */
  static PieceBuffers outgoing() {
    return OUTGOING.get();
  }

  /** Makes a set at a thread's first use. */
  private static final class OfThread extends FastThreadLocal<PieceBuffers> {
    @Override
    protected PieceBuffers initialValue() {
      return new PieceBuffers();
    }
  }
}

package dev.whippet.broker.internal.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.FastThreadLocal;

/**
 * Heap memory in which compressed messages are worked on, piece by piece: one set for all
 * connections of a loop, since no piece outlives the call that makes it.
 */
final class PieceBuffers {
  /** At most 1 MiB comes out of it, for a loop has others to serve. */
  static final int COMPRESSED_BYTES = 1 << 10;

  static final int PLAIN_BYTES = 16 << 10;

  private static final FastThreadLocal<PieceBuffers> OF_LOOP =
      new FastThreadLocal<>() {
        @Override
        protected PieceBuffers initialValue() {
          return new PieceBuffers();
        }
      };

  final byte[] compressedBytes = new byte[COMPRESSED_BYTES];
  final byte[] plainBytes = new byte[PLAIN_BYTES];

  /** Over {@link #compressedBytes}. */
  final ByteBuf compressed = Unpooled.wrappedBuffer(compressedBytes);

  /** Over {@link #plainBytes}. */
  final ByteBuf plain = Unpooled.wrappedBuffer(plainBytes);

  private PieceBuffers() {}

  static PieceBuffers ofLoop() {
    return OF_LOOP.get();
  }
}

package dev.whippet.broker.internal.file;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.unix.Buffer;
import java.nio.ByteBuffer;

/**
 * Direct buffers whose memory address is a multiple of {@link LoopFiles#BLOCK_BYTES}, as {@link
 * AsyncFile} needs them. One per loop; a buffer may be released on any thread.
 *
 * <pre>
 *   asked for          given
 *   up to 4 MiB        a piece of a pooled chunk of 4 MiB; memory is kept for the next one
 *   above              exactly that much memory and one block, given back to the system on release
 * </pre>
 *
 * <p>Where Netty has no Unsafe (Java 24 and later), a pooled piece is a block larger, too.
 *
 * <p>{@code allocate} rounds the capacity up to a whole block, so that the last one can be padded.
 * There is no bound here: whoever allocates has a budget.
 */
public final class AlignedBuffers {
  private static final int PAGE_BYTES = 8192;
  private static final int CHUNK_ORDER = 9;
  private static final int CHUNK_BYTES = PAGE_BYTES << CHUNK_ORDER;

  private final PooledByteBufAllocator pool;
  private final UnpooledByteBufAllocator large = new UnpooledByteBufAllocator(true);

  /** Whether the pool's own pieces are aligned; Netty can't align them without Unsafe. */
  private final boolean poolAligns;

  /** A pool of its own, empty until the first allocation. */
  public AlignedBuffers() {
    this(PooledByteBufAllocator.isDirectMemoryCacheAlignmentSupported());
  }

  AlignedBuffers(boolean poolAligns) {
    this.poolAligns = poolAligns;
    int alignment = poolAligns ? LoopFiles.BLOCK_BYTES : 0;
    pool = new PooledByteBufAllocator(true, 0, 1, PAGE_BYTES, CHUNK_ORDER, 0, 0, true, alignment);
  }

  /** An empty buffer for {@code bytes}, rounded up to whole blocks, which cannot grow. */
  public ByteBuf allocate(int bytes) {
    int capacity = roundUp(bytes);
    if (poolAligns && capacity <= CHUNK_BYTES) {
      return pool.directBuffer(capacity, capacity);
    }
    int with = capacity + LoopFiles.BLOCK_BYTES;
    ByteBuf memory = with <= CHUNK_BYTES ? pool.directBuffer(with) : large.directBuffer(with);
    int start = (LoopFiles.BLOCK_BYTES - misalignment(memory, 0)) % LoopFiles.BLOCK_BYTES;
    return memory.slice(start, capacity).setIndex(0, 0); // its release is the memory's
  }

  /** The pool as an allocator; what it gives needs not be aligned. */
  public ByteBufAllocator allocator() {
    return pool;
  }

  /** The next multiple of {@link LoopFiles#BLOCK_BYTES}, at least one block. */
  public static int roundUp(int bytes) {
    if (bytes < 0 || bytes > Integer.MAX_VALUE - LoopFiles.BLOCK_BYTES) {
      throw new IllegalArgumentException("bytes: " + bytes);
    }
    int mask = LoopFiles.BLOCK_BYTES - 1;
    return Math.max(LoopFiles.BLOCK_BYTES, (bytes + mask) & ~mask);
  }

  /** Memory held: handed out and pooled. */
  public long heldBytes() {
    return pool.metric().usedDirectMemory() + large.metric().usedDirectMemory();
  }

  static void checkAligned(long position, ByteBuf memory, int index, int length) {
    check("position", position);
    check("length", length);
    check("address", misalignment(memory, index));
  }

  private static void check(String what, long value) {
    if (value < 0 || value % LoopFiles.BLOCK_BYTES != 0) {
      throw new IllegalArgumentException(
          what + " is no multiple of " + LoopFiles.BLOCK_BYTES + ": " + value);
    }
  }

  /** Bytes by which {@code index} of a direct buffer is behind a block's start in memory. */
  private static int misalignment(ByteBuf buffer, int index) {
    if (buffer.hasMemoryAddress()) {
      return (int) ((buffer.memoryAddress() + index) % LoopFiles.BLOCK_BYTES);
    }
    return buffer.nioBuffer(index, 0).alignmentOffset(0, LoopFiles.BLOCK_BYTES);
  }

  /** Address of index 0 of a direct buffer; needs Netty's Unsafe or its native part. */
  static long address(ByteBuf buffer) {
    if (buffer.hasMemoryAddress()) {
      return buffer.memoryAddress();
    }
    if (!buffer.isDirect() || buffer.nioBufferCount() != 1) {
      throw new IllegalArgumentException("not one direct buffer: " + buffer);
    }
    ByteBuffer whole = buffer.internalNioBuffer(0, buffer.capacity());
    return Buffer.memoryAddress(whole) + whole.position();
  }
}

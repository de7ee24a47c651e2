package dev.whippet.broker.internal.file;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.unix.Buffer;
import java.nio.ByteBuffer;

/**
 * Direct buffers whose memory address is a multiple of {@link LoopFiles#BLOCK_BYTES}, as {@link
 * AsyncFile} needs them. One per loop; a buffer may be released on any thread.
 *
 * <pre>
 *   asked for          given
 *   up to 256 KiB      a piece of a pooled chunk of 4 MiB, which goes when it is not used at all
 *   above              exactly that much memory and one block; kept for the next one of about that
 *                      size ({@link LargeBuffers}), since new memory costs a page fault per block
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
  private static final int POOLED_BYTES_MAX = 256 << 10;

  private final PooledByteBufAllocator pool;
  private final LargeBuffers large = new LargeBuffers();
  private final ByteBufAllocator allocator = new Both();

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
    if (poolAligns || capacity > POOLED_BYTES_MAX) {
      return allocator.directBuffer(capacity, capacity);
    }
    ByteBuf memory = pool.directBuffer(capacity + LoopFiles.BLOCK_BYTES);
    int start = (LoopFiles.BLOCK_BYTES - misalignment(memory, 0)) % LoopFiles.BLOCK_BYTES;
    return memory.slice(start, capacity).setIndex(0, 0); // its release is the memory's
  }

  /** The same as an allocator; with Unsafe what it gives is aligned, too. Buffers may grow. */
  public ByteBufAllocator allocator() {
    return allocator;
  }

  private final class Both extends AbstractByteBufAllocator {
    Both() {
      super(true);
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
      return initialCapacity <= POOLED_BYTES_MAX
          ? pool.directBuffer(initialCapacity, maxCapacity)
          : toLeakAwareBuffer(large.take(this, initialCapacity, maxCapacity));
    }

    @Override
    protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
      return pool.heapBuffer(initialCapacity, maxCapacity);
    }

    @Override
    public boolean isDirectBufferPooled() {
      return true;
    }
  }

  /** The next multiple of {@link LoopFiles#BLOCK_BYTES}, at least one block. */
  public static int roundUp(int bytes) {
    if (bytes < 0 || bytes > Integer.MAX_VALUE - LoopFiles.BLOCK_BYTES) {
      throw new IllegalArgumentException("bytes: " + bytes);
    }
    int mask = LoopFiles.BLOCK_BYTES - 1;
    return Math.max(LoopFiles.BLOCK_BYTES, (bytes + mask) & ~mask);
  }

  /** Memory held: handed out and pooled. Any thread. */
  public long heldBytes() {
    return pool.metric().usedDirectMemory() + large.heldBytes();
  }

  /** Bounds what large buffers keep; what is kept now stays. Any thread. */
  public void keepAtMost(long bytes) {
    large.keepAtMost(bytes);
  }

  /** Of large buffers that wait to be used again. Any thread. */
  public long keptBytes() {
    return large.keptBytes();
  }

  /** Gives back what large buffers keep. Any thread. */
  public void trim() {
    large.trim();
  }

  /** Nothing is kept from here on: what is released is given back at once. Any thread. */
  public void close() {
    large.close();
  }

  /** As {@link #trim} if nobody asked for a large one since the last call. Any thread. */
  public void trimUnused() {
    large.trimUnused();
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

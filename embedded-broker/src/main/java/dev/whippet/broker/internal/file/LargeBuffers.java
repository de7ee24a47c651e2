package dev.whippet.broker.internal.file;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.netty.buffer.UnpooledUnsafeDirectByteBuf;
import io.netty.util.internal.PlatformDependent;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Iterator;

/**
 * Aligned direct buffers of any size, each with memory of its own. Memory that was released is kept
 * for the next one that fits: writing 16 MiB into memory that is new to the process costs 4,096
 * page faults, about as much as writing it to the disk.
 *
 * <pre>
 *   take: kept memory of at least that size, at most a quarter more; else new
 *   release: kept; what was kept longest goes when it is more than {@link #KEPT_MAX} buffers or
 *            {@link #KEPT_BYTES_MAX} bytes
 * </pre>
 *
 * Any thread.
 */
final class LargeBuffers {
  static final int KEPT_MAX = 4;
  static final long KEPT_BYTES_MAX = 48 << 20;

  private final UnpooledByteBufAllocator system = new UnpooledByteBufAllocator(true, true);

  /** Guarded by this; longest kept first. */
  private final ArrayDeque<ByteBuf> kept = new ArrayDeque<>();

  private long keptBytes;
  private boolean used;
  private volatile boolean closed;

  ByteBuf take(ByteBufAllocator allocator, int bytes, int bytesMax) {
    ByteBuf memory = takeKept(bytes + LoopFiles.BLOCK_BYTES);
    if (memory == null) {
      memory = system.directBuffer(bytes + LoopFiles.BLOCK_BYTES);
    }
    int past = memory.nioBuffer(0, 1).alignmentOffset(0, LoopFiles.BLOCK_BYTES);
    int start = (LoopFiles.BLOCK_BYTES - past) % LoopFiles.BLOCK_BYTES;
    ByteBuffer bytesOfIt = memory.nioBuffer(start, bytes);
    ByteBuf buffer =
        PlatformDependent.hasUnsafe()
            ? new Quick(this, memory, allocator, bytesOfIt, bytesMax)
            : new Plain(this, memory, allocator, bytesOfIt, bytesMax);
    return buffer.setIndex(0, 0);
  }

  private synchronized ByteBuf takeKept(int bytes) {
    used = true;
    for (Iterator<ByteBuf> each = kept.descendingIterator(); each.hasNext(); ) {
      ByteBuf memory = each.next();
      if (memory.capacity() >= bytes && memory.capacity() - bytes <= bytes / 4) {
        each.remove();
        keptBytes -= memory.capacity();
        return memory;
      }
    }
    return null;
  }

  private void give(ByteBuf memory) {
    synchronized (this) {
      kept.add(memory);
      keptBytes += memory.capacity();
    }
    shrink(closed ? 0 : KEPT_MAX, KEPT_BYTES_MAX);
  }

  void close() {
    closed = true;
    trim();
  }

  void trim() {
    shrink(0, 0);
  }

  synchronized void trimUnused() {
    if (!used) {
      trim();
    }
    used = false;
  }

  private synchronized void shrink(int buffersMax, long bytesMax) {
    while (kept.size() > buffersMax || keptBytes > bytesMax) {
      ByteBuf longest = kept.remove();
      keptBytes -= longest.capacity();
      longest.release();
    }
  }

  synchronized long keptBytes() {
    return keptBytes;
  }

  long heldBytes() {
    return system.metric().usedDirectMemory();
  }

  /** With addresses. */
  private static final class Quick extends UnpooledUnsafeDirectByteBuf {
    private final LargeBuffers owner;
    private final ByteBuf memory;

    Quick(LargeBuffers owner, ByteBuf memory, ByteBufAllocator by, ByteBuffer bytes, int bytesMax) {
      super(by, bytes, bytesMax);
      this.owner = owner;
      this.memory = memory;
    }

    @Override
    protected void deallocate() {
      super.deallocate();
      owner.give(memory);
    }
  }

  /** Where Unsafe is not to be had. */
  private static final class Plain extends UnpooledDirectByteBuf {
    private final LargeBuffers owner;
    private final ByteBuf memory;

    Plain(LargeBuffers owner, ByteBuf memory, ByteBufAllocator by, ByteBuffer bytes, int bytesMax) {
      super(by, bytes, bytesMax);
      this.owner = owner;
      this.memory = memory;
    }

    @Override
    protected void deallocate() {
      super.deallocate();
      owner.give(memory);
    }
  }
}

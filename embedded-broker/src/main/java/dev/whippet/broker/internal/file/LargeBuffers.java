package dev.whippet.broker.internal.file;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.netty.buffer.UnpooledUnsafeDirectByteBuf;
import io.netty.channel.unix.Buffer;
import io.netty.util.internal.PlatformDependent;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Aligned direct buffers of any size, each with memory of its own. Memory that was released is kept
 * for the next one that fits: writing 16 MiB into memory that is new to the process costs 4,096
 * page faults, about as much as writing it to the disk.
 *
 * <pre>
 *   take: kept memory of at least that size, at most a quarter more; else new
 *   release: kept; what was kept longest goes when it is more than {@link #KEPT_MAX} buffers or
 *            {@link #keepAtMost} bytes (at first 48 MiB)
 * </pre>
 *
 * <p>New memory is not zeroed where Netty has Unsafe and a native part (Linux, up to Java 23): the
 * system backs it page by page as it is written, so memory that was asked for and is not used costs
 * nothing. Elsewhere Java zeroes it first. Either way its bytes mean nothing until written.
 *
 * <p>Any thread.
 */
final class LargeBuffers {
  static final int KEPT_MAX = 64;

  private final UnpooledByteBufAllocator system = new UnpooledByteBufAllocator(true, true);

  /** Guarded by this; longest kept first. */
  private final ArrayDeque<Memory> kept = new ArrayDeque<>();

  private final AtomicLong heldBytes = new AtomicLong();
  private final boolean raw;

  private volatile long keptBytesMax = 48 << 20;
  private long keptBytes;
  private boolean used;
  private volatile boolean closed;

  LargeBuffers() {
    this(canWrap());
  }

  /**
   * @param raw whether new memory comes from the system as it is
   */
  LargeBuffers(boolean raw) {
    this.raw = raw;
  }

  /** Whether memory that was taken without Java's help can be made a buffer without flags. */
  static boolean canWrap() {
    if (!PlatformDependent.hasUnsafe()) {
      return false;
    }
    long address = PlatformDependent.allocateMemory(Long.BYTES);
    try {
      return Buffer.wrapMemoryAddressWithNativeOrder(address, Long.BYTES).isDirect();
    } catch (LinkageError e) { // no transport with a native part is loaded
      return false;
    } finally {
      PlatformDependent.freeMemory(address);
    }
  }

  ByteBuf take(ByteBufAllocator allocator, int bytes, int bytesMax) {
    Memory memory = takeKept(bytes + LoopFiles.BLOCK_BYTES);
    if (memory == null) {
      memory = fresh(bytes + LoopFiles.BLOCK_BYTES);
      heldBytes.addAndGet(memory.capacity());
    }
    int past = memory.bytes.alignmentOffset(0, LoopFiles.BLOCK_BYTES);
    int start = (LoopFiles.BLOCK_BYTES - past) % LoopFiles.BLOCK_BYTES;
    ByteBuffer bytesOfIt = memory.bytes.slice(start, bytes);
    ByteBuf buffer =
        PlatformDependent.hasUnsafe()
            ? new Quick(this, memory, allocator, bytesOfIt, bytesMax)
            : new Plain(this, memory, allocator, bytesOfIt, bytesMax);
    return buffer.setIndex(0, 0);
  }

  private Memory fresh(int bytes) {
    if (raw) {
      long address = PlatformDependent.allocateMemory(bytes);
      ByteBuffer wrapped = Buffer.wrapMemoryAddressWithNativeOrder(address, bytes);
      return new Memory(wrapped, () -> PlatformDependent.freeMemory(address));
    }
    ByteBuf buffer = system.directBuffer(bytes);
    return new Memory(buffer.nioBuffer(0, bytes), buffer::release);
  }

  private synchronized Memory takeKept(int bytes) {
    used = true;
    for (Iterator<Memory> each = kept.descendingIterator(); each.hasNext(); ) {
      Memory memory = each.next();
      if (memory.capacity() >= bytes && memory.capacity() - bytes <= bytes / 4) {
        each.remove();
        keptBytes -= memory.capacity();
        return memory;
      }
    }
    return null;
  }

  private void give(Memory memory) {
    synchronized (this) {
      kept.add(memory);
      keptBytes += memory.capacity();
    }
    shrink(closed ? 0 : KEPT_MAX, keptBytesMax);
  }

  void keepAtMost(long bytes) {
    keptBytesMax = bytes;
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
      Memory longest = kept.remove();
      keptBytes -= longest.capacity();
      heldBytes.addAndGet(-longest.capacity());
      longest.free.run();
    }
  }

  synchronized long keptBytes() {
    return keptBytes;
  }

  long heldBytes() {
    return heldBytes.get();
  }

  /**
   * What one buffer stands in.
   *
   * @param free gives it back to the system
   */
  private record Memory(ByteBuffer bytes, Runnable free) {
    int capacity() {
      return bytes.capacity();
    }
  }

  /** With addresses. */
  private static final class Quick extends UnpooledUnsafeDirectByteBuf {
    private final LargeBuffers owner;
    private final Memory memory;

    Quick(LargeBuffers owner, Memory memory, ByteBufAllocator by, ByteBuffer bytes, int bytesMax) {
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
    private final Memory memory;

    Plain(LargeBuffers owner, Memory memory, ByteBufAllocator by, ByteBuffer bytes, int bytesMax) {
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

package dev.whippet.broker.testkit;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;

/**
 * Memory of processes that are killed: nobody gives it back, so the collector does. Buffers are
 * made at their largest size at once.
 */
public final class MortalMemory extends AbstractByteBufAllocator {
  private int allocations;
  private int failAt = -1;

  public MortalMemory() {
    super(true);
  }

  @Override
  protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
    return newDirectBuffer(initialCapacity, maxCapacity);
  }

  /** There is none for one of the next allocations; 0 is the very next. */
  public MortalMemory failAt(int allocation) {
    failAt = allocations + allocation;
    return this;
  }

  /** How often it was asked. */
  public int allocations() {
    return allocations;
  }

  @Override
  protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
    if (allocations++ == failAt) {
      throw new OutOfMemoryError("injected at allocation " + failAt);
    }
    int bytes = maxCapacity == Integer.MAX_VALUE ? initialCapacity : maxCapacity;
    return Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(bytes)).clear();
  }

  @Override
  public boolean isDirectBufferPooled() {
    return false;
  }
}

package dev.whippet.conformance.input;

import io.netty.util.internal.PlatformDependent;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;

/** Memory outside of the heap that this process holds for buffers. */
final class DirectMemory {
  private final long before = usedBytes();

  long growthBytes() {
    return usedBytes() - before;
  }

  private static long usedBytes() {
    long used = Math.max(0, PlatformDependent.usedDirectMemory());
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      if (pool.getName().equals("direct")) {
        used += pool.getMemoryUsed();
      }
    }
    return used;
  }
}

package dev.whippet.broker.cli;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives memory back to the system when the process has nothing to do. Collectors keep the room that
 * a busy hour took, and the C library what it was given back; on a gateway others need it. Only the
 * runnable file does this: in an embedder's process the collector is the embedder's.
 *
 * <pre>
 *   each 2 s: the process used less than a tenth of a core, now and 2 s before,
 *             the heap grew by 8 MiB since the last time (or there was none),
 *             less than 256 MiB of it are in use, the last time is a minute ago or the heap
 *             grew by 32 MiB
 *   then:     one collection (some tens of milliseconds at that size), and a trim of the C heap
 * </pre>
 *
 * <p>Owner: a daemon thread of its own.
 */
final class IdleMemory {
  static final long LOOK_MILLIS = 2_000;

  /** A longer collection than that of this heap would be felt by who trickles. */
  static final long HEAP_BYTES_MAX = 256 << 20;

  static final long GROWN_BYTES_MIN = 8 << 20;

  /** Grown by this, the heap is looked after at once. */
  static final long GROWN_BYTES_MUCH = 32 << 20;

  static final long PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private static final Logger LOG = LoggerFactory.getLogger(IdleMemory.class);

  private static final long IDLE_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS / 10);

  private long cpuNanos;
  private boolean idleBefore;
  private boolean done;
  private long doneNanos;
  private long doneHeapBytes;

  private IdleMemory(long cpuNanos) {
    this.cpuNanos = cpuNanos;
  }

  static IdleMemory from(long cpuNanos) {
    return new IdleMemory(cpuNanos);
  }

  /** Begins to look after this process. */
  static void start() {
    Thread thread = new Thread(IdleMemory::look, "whippet-memory");
    thread.setDaemon(true);
    thread.start();
  }

  private static void look() {
    IdleMemory memory = from(cpuNanos());
    try {
      while (true) {
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        if (memory.isDue(cpuNanos(), heapBytes(), System.nanoTime())) {
          giveBack();
          memory.done(heapBytes(), System.nanoTime());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static long cpuNanos() {
    return ProcessHandle.current().info().totalCpuDuration().map(Duration::toNanos).orElse(0L);
  }

  private static long heapBytes() {
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  /**
   * @param cpuNanos CPU time of the process so far
   * @param heapBytes in use, dead objects included
   */
  boolean isDue(long cpuNanos, long heapBytes, long nowNanos) {
    boolean idle = cpuNanos - this.cpuNanos <= IDLE_NANOS_MAX;
    boolean stays = idle && idleBefore;
    this.cpuNanos = cpuNanos;
    idleBefore = idle;
    long grown = heapBytes - doneHeapBytes;
    boolean soon = !done || grown >= GROWN_BYTES_MUCH || nowNanos - doneNanos >= PAUSE_NANOS;
    return stays && soon && grown >= GROWN_BYTES_MIN && heapBytes < HEAP_BYTES_MAX;
  }

  void done(long heapBytes, long nowNanos) {
    done = true;
    doneHeapBytes = heapBytes;
    doneNanos = nowNanos;
    idleBefore = false; // it was work
  }

  /** Collects, and trims where this Java can. */
  static void giveBack() {
    System.gc();
    try {
      ManagementFactory.getPlatformMBeanServer()
          .invoke(
              new ObjectName("com.sun.management:type=DiagnosticCommand"),
              "systemTrimNativeHeap",
              new Object[0],
              new String[0]);
    } catch (JMException e) {
      LOG.debug("memory of the C library stays: {}", e.toString()); // a Java without it
    }
  }
}

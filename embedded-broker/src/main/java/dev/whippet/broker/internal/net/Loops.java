package dev.whippet.broker.internal.net;

import dev.whippet.broker.internal.net.event.ConnectionCounts;
import io.netty.util.internal.PlatformDependent;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The broker's event loops. Life: {@link #start}, {@link Listener}s come and go, whoever uses files
 * closes them, {@link #stop}.
 */
public final class Loops {
  /** More loops than this bring nothing on a gateway and cost a ring each. */
  public static final int LOOPS_MAX = 64;

  private static final long STOP_MILLIS = 5_000;

  private final Transport transport;
  private final NetLimits limits;
  private final List<Loop> loops;
  private final ConnectionCounts counts = new ConnectionCounts();
  private final Map<InetAddress, Integer> openByAddress = new ConcurrentHashMap<>();

  private Loops(Transport transport, NetLimits limits, List<Loop> loops) {
    this.transport = transport;
    this.limits = limits;
    this.loops = loops;
  }

  /**
   * Starts {@code count} loops whose files live under {@code directory} (which exists). Blocks for
   * some milliseconds.
   */
  public static Loops start(Transport transport, int count, Path directory, NetLimits limits) {
    if (count < 1 || count > LOOPS_MAX) {
      throw new IllegalArgumentException("loops: " + count + ", not 1 to " + LOOPS_MAX);
    }
    NetLimits fitted = limits.fittedTo(PlatformDependent.maxDirectMemory(), count);
    List<Loop> loops = new ArrayList<>(count);
    for (int index = 0; index < count; index++) {
      loops.add(Loop.start(index, transport, directory, fitted));
    }
    return new Loops(transport, fitted, List.copyOf(loops));
  }

  /** Number of loops, at least 1. */
  public int size() {
    return loops.size();
  }

  /** The loop with that index. */
  public Loop loop(int index) {
    return loops.get(index);
  }

  /** What the loops run on. */
  public Transport transport() {
    return transport;
  }

  /** The start-up line: transport, loops, how files are driven, and why not better. */
  public String description() {
    return transport
        + ", "
        + size()
        + (size() == 1 ? " loop" : " loops")
        + "; files: "
        + loop(0).files().description();
  }

  /** Connections open now, of all listeners. */
  public int connections() {
    return loops.stream().mapToInt(loop -> loop.connections().load().get()).sum();
  }

  /** How connections began and ended. */
  public ConnectionCounts counts() {
    return counts;
  }

  /** Connections that are open, by address; kept only when they are limited. Any thread. */
  Map<InetAddress, Integer> openByAddress() {
    return openByAddress;
  }

  NetLimits limits() {
    return limits;
  }

  List<Loop> all() {
    return loops;
  }

  /**
   * Closes the loops' files and ends the threads. Blocks for at most some seconds; not on a loop.
   * Listeners are stopped before.
   */
  public void stop() {
    CountDownLatch open = new CountDownLatch(size());
    for (Loop loop : loops) {
      loop.execute(() -> loop.files().close((nothing, failure) -> open.countDown()));
    }
    try {
      open.await(STOP_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (Loop loop : loops) {
      loop.stop(STOP_MILLIS);
    }
  }
}

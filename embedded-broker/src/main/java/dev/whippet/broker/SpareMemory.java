package dev.whippet.broker;

import dev.whippet.broker.internal.file.AlignedBuffers;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.net.Loop;
import dev.whippet.broker.internal.net.LoopMemory;
import java.util.concurrent.TimeUnit;

/**
 * What one loop keeps only to be quick: buffers to be used again, the newest commits, pieces of
 * segments. It gives way to requests and replies, and is given back in steps while nobody asks for
 * it. Owner: the loop.
 */
final class SpareMemory implements LoopMemory.Spare {
  private static final long IDLE_SECONDS = 10;

  private final AlignedBuffers buffers;
  private final LogLoop log;

  private SpareMemory(Loop loop, LogLoop log) {
    this.buffers = loop.buffers();
    this.log = log;
  }

  /** The log shares the loop's budget from now on. Before the loop serves. */
  static void share(Loop loop, LogLoop log) {
    SpareMemory spare = new SpareMemory(loop, log);
    log.shareMemory(loop.memory()::spareBytesMax);
    loop.memory().shareWith(spare);
    loop.executor().scheduleAtFixedRate(spare::idle, IDLE_SECONDS, IDLE_SECONDS, TimeUnit.SECONDS);
  }

  private void idle() {
    log.idle();
    buffers.trimUnused();
  }

  @Override
  public long bytes() {
    return buffers.keptBytes() + log.spareBytes();
  }

  @Override
  public void shrinkBy(long bytes) {
    long kept = buffers.keptBytes();
    buffers.trim();
    log.shrinkBy(bytes - kept);
  }
}

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

  /**
   * For buffers to be used again, whether they are kept or not: or what commits and pieces give up
   * would be given back to the system, and taken from it again, page by page, for the next ones.
   */
  private static final long KEPT_BYTES_MAX = 48 << 20;

  private static final int KEPT_SHARE = 8;

  private final AlignedBuffers buffers;
  private final LogLoop log;
  private final long keptBytesMax;

  private SpareMemory(Loop loop, LogLoop log) {
    this.buffers = loop.buffers();
    this.log = log;
    this.keptBytesMax = Math.min(KEPT_BYTES_MAX, loop.memory().bytesMax() / KEPT_SHARE);
  }

  /** The log shares the loop's budget from now on. Before the loop serves. */
  static void share(Loop loop, LogLoop log) {
    SpareMemory spare = new SpareMemory(loop, log);
    loop.buffers().keepAtMost(spare.keptBytesMax);
    log.shareMemory(() -> loop.memory().spareBytesMax() - spare.keptBytesMax);
    loop.memory().shareWith(spare);
    loop.executor().scheduleAtFixedRate(spare::idle, IDLE_SECONDS, IDLE_SECONDS, TimeUnit.SECONDS);
  }

  private void idle() {
    log.idle();
    buffers.trimUnused();
  }

  @Override
  public long bytes() {
    return keptBytesMax + log.spareBytes();
  }

  @Override
  public void shrinkBy(long bytes) {
    boolean enough = log.spareBytes() >= bytes;
    log.shrinkBy(bytes);
    if (!enough) {
      buffers.trim();
    }
  }
}

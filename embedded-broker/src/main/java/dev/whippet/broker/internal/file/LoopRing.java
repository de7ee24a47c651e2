package dev.whippet.broker.internal.file;

import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.uring.IoUringIoEvent;
import io.netty.channel.uring.IoUringIoHandle;
import io.netty.channel.uring.IoUringIoOps;
import java.io.IOException;
import java.util.concurrent.ExecutionException;

/**
 * The event loop's own io_uring as a {@link Ring}, by Netty's public custom-operation API
 * (performance.md 1.3). User data is the slot, below 32768, so that Netty packs it into the
 * completion. Every operation is one submission without links.
 */
final class LoopRing implements Ring, IoUringIoHandle {
  private final RingQueue queue;
  private IoRegistration registration;

  private LoopRing(RingQueue queue) {
    this.queue = queue;
  }

  /** Registers with {@code loop}; waits for it, so never called on a loop. */
  static LoopRing register(IoEventLoop loop, RingQueue queue) throws IOException {
    LoopRing ring = new LoopRing(queue);
    try {
      IoRegistration registration = loop.register(ring).get();
      loop.submit(
              () -> {
                ring.registration = registration;
                queue.connect(ring);
              })
          .get();
      return ring;
    } catch (ExecutionException e) {
      throw new IOException("the loop's io_uring takes no file operations", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while registering with the loop's io_uring", e);
    }
  }

  @Override
  public boolean submit(int slot, RingOperation o) {
    IoUringIoOps entry =
        new IoUringIoOps(
            o.opcode,
            (byte) 0, // no links, no CQE_SKIP
            (short) 0,
            o.fd,
            o.offset,
            o.address,
            o.length,
            o.flags,
            (long) slot,
            (short) 0,
            (short) 0,
            0,
            0L);
    return registration.submit(entry) != 0;
  }

  @Override
  public void handle(IoRegistration source, IoEvent event) {
    IoUringIoEvent completion = (IoUringIoEvent) event; // reused by Netty: read at once
    queue.completed((int) completion.userData(), completion.res());
  }

  @Override
  public void close() {
    if (registration != null) {
      registration.cancel();
    }
  }
}

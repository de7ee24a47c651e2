package dev.whippet.broker.internal.bench.limits;

import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.net.Loop;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/**
 * Writes one after the other, durable or into the page cache, on the same loop, ring and kind of
 * file as the broker's log, without any of the log's code. The file's blocks were written before,
 * as in a segment that is ready for use.
 *
 * <pre>
 * open - fill with zeros - time writes of one size, round the file - close
 * </pre>
 *
 * <p>All of it on the loop; the caller waits.
 */
public final class BareWrites {

  private static final int FILE_BYTES = 32 << 20;
  private static final int FILL_BYTES = 1 << 20;

  private final Loop loop;
  private final int bytes;
  private final int count;
  private final boolean durable;
  private final Latencies latencies = new Latencies();
  private final CompletableFuture<Latencies> result = new CompletableFuture<>();
  private AsyncFile file;
  private ByteBuf block;
  private int done;

  private BareWrites(Loop loop, int bytes, int count, boolean durable) {
    this.loop = loop;
    this.bytes = bytes;
    this.count = count;
    this.durable = durable;
  }

  /** Durable ones. Blocks until done; not on the loop. */
  public static Latencies durable(Loop loop, Path path, int bytes, int count) throws IOException {
    return run(path, new BareWrites(loop, bytes, count, true));
  }

  /** Into pages that are in the cache. Blocks until done; not on the loop. */
  public static Latencies cached(Loop loop, Path path, int bytes, int count) throws IOException {
    return run(path, new BareWrites(loop, bytes, count, false));
  }

  private static Latencies run(Path path, BareWrites writes) throws IOException {
    writes.loop.execute(() -> writes.open(path));
    try {
      return writes.result.join();
    } catch (java.util.concurrent.CompletionException e) {
      throw new IOException("writes to " + path + ": " + e.getCause().getMessage(), e);
    }
  }

  private void open(Path path) {
    block = loop.buffers().allocate(Math.max(bytes, FILL_BYTES));
    block.setZero(0, block.capacity());
    FileCompletion<AsyncFile> begin =
        (opened, failure) -> {
          file = opened;
          if (failure == null) {
            fill(0);
          } else {
            end(failure);
          }
        };
    if (durable) {
      loop.files().open(path, begin);
    } else {
      loop.files().openCached(path, begin);
    }
  }

  private void fill(long position) {
    if (position >= FILE_BYTES) {
      writeNext();
      return;
    }
    block.setIndex(0, FILL_BYTES);
    write(
        position,
        (none, failure) -> {
          if (failure == null) {
            fill(position + FILL_BYTES);
          } else {
            close(failure);
          }
        });
  }

  private void writeNext() {
    if (done == count) {
      close(null);
      return;
    }
    block.setIndex(0, bytes);
    long position = (long) done * bytes % FILE_BYTES;
    long start = System.nanoTime();
    write(
        position,
        (none, failure) -> {
          latencies.record(System.nanoTime() - start);
          done++;
          if (failure == null) {
            writeNext();
          } else {
            close(failure);
          }
        });
  }

  private void write(long position, FileCompletion<Void> written) {
    if (durable) {
      file.writeDurably(position, block, written);
    } else {
      file.write(position, block, written);
    }
  }

  private void close(IOException cause) {
    file.close((none, failure) -> end(cause == null ? failure : cause));
  }

  private void end(IOException failure) {
    block.release();
    if (failure == null) {
      result.complete(latencies);
    } else {
      result.completeExceptionally(failure);
    }
  }
}

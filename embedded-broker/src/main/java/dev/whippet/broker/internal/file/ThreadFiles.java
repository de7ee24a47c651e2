package dev.whippet.broker.internal.file;

import io.netty.channel.EventLoop;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;

/**
 * Files on one disk thread per loop, for systems without a usable ring: page-cache writes, then
 * {@code force}. Called on the loop; the work runs on the disk thread, in order; completions are
 * posted back to the loop.
 *
 * <p>The disk thread is never interrupted: an interrupt would close the channel under a write. What
 * waits for it is bounded by its callers (one commit per log, one read per request).
 */
public final class ThreadFiles implements LoopFiles {
  private final EventLoop loop;
  private final String why;
  private final ExecutorService disk;
  private boolean closing; // owned by the loop
  private final Set<ThreadFile> open = new HashSet<>(); // owned by the disk thread

  /**
   * Starts the disk thread.
   *
   * @param why what kept better files from being used, for the start-up line
   */
  public ThreadFiles(EventLoop loop, String threadName, String why) {
    this.loop = loop;
    this.why = why;
    this.disk =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread thread = new Thread(work, threadName);
              thread.setDaemon(true);
              return thread;
            });
  }

  @Override
  public String description() {
    return "disk thread, page cache: " + why;
  }

  @Override
  public boolean direct() {
    return false;
  }

  @Override
  public void open(Path path, FileCompletion<AsyncFile> done) {
    run(
        "open",
        path,
        done,
        () -> {
          FileChannel channel =
              FileChannel.open(
                  path,
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE,
                  StandardOpenOption.CREATE);
          ThreadFile file = new ThreadFile(this, path, channel);
          open.add(file);
          return file;
        });
  }

  @Override
  public void syncDirectory(Path directory, FileCompletion<Void> done) {
    run(
        "sync",
        directory,
        done,
        () -> {
          try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
          }
          return null;
        });
  }

  @Override
  public void createDirectory(Path directory, FileCompletion<Void> done) {
    run(
        "create",
        directory,
        done,
        () -> {
          try {
            Files.createDirectory(directory);
          } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
              throw e;
            }
          }
          return null;
        });
  }

  @Override
  public void delete(Path path, FileCompletion<Void> done) {
    run(
        "delete",
        path,
        done,
        () -> {
          Files.deleteIfExists(path);
          return null;
        });
  }

  @Override
  public void rename(Path from, Path to, FileCompletion<Void> done) {
    run(
        "rename",
        from,
        done,
        () -> {
          Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
          return null;
        });
  }

  @Override
  public void close(FileCompletion<Void> done) {
    if (closing) {
      throw new IllegalStateException("closed twice");
    }
    closing = true;
    disk.execute(
        () -> {
          for (ThreadFile file : Set.copyOf(open)) {
            file.abandon();
          }
          post(() -> done.done(null, null));
        });
    disk.shutdown(); // what was handed over before still runs
  }

  /** On the disk thread: the channel is closed. */
  void closed(ThreadFile file) {
    open.remove(file);
  }

  /** Runs {@code work} on the disk thread and its end on the loop. */
  <T> void run(String operation, Path path, FileCompletion<T> done, Work<? extends T> work) {
    assert loop.inEventLoop();
    if (closing) {
      later(done, new FileFailure(operation, path, "the broker is closing its files"));
      return;
    }
    disk.execute(
        () -> {
          T result = null;
          FileFailure failure = null;
          try {
            result = work.run();
          } catch (IOException e) {
            failure = new FileFailure(operation, path, e);
          } catch (RuntimeException e) {
            failure = new FileFailure(operation, path, e.toString());
          }
          T value = result;
          FileFailure error = failure;
          post(() -> done.done(value, error));
        });
  }

  void later(FileCompletion<?> done, FileFailure failure) {
    loop.execute(() -> done.done(null, failure));
  }

  private void post(Runnable end) {
    try {
      loop.execute(end);
    } catch (RejectedExecutionException e) {
      // The loop ended first: whoever shut it down gave up waiting for its files.
    }
  }

  /** What the disk thread does. */
  interface Work<T> {
    T run() throws IOException;
  }
}

package dev.whippet.broker.internal.file;

import io.netty.channel.IoEventLoop;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * Files on the event loop's own io_uring: no other thread, and a durable write is one submission
 * ({@code WRITE} with {@code RWF_DSYNC}), into the disk past the page cache when the file system
 * takes {@code O_DIRECT}. Owned by the loop, except {@link #start}.
 *
 * <p>Linux only, from 5.15 on (MKDIRAT). What this kernel and this directory really take is tried
 * at the start, not looked up.
 */
public final class RingFiles implements LoopFiles {
  private final IoEventLoop loop;
  private final RingQueue queue;
  private final Set<RingFile> open = new HashSet<>();
  private boolean direct = true;
  private boolean reserves = true;
  private String whyNotDirect;
  private FileCompletion<Void> closing;
  private boolean closed;

  RingFiles(IoEventLoop loop, RingQueue queue) {
    this.loop = loop;
    this.queue = queue;
  }

  /**
   * Registers with {@code loop} and tries every operation in {@code directory}, with direct I/O,
   * else without. Blocks for some milliseconds; never called on a loop.
   *
   * @throws IOException when this ring cannot drive files there; the message says why
   */
  public static RingFiles start(IoEventLoop loop, Path directory) throws IOException {
    RingQueue queue = new RingQueue(loop);
    LoopRing.register(loop, queue);
    RingFiles files = new RingFiles(loop, queue);
    files.probe(directory);
    return files;
  }

  /** Package-private for the test twin's ring. */
  void probe(Path directory) throws IOException {
    FileFailure refusal = FileProbe.run(loop, this, directory);
    if (refusal != null) {
      setDirect(false, refusal.getMessage());
      refusal = FileProbe.run(loop, this, directory);
    }
    if (refusal != null) {
      loop.execute(queue::close);
      throw refusal;
    }
  }

  private void setDirect(boolean value, String why) throws FileFailure {
    FileProbe.await(
        loop,
        done -> {
          direct = value;
          whyNotDirect = why;
          done.done(null, null);
        });
  }

  @Override
  public String description() {
    return direct ? "io_uring, direct I/O" : "io_uring, page cache: no direct I/O: " + whyNotDirect;
  }

  @Override
  public boolean direct() {
    return direct;
  }

  @Override
  public boolean reserves() {
    return reserves;
  }

  /** The file system said so; the probe asks it first. */
  void cannotReserve() {
    reserves = false;
  }

  @Override
  public void open(Path path, FileCompletion<AsyncFile> done) {
    open(path, direct, done);
  }

  @Override
  public void openCached(Path path, FileCompletion<AsyncFile> done) {
    open(path, false, done);
  }

  private void open(Path path, boolean past, FileCompletion<AsyncFile> done) {
    if (refuse("open", path, done)) {
      return;
    }
    queue.start(
        RingOperation.openFile(
            path,
            past,
            fd -> {
              if (fd < 0) {
                end(done, new FileFailure("open", path, -fd));
                return;
              }
              RingFile file = new RingFile(this, queue, path, fd);
              open.add(file);
              done.done(file, null);
              advance();
            }));
  }

  @Override
  public void syncDirectory(Path directory, FileCompletion<Void> done) {
    if (refuse("sync", directory, done)) {
      return;
    }
    withDirectory(
        "sync",
        directory,
        done,
        fd ->
            queue.start(
                RingOperation.sync(
                    fd,
                    result -> {
                      queue.start(RingOperation.close(fd, ignored -> advance()));
                      end(done, failure("sync", directory, result));
                    })));
  }

  @Override
  public void createDirectory(Path directory, FileCompletion<Void> done) {
    if (refuse("create", directory, done)) {
      return;
    }
    queue.start(
        RingOperation.createDirectory(
            directory,
            result -> {
              if (result == -Errno.EEXIST) { // as a directory?
                withDirectory(
                    "create",
                    directory,
                    done,
                    fd -> {
                      queue.start(RingOperation.close(fd, ignored -> advance()));
                      end(done, null);
                    });
              } else {
                end(done, failure("create", directory, result));
              }
            }));
  }

  @Override
  public void delete(Path path, FileCompletion<Void> done) {
    if (refuse("delete", path, done)) {
      return;
    }
    queue.start(
        RingOperation.unlink(
            path,
            false,
            result -> {
              if (result == -Errno.EISDIR) {
                queue.start(
                    RingOperation.unlink(path, true, second -> deleted(path, second, done)));
              } else {
                deleted(path, result, done);
              }
            }));
  }

  @Override
  public void rename(Path from, Path to, FileCompletion<Void> done) {
    if (refuse("rename", from, done)) {
      return;
    }
    queue.start(
        RingOperation.rename(from, to, result -> end(done, failure("rename", from, result))));
  }

  private void deleted(Path path, int result, FileCompletion<Void> done) {
    end(done, result == -Errno.ENOENT ? null : failure("delete", path, result));
  }

  @Override
  public void close(FileCompletion<Void> done) {
    if (closing != null) {
      throw new IllegalStateException("closed twice");
    }
    closing = done;
    for (RingFile file : Set.copyOf(open)) {
      file.abandon();
    }
    advance();
  }

  /** Finishes the close when nothing is under way any more. */
  void advance() {
    if (closing != null && !closed && queue.open() == 0 && open.isEmpty()) {
      closed = true;
      queue.close();
      loop.execute(() -> closing.done(null, null));
    }
  }

  void closed(RingFile file) {
    open.remove(file);
  }

  /** Completes with {@code failure} after the caller has returned. */
  void later(FileCompletion<?> done, FileFailure failure) {
    loop.execute(() -> done.done(null, failure));
  }

  private void withDirectory(
      String operation, Path directory, FileCompletion<Void> done, WithDescriptor next) {
    queue.start(
        RingOperation.openDirectory(
            directory,
            fd -> {
              if (fd < 0) {
                end(done, new FileFailure(operation, directory, -fd));
              } else {
                next.run(fd);
              }
            }));
  }

  private boolean refuse(String operation, Path path, FileCompletion<?> done) {
    assert loop.inEventLoop();
    if (closing == null) {
      return false;
    }
    later(done, new FileFailure(operation, path, "the broker is closing its files"));
    return true;
  }

  private void end(FileCompletion<?> done, FileFailure failure) {
    done.done(null, failure);
    advance();
  }

  private static FileFailure failure(String operation, Path path, int result) {
    return result < 0 ? new FileFailure(operation, path, -result) : null;
  }

  private interface WithDescriptor {
    void run(int fd);
  }
}

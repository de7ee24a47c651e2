package dev.whippet.broker.internal.file;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.IntConsumer;

/** One descriptor on the loop's ring. */
final class RingFile implements AsyncFile {
  private final RingFiles files;
  private final RingQueue queue;
  private final Path path;
  private final int fd;
  private int underWay;
  private FileCompletion<Void> closing;
  private boolean closeStarted;

  RingFile(RingFiles files, RingQueue queue, Path path, int fd) {
    this.files = files;
    this.queue = queue;
    this.path = path;
    this.fd = fd;
  }

  @Override
  public void writeDurably(long position, ByteBuf source, FileCompletion<Void> done) {
    write(RingOperation::writeDurably, position, source, done);
  }

  @Override
  public void write(long position, ByteBuf source, FileCompletion<Void> done) {
    write(RingOperation::write, position, source, done);
  }

  private void write(WriteKind kind, long position, ByteBuf source, FileCompletion<Void> done) {
    AlignedBuffers.checkAligned(position, source, source.readerIndex(), source.readableBytes());
    if (refuse("write", done)) {
      return;
    }
    underWay++;
    Ended ended =
        failure -> {
          source.release();
          end(done, null, failure);
        };
    int end = source.writerIndex();
    write(kind, position, source.retain(), source.readerIndex(), end, 0, ended);
  }

  /** Writes [index, end) of source and goes on where the kernel stopped. */
  private void write(
      WriteKind kind, long position, ByteBuf source, int index, int end, int stalls, Ended ended) {
    int length = end - index;
    queue.start(
        kind.operation(
            fd,
            position,
            source,
            index,
            length,
            result -> {
              if (result == length) {
                ended.end(null);
                return;
              }
              // The block the kernel stopped in is written again: its bytes are the same.
              int written = Math.max(result, 0) & -LoopFiles.BLOCK_BYTES;
              int stallsNow = written > 0 ? 0 : stalls + 1;
              if (result < 0) {
                ended.end(new FileFailure("write", path, -result));
              } else if (stallsNow > RingQueue.RETRIES_MAX) {
                ended.end(new FileFailure("write", path, "no progress at " + position));
              } else {
                write(kind, position + written, source, index + written, end, stallsNow, ended);
              }
            }));
  }

  @Override
  public void sync(FileCompletion<Void> done) {
    if (refuse("sync", done)) {
      return;
    }
    underWay++;
    queue.start(RingOperation.syncData(fd, result -> end(done, null, failure("sync", result))));
  }

  /** A file system that can't reserve says so: then blocks come with the writes. */
  @Override
  public void allocate(long position, long bytes, FileCompletion<Void> done) {
    if (refuse("allocate", done)) {
      return;
    }
    underWay++;
    queue.start(
        RingOperation.allocate(
            fd,
            position,
            bytes,
            result -> {
              boolean refused = result == -Errno.EOPNOTSUPP;
              if (refused) {
                files.cannotReserve();
              }
              end(done, null, refused ? null : failure("allocate", result));
            }));
  }

  private FileFailure failure(String operation, int result) {
    return result < 0 ? new FileFailure(operation, path, -result) : null;
  }

  @Override
  public void read(long position, ByteBuf target, int length, FileCompletion<Integer> done) {
    AlignedBuffers.checkAligned(position, target, target.writerIndex(), length);
    target.ensureWritable(length);
    if (refuse("read", done)) {
      return;
    }
    underWay++;
    int start = target.writerIndex();
    read(
        position,
        target.retain(),
        start,
        start + length,
        failure -> {
          int count = target.writerIndex() - start;
          target.release();
          end(done, count, failure);
        });
  }

  /** Reads into [index, end) of target until it is full or the file ends. */
  private void read(long position, ByteBuf target, int index, int end, Ended ended) {
    int length = end - index;
    queue.start(
        RingOperation.read(
            fd,
            position,
            target,
            index,
            length,
            result -> {
              if (result < 0) {
                ended.end(new FileFailure("read", path, -result));
                return;
              }
              target.writerIndex(index + result);
              boolean more = result > 0 && result < length;
              if (more && result % LoopFiles.BLOCK_BYTES == 0) {
                read(position + result, target, index + result, end, ended);
              } else {
                ended.end(null); // full, or stopped inside a block: the end of the file
              }
            }));
  }

  @Override
  public void close(FileCompletion<Void> done) {
    if (refuse("close", done)) {
      return;
    }
    closing = done;
    closeWhenIdle();
  }

  /** The loop's files close: the descriptor goes, nobody is told. */
  void abandon() {
    if (closing == null) {
      closing = (nothing, failure) -> {};
      closeWhenIdle();
    }
  }

  private void closeWhenIdle() {
    if (closing != null && underWay == 0 && !closeStarted) {
      closeStarted = true;
      queue.start(
          RingOperation.close(
              fd,
              result -> {
                files.closed(this);
                closing.done(null, failure("close", result));
                files.advance();
              }));
    }
  }

  private boolean refuse(String operation, FileCompletion<?> done) {
    if (closing == null) {
      return false;
    }
    files.later(done, new FileFailure(operation, path, "the file is closed"));
    return true;
  }

  private <T> void end(FileCompletion<T> done, T result, IOException failure) {
    underWay--;
    done.done(failure == null ? result : null, failure);
    closeWhenIdle();
    files.advance();
  }

  /** Address of index 0. */
  static long address(ByteBuf buffer) {
    return AlignedBuffers.address(buffer);
  }

  /** Durably or not. */
  private interface WriteKind {
    RingOperation operation(
        int fd, long position, ByteBuf source, int index, int length, IntConsumer done);
  }

  private interface Ended {
    void end(IOException failureOrNull);
  }
}

package dev.whippet.broker.internal.file;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** One file of the disk thread. A failed sync is the write's failure and is never repeated. */
final class ThreadFile implements AsyncFile {
  private final ThreadFiles files;
  private final Path path;
  private final FileChannel channel;
  private boolean closing; // owned by the loop

  ThreadFile(ThreadFiles files, Path path, FileChannel channel) {
    this.files = files;
    this.path = path;
    this.channel = channel;
  }

  @Override
  public void writeDurably(long position, ByteBuf source, FileCompletion<Void> done) {
    write(position, source, true, done);
  }

  @Override
  public void write(long position, ByteBuf source, FileCompletion<Void> done) {
    write(position, source, false, done);
  }

  private void write(long position, ByteBuf source, boolean durably, FileCompletion<Void> done) {
    AlignedBuffers.checkAligned(position, source, source.readerIndex(), source.readableBytes());
    if (refuse("write", done)) {
      return;
    }
    ByteBuffer bytes = source.retain().nioBuffer();
    files.<Void>run(
        "write",
        path,
        (nothing, failure) -> {
          source.release();
          done.done(nothing, failure);
        },
        () -> {
          long at = position;
          while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
          }
          if (durably) {
            channel.force(false);
          }
          return null;
        });
  }

  @Override
  public void sync(FileCompletion<Void> done) {
    if (refuse("sync", done)) {
      return;
    }
    files.<Void>run(
        "sync",
        path,
        done,
        () -> {
          channel.force(false);
          return null;
        });
  }

  /** Java can't reserve: the file gets its length, its blocks come with the writes. */
  @Override
  public void allocate(long position, long bytes, FileCompletion<Void> done) {
    if (refuse("allocate", done)) {
      return;
    }
    files.<Void>run(
        "allocate",
        path,
        done,
        () -> {
          if (channel.size() < position + bytes) {
            channel.write(ByteBuffer.allocate(1), position + bytes - 1);
          }
          return null;
        });
  }

  @Override
  public void read(long position, ByteBuf target, int length, FileCompletion<Integer> done) {
    AlignedBuffers.checkAligned(position, target, target.writerIndex(), length);
    target.ensureWritable(length);
    if (refuse("read", done)) {
      return;
    }
    int start = target.writerIndex();
    ByteBuffer bytes = target.retain().nioBuffer(start, length);
    files.<Integer>run(
        "read",
        path,
        (count, failure) -> {
          if (failure == null) {
            target.writerIndex(start + count);
          }
          target.release();
          done.done(count, failure);
        },
        () -> {
          int count = 0;
          while (bytes.hasRemaining()) {
            int now = channel.read(bytes, position + count);
            if (now < 0) {
              break;
            }
            count += now;
          }
          return count;
        });
  }

  @Override
  public void close(FileCompletion<Void> done) {
    if (refuse("close", done)) {
      return;
    }
    closing = true;
    files.<Void>run(
        "close",
        path,
        done,
        () -> {
          files.closed(this);
          channel.close();
          return null;
        });
  }

  /** On the disk thread, last: the descriptor goes, nobody is told. */
  void abandon() {
    files.closed(this);
    try {
      channel.close();
    } catch (IOException e) {
      // Everything acknowledged is synced; there is nothing left to lose and nobody to tell.
    }
  }

  private boolean refuse(String operation, FileCompletion<?> done) {
    if (closing) {
      files.later(done, new FileFailure(operation, path, "the file is closed"));
    }
    return closing;
  }
}

package dev.whippet.broker.internal.bench.engine;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.file.LoopFiles;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A disk that takes a time of its own for each sync, as flash cards do: what is to be durable
 * completes that much later. Everything else is the disk below. Owner: the loop.
 */
final class SlowDisk implements LoopFiles {
  private final LoopFiles files;
  private final EventLoop loop;
  private final long syncMillis;

  SlowDisk(LoopFiles files, EventLoop loop, long syncMillis) {
    this.files = files;
    this.loop = loop;
    this.syncMillis = syncMillis;
  }

  private <T> FileCompletion<T> late(FileCompletion<T> done) {
    return (result, failure) ->
        loop.schedule(() -> done.done(result, failure), syncMillis, TimeUnit.MILLISECONDS);
  }

  @Override
  public String description() {
    return files.description() + ", " + syncMillis + " ms a sync";
  }

  @Override
  public boolean direct() {
    return files.direct();
  }

  @Override
  public void open(Path path, FileCompletion<AsyncFile> done) {
    files.open(
        path, (file, failure) -> done.done(failure == null ? new SlowFile(file) : null, failure));
  }

  @Override
  public void syncDirectory(Path directory, FileCompletion<Void> done) {
    files.syncDirectory(directory, late(done));
  }

  @Override
  public void createDirectory(Path directory, FileCompletion<Void> done) {
    files.createDirectory(directory, done);
  }

  @Override
  public void delete(Path path, FileCompletion<Void> done) {
    files.delete(path, done);
  }

  @Override
  public void rename(Path from, Path to, FileCompletion<Void> done) {
    files.rename(from, to, done);
  }

  @Override
  public void close(FileCompletion<Void> done) {
    files.close(done);
  }

  private final class SlowFile implements AsyncFile {
    private final AsyncFile file;

    SlowFile(AsyncFile file) {
      this.file = file;
    }

    @Override
    public void writeDurably(long position, ByteBuf source, FileCompletion<Void> done) {
      file.writeDurably(position, source, late(done));
    }

    @Override
    public void write(long position, ByteBuf source, FileCompletion<Void> done) {
      file.write(position, source, done);
    }

    @Override
    public void sync(FileCompletion<Void> done) {
      file.sync(late(done));
    }

    @Override
    public void allocate(long position, long bytes, FileCompletion<Void> done) {
      file.allocate(position, bytes, done);
    }

    @Override
    public void read(long position, ByteBuf target, int length, FileCompletion<Integer> done) {
      file.read(position, target, length, done);
    }

    @Override
    public void close(FileCompletion<Void> done) {
      file.close(done);
    }
  }
}

package dev.whippet.broker.testkit;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.file.LoopFiles;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * A {@link MemoryDisk} as one loop sees it: an operation is under way from its submission until a
 * later turn of the loop carries it out; its completion is a turn of its own.
 */
final class MemoryLoopFiles implements LoopFiles {
  private static final Runnable NOTHING = () -> {};

  private final MemoryDisk disk;
  private final Executor loop;
  private final List<Submitted<?>> submitted = new ArrayList<>();

  MemoryLoopFiles(MemoryDisk disk, Executor loop) {
    this.disk = disk;
    this.loop = loop;
  }

  /** Something that either has a value or failed; {@code wrong} asks for bytes that are not so. */
  @FunctionalInterface
  private interface Outcome<T> {
    T get(boolean wrong) throws IOException;
  }

  private record Submitted<T>(
      DiskOperation operation, Outcome<T> outcome, Runnable release, FileCompletion<T> done) {}

  private <T> void submit(
      DiskOperation operation, Outcome<T> outcome, Runnable release, FileCompletion<T> done) {
    submitted.add(new Submitted<>(operation, outcome, release, done));
    disk.underWay().add(operation);
    loop.execute(() -> disk.whenMoving(this::carryOutOne));
  }

  private void carryOutOne() {
    Submitted<?> next = submitted.remove(disk.pick(submitted.size()));
    disk.underWay().remove(next.operation);
    carryOut(next);
  }

  private <T> void carryOut(Submitted<T> one) {
    T result = null;
    IOException failure = null;
    try {
      result = one.outcome.get(disk.perform(one.operation));
    } catch (IOException e) {
      failure = e;
    } catch (MemoryDisk.PowerCut e) {
      one.release.run();
      return;
    }
    T value = result;
    IOException cause = failure;
    loop.execute(
        () -> {
          one.release.run();
          if (!disk.isOff()) {
            one.done.done(value, cause);
          }
        });
  }

  private void step(
      String what, Path path, DiskOperation.Change change, FileCompletion<Void> done) {
    submit(DiskOperation.step(what, path, change), wrong -> null, NOTHING, done);
  }

  @Override
  public String description() {
    return "memory";
  }

  @Override
  public boolean direct() {
    return true;
  }

  @Override
  public void open(Path path, FileCompletion<AsyncFile> done) {
    submit(
        DiskOperation.step("open", path, image -> image.create(path, false)),
        wrong -> new MemoryFile(path, disk.image().fileAt(path).id),
        NOTHING,
        done);
  }

  @Override
  public void syncDirectory(Path directory, FileCompletion<Void> done) {
    step("sync directory", directory, image -> image.syncNames(directory), done);
  }

  @Override
  public void createDirectory(Path directory, FileCompletion<Void> done) {
    step("create directory", directory, image -> image.create(directory, true), done);
  }

  @Override
  public void delete(Path path, FileCompletion<Void> done) {
    step("delete", path, image -> image.remove(path), done);
  }

  /** See {@link DiskImage}: stable once the directory of {@code to} is synced. */
  @Override
  public void rename(Path from, Path to, FileCompletion<Void> done) {
    step("rename", from, image -> image.rename(from, to), done);
  }

  @Override
  public void close(FileCompletion<Void> done) {
    loop.execute(() -> done.done(null, null));
  }

  private final class MemoryFile implements AsyncFile {
    private final Path path;
    private final int id;

    MemoryFile(Path path, int id) {
      this.path = path;
      this.id = id;
    }

    @Override
    public void writeDurably(long position, ByteBuf source, FileCompletion<Void> done) {
      write(position, source, true, done);
    }

    /** Into the page cache: {@link #sync} makes it stable. */
    @Override
    public void write(long position, ByteBuf source, FileCompletion<Void> done) {
      write(position, source, false, done);
    }

    private void write(long position, ByteBuf source, boolean durably, FileCompletion<Void> done) {
      checkAligned("position", position);
      checkAligned("length", source.readableBytes());
      checkAligned("address", source.nioBuffer(source.readerIndex(), 1).alignmentOffset(0, BLOCK));
      byte[] bytes = new byte[source.readableBytes()];
      source.getBytes(source.readerIndex(), bytes);
      source.retain();
      DiskOperation written = DiskOperation.write(path, id, (int) position, bytes, durably);
      submit(
          written,
          wrong -> {
            for (int i = 0; i < bytes.length; i += BLOCK - 1) {
              if (source.getByte(source.readerIndex() + i) != bytes[i]) {
                throw new IllegalStateException(path + ": bytes changed under a write");
              }
            }
            return null;
          },
          source::release,
          done);
    }

    /** Everything written before is stable afterwards. */
    @Override
    public void sync(FileCompletion<Void> done) {
      step("sync", path, image -> image.file(id).sync(), done);
    }

    /** Space that reads as zeros; its length is stable after a sync. */
    @Override
    public void allocate(long position, long bytes, FileCompletion<Void> done) {
      submit(
          DiskOperation.allocate(path, id, (int) position, (int) bytes),
          wrong -> null,
          NOTHING,
          done);
    }

    @Override
    public void read(long position, ByteBuf target, int length, FileCompletion<Integer> done) {
      checkAligned("position", position);
      checkAligned("length", length);
      target.retain();
      submit(
          DiskOperation.look("read", path),
          wrong -> {
            byte[] bytes = new byte[length];
            int count = disk.image().file(id).read(position, bytes, length);
            if (wrong) {
              disk.spoil(bytes, count);
            }
            target.writeBytes(bytes, 0, count);
            return count;
          },
          target::release,
          done);
    }

    @Override
    public void close(FileCompletion<Void> done) {
      loop.execute(() -> done.done(null, null));
    }
  }

  private static final int BLOCK = LoopFiles.BLOCK_BYTES;

  private static void checkAligned(String what, long value) {
    if (value % BLOCK != 0) {
      throw new IllegalArgumentException(what + " is not a multiple of " + BLOCK + ": " + value);
    }
  }
}

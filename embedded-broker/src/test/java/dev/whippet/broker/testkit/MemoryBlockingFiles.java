package dev.whippet.broker.testkit;

import dev.whippet.broker.internal.file.BlockingFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** A {@link MemoryDisk} as start-up sees it: each call is one operation, carried out at once. */
final class MemoryBlockingFiles implements BlockingFiles {
  private final MemoryDisk disk;

  MemoryBlockingFiles(MemoryDisk disk) {
    this.disk = disk;
  }

  private boolean perform(String what, Path path, DiskOperation.Change change) throws IOException {
    return disk.perform(DiskOperation.step(what, path, change));
  }

  @Override
  public List<Path> list(Path directory) throws IOException {
    disk.perform(DiskOperation.look("list", directory));
    return disk.image().list(directory);
  }

  @Override
  public OpenFile open(Path file) throws IOException {
    disk.perform(DiskOperation.look("open", file));
    return new MemoryOpenFile(file, disk.image().fileAt(file).id);
  }

  @Override
  public OpenFile create(Path file) throws IOException {
    perform(
        "create",
        file,
        image -> {
          image.create(file, false);
          image.fileAt(file).truncate(0);
        });
    return new MemoryOpenFile(file, disk.image().fileAt(file).id);
  }

  @Override
  public long size(Path file) throws IOException {
    disk.perform(DiskOperation.look("size", file));
    return disk.image().fileAt(file).length();
  }

  @Override
  public void delete(Path path) throws IOException {
    perform("delete", path, image -> image.remove(path));
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    perform("rename", from, image -> image.rename(from, to));
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    perform("sync directory", directory, image -> image.syncNames(directory));
  }

  private final class MemoryOpenFile implements OpenFile {
    private final Path path;
    private final int id;

    MemoryOpenFile(Path path, int id) {
      this.path = path;
      this.id = id;
    }

    private DiskFile file() {
      return disk.image().file(id);
    }

    @Override
    public long size() {
      return file().length();
    }

    @Override
    public int read(long position, ByteBuffer target) throws IOException {
      boolean wrong = disk.perform(DiskOperation.look("read", path));
      byte[] bytes = new byte[target.remaining()];
      int count = file().read(position, bytes, bytes.length);
      if (wrong) {
        disk.spoil(bytes, count);
      }
      target.put(bytes, 0, count);
      return count;
    }

    @Override
    public void write(long position, ByteBuffer source) throws IOException {
      byte[] bytes = new byte[source.remaining()];
      source.get(bytes);
      disk.perform(DiskOperation.write(path, id, (int) position, bytes, false));
    }

    @Override
    public void truncate(long size) throws IOException {
      perform("truncate", path, image -> image.file(id).truncate((int) size));
    }

    @Override
    public void force() throws IOException {
      perform("sync", path, image -> image.file(id).sync());
    }

    @Override
    public void close() {}
  }
}

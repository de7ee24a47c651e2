package dev.whippet.broker.internal.bench.box;

import dev.whippet.internal.disk.Disk;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/**
 * The system's disk, counting what is written and synced: bytes, and blocks of 4 KiB that a sync
 * brings to the flash. The file system's own journal is not seen. Read when the writer is done.
 */
final class CountingDisk implements Disk {
  static final int BLOCK_BYTES = 4096;

  private long bytes;
  private long blocks;
  private long syncs;

  /** Starts counting anew. */
  synchronized void reset() {
    bytes = 0;
    blocks = 0;
    syncs = 0;
  }

  synchronized long bytes() {
    return bytes;
  }

  synchronized long blockBytes() {
    return blocks * BLOCK_BYTES;
  }

  synchronized long syncs() {
    return syncs;
  }

  @Override
  public void createDirectory(File directory) throws IOException {
    SYSTEM.createDirectory(directory);
  }

  @Override
  public String[] list(File directory) throws IOException {
    return SYSTEM.list(directory);
  }

  @Override
  public void delete(File file) throws IOException {
    SYSTEM.delete(file);
  }

  @Override
  public Closeable tryLock(File file) throws IOException {
    return SYSTEM.tryLock(file);
  }

  @Override
  public DiskFile open(File file) throws IOException {
    return new CountingFile(SYSTEM.open(file));
  }

  @Override
  public DiskFile openToRead(File file) throws IOException {
    return SYSTEM.openToRead(file);
  }

  private final class CountingFile implements DiskFile {
    private final DiskFile file;
    private final Set<Long> dirty = new HashSet<>();

    CountingFile(DiskFile file) {
      this.file = file;
    }

    @Override
    public int read(long position, byte[] target, int offset, int length) throws IOException {
      return file.read(position, target, offset, length);
    }

    @Override
    public void write(long position, byte[] source, int offset, int length) throws IOException {
      file.write(position, source, offset, length);
      synchronized (CountingDisk.this) {
        bytes += length;
      }
      for (long block = position / BLOCK_BYTES; block * BLOCK_BYTES < position + length; block++) {
        dirty.add(block);
      }
    }

    @Override
    public long length() throws IOException {
      return file.length();
    }

    @Override
    public void setLength(long length) throws IOException {
      file.setLength(length);
    }

    @Override
    public void sync(boolean metadata) throws IOException {
      file.sync(metadata);
      synchronized (CountingDisk.this) {
        blocks += dirty.size();
        syncs++;
      }
      dirty.clear();
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}

package dev.whippet.internal.disk;

import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;

/**
 * {@link Disk} on java.io. Reads and writes are not interruptible, so no interrupt closes a file.
 */
final class SystemDisk implements Disk {
  @Override
  public void createDirectory(File directory) throws IOException {
    if (!directory.isDirectory() && !directory.mkdirs() && !directory.isDirectory()) {
      throw new IOException("can't make directory " + directory);
    }
  }

  @Override
  public String[] list(File directory) throws IOException {
    String[] names = directory.list();
    if (names == null) {
      throw new IOException("can't list directory " + directory);
    }
    return names;
  }

  @Override
  public void delete(File file) throws IOException {
    if (!file.delete() && file.exists()) {
      throw new IOException("can't delete " + file);
    }
  }

  @Override
  public Closeable tryLock(File file) throws IOException {
    RandomAccessFile opened = new RandomAccessFile(file, "rw");
    FileLock lock = null;
    try {
      lock = opened.getChannel().tryLock();
    } catch (OverlappingFileLockException held) {
      lock = null; // by this process
    } finally {
      if (lock == null) {
        opened.close();
      }
    }
    return lock == null ? null : opened;
  }

  @Override
  public DiskFile open(File file) throws IOException {
    return new SystemFile(new RandomAccessFile(file, "rw"));
  }

  @Override
  public DiskFile openToRead(File file) throws IOException {
    return new SystemFile(new RandomAccessFile(file, "r"));
  }

  private static final class SystemFile implements DiskFile {
    private final RandomAccessFile file;

    SystemFile(RandomAccessFile file) {
      this.file = file;
    }

    @Override
    public int read(long position, byte[] target, int offset, int length) throws IOException {
      file.seek(position);
      int done = 0;
      while (done < length) {
        int read = file.read(target, offset + done, length - done);
        if (read < 0) {
          break;
        }
        done += read;
      }
      return done;
    }

    @Override
    public void write(long position, byte[] source, int offset, int length) throws IOException {
      file.seek(position);
      file.write(source, offset, length);
    }

    @Override
    public long length() throws IOException {
      return file.length();
    }

    @Override
    public void setLength(long bytes) throws IOException {
      file.setLength(bytes);
    }

    @Override
    public void sync(boolean metadata) throws IOException {
      if (metadata) {
        file.getFD().sync();
      } else {
        file.getChannel().force(false);
      }
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}

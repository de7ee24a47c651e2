package dev.whippet.broker.internal.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** {@link BlockingFiles} on java.nio. A file on a read-only disk opens for reading only. */
final class SystemFiles implements BlockingFiles {

  /** How often, and how long, an opening waits for a file descriptor: a second in all. */
  private static final int DESCRIPTOR_WAITS = 50;

  private static final long DESCRIPTOR_WAIT_NANOS = 20_000_000;

  /** Not by streams: 10,000 directories are listed after a crash, by code that is cold. */
  @Override
  public List<Path> list(Path directory) throws IOException {
    String[] names = directory.toFile().list();
    if (names == null) {
      return whyNot(directory);
    }
    Arrays.sort(names);
    List<Path> found = new ArrayList<>(names.length);
    for (String name : names) {
      found.add(directory.resolve(name));
    }
    return found;
  }

  /** {@code java.io} does not say. */
  private static List<Path> whyNot(Path directory) throws IOException {
    try (Stream<Path> names = Files.list(directory)) {
      return names.sorted().toList();
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    }
  }

  @Override
  public OpenFile open(Path file) throws IOException {
    for (int wait = 0; ; wait++) {
      try {
        return openOnce(file);
      } catch (FileSystemException e) {
        if (wait == DESCRIPTOR_WAITS || Errno.guess(e) != Errno.EMFILE) {
          throw e;
        }
        LockSupport.parkNanos(DESCRIPTOR_WAIT_NANOS); // the others at start-up give theirs back
      }
    }
  }

  private static OpenFile openOnce(Path file) throws IOException {
    try {
      return new SystemFile(
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE));
    } catch (NoSuchFileException e) {
      throw e;
    } catch (AccessDeniedException e) {
      return new SystemFile(FileChannel.open(file, StandardOpenOption.READ));
    } catch (FileSystemException e) {
      // A read-only file system says so in a reason, not in a type.
      return new SystemFile(FileChannel.open(file, StandardOpenOption.READ));
    }
  }

  @Override
  public OpenFile create(Path file) throws IOException {
    return new SystemFile(
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE));
  }

  @Override
  public long size(Path file) throws IOException {
    return Files.size(file);
  }

  @Override
  public void delete(Path path) throws IOException {
    Files.deleteIfExists(path);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** One channel. */
  private record SystemFile(FileChannel channel) implements OpenFile {
    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public int read(long position, ByteBuffer target) throws IOException {
      int read = 0;
      while (target.hasRemaining()) {
        int more = channel.read(target, position + read);
        if (more < 0) {
          break;
        }
        read += more;
      }
      return read;
    }

    @Override
    public void write(long position, ByteBuffer source) throws IOException {
      long at = position;
      while (source.hasRemaining()) {
        at += channel.write(source, at);
      }
    }

    @Override
    public void truncate(long size) throws IOException {
      channel.truncate(size);
    }

    @Override
    public void force() throws IOException {
      channel.force(true);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}

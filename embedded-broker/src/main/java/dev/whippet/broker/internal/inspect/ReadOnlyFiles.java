package dev.whippet.broker.internal.inspect;

import dev.whippet.broker.internal.file.BlockingFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * The disk as the tools see it: recovery runs on it as at a start, but what it would mend is left
 * as it is. Cutting, syncing and deleting do nothing, new files are refused.
 */
final class ReadOnlyFiles implements BlockingFiles {

  @Override
  public List<Path> list(Path directory) throws IOException {
    try (Stream<Path> names = Files.list(directory)) {
      return names.sorted().toList();
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    }
  }

  @Override
  public OpenFile open(Path file) throws IOException {
    return new ReadOnlyFile(FileChannel.open(file, StandardOpenOption.READ));
  }

  @Override
  public OpenFile create(Path file) throws IOException {
    throw new IOException(file + ": the tools write nothing");
  }

  @Override
  public long size(Path file) throws IOException {
    return Files.size(file);
  }

  @Override
  public void delete(Path path) {}

  @Override
  public void rename(Path from, Path to) throws IOException {
    throw new IOException(from + ": the tools write nothing");
  }

  @Override
  public void syncDirectory(Path directory) {}

  /** One channel. */
  private record ReadOnlyFile(FileChannel channel) implements OpenFile {
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
      throw new IOException("the tools write nothing");
    }

    @Override
    public void truncate(long size) {}

    @Override
    public void force() {}

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}

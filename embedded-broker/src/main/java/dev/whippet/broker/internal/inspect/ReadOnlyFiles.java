package dev.whippet.broker.internal.inspect;

import dev.whippet.broker.internal.file.BlockingFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * The disk as the tools see it: recovery runs on it as at a start, but what it would mend is left
 * as it is. Cutting, syncing and deleting do nothing, new files are refused.
 */
final class ReadOnlyFiles implements BlockingFiles {

  @Override
  public List<Path> list(Path directory) throws IOException {
    return SYSTEM.list(directory);
  }

  @Override
  public OpenFile open(Path file) throws IOException {
    return new ReadOnlyFile(SYSTEM.open(file));
  }

  @Override
  public OpenFile create(Path file) throws IOException {
    throw new IOException(file + ": the tools write nothing");
  }

  @Override
  public long size(Path file) throws IOException {
    return SYSTEM.size(file);
  }

  @Override
  public void delete(Path path) {}

  @Override
  public void rename(Path from, Path to) throws IOException {
    throw new IOException(from + ": the tools write nothing");
  }

  @Override
  public void syncDirectory(Path directory) {}

  /** A file of the real disk that nothing changes. */
  private record ReadOnlyFile(OpenFile file) implements OpenFile {
    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public int read(long position, ByteBuffer target) throws IOException {
      return file.read(position, target);
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
      file.close();
    }
  }
}

package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.file.LoopFiles;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * Files in memory that were written before: what is left is the log's own work and one copy. The
 * last {@link #FILES_MAX} keep their content; an older one's memory is the next one's.
 */
final class MemoryFiles implements LoopFiles {

  private static final int FILE_BYTES = 96 << 20;
  private static final int FILES_MAX = 4;

  private final Executor loop;
  private final ArrayDeque<ByteBuf> unused = new ArrayDeque<>();
  private final Map<Path, ByteBuf> contents = new LinkedHashMap<>();

  MemoryFiles(Executor loop) {
    this.loop = loop;
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
    ByteBuf content = contents.containsKey(path) ? contents.get(path) : memory();
    contents.put(path, content);
    loop.execute(() -> done.done(new MemoryFile(content), null));
  }

  private ByteBuf memory() {
    if (!unused.isEmpty()) {
      return unused.poll().clear();
    }
    if (contents.size() < FILES_MAX) {
      return Unpooled.directBuffer(FILE_BYTES, FILE_BYTES);
    }
    return contents.remove(contents.keySet().iterator().next()).clear();
  }

  /** Forgets all files; their memory, touched by now, is for the next ones. */
  void clear() {
    unused.addAll(contents.values());
    contents.clear();
  }

  @Override
  public void syncDirectory(Path directory, FileCompletion<Void> done) {
    succeed(done);
  }

  @Override
  public void createDirectory(Path directory, FileCompletion<Void> done) {
    succeed(done);
  }

  @Override
  public void delete(Path path, FileCompletion<Void> done) {
    contents.remove(path).release();
    succeed(done);
  }

  @Override
  public void rename(Path from, Path to, FileCompletion<Void> done) {
    contents.put(to, contents.remove(from));
    succeed(done);
  }

  @Override
  public void close(FileCompletion<Void> done) {
    succeed(done);
  }

  private void succeed(FileCompletion<Void> done) {
    loop.execute(() -> done.done(null, null));
  }

  private final class MemoryFile implements AsyncFile {
    private final ByteBuf content;

    MemoryFile(ByteBuf content) {
      this.content = content;
    }

    @Override
    public void writeDurably(long position, ByteBuf source, FileCompletion<Void> done) {
      int length = source.readableBytes();
      content.setBytes((int) position, source, source.readerIndex(), length);
      content.writerIndex(Math.max(content.writerIndex(), (int) position + length));
      succeed(done);
    }

    @Override
    public void write(long position, ByteBuf source, FileCompletion<Void> done) {
      writeDurably(position, source, done);
    }

    @Override
    public void sync(FileCompletion<Void> done) {
      succeed(done);
    }

    @Override
    public void allocate(long position, long bytes, FileCompletion<Void> done) {
      succeed(done);
    }

    @Override
    public void read(long position, ByteBuf target, int length, FileCompletion<Integer> done) {
      int count = (int) Math.max(0, Math.min(length, content.writerIndex() - position));
      target.writeBytes(content, (int) position, count);
      loop.execute(() -> done.done(count, null));
    }

    @Override
    public void close(FileCompletion<Void> done) {
      succeed(done);
    }
  }
}

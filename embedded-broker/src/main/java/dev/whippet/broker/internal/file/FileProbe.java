package dev.whippet.broker.internal.file;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Tries each operation of a {@link LoopFiles} in the directory that it is to work in: a directory
 * {@code .probe-<number>} with one file of one block is made, synced, read back, renamed and
 * removed.
 *
 * <p>A refusal is an error that says "not supported here" (EINVAL, EOPNOTSUPP, ENOSYS). Others,
 * such as a full or read-only disk, say nothing about support: the broker starts and reports them
 * where they hurt.
 */
final class FileProbe {
  private FileProbe() {}

  /** Returns why these files cannot work there, or {@code null}. Blocks; not on a loop. */
  static FileFailure run(EventLoop loop, LoopFiles files, Path directory) {
    Path place = directory.resolve(".probe-" + Long.toHexString(System.nanoTime()));
    try {
      tryAll(loop, files, place);
      return null;
    } catch (FileFailure e) {
      return unsupported(e.errno()) ? e : null;
    }
  }

  private static void tryAll(EventLoop loop, LoopFiles files, Path place) throws FileFailure {
    Path name = place.resolve("block");
    Path renamed = place.resolve("renamed");
    FileProbe.<Void>await(loop, done -> files.createDirectory(place, done));
    try {
      AsyncFile file = await(loop, done -> files.open(name, done));
      try {
        tryBlock(loop, file);
      } finally {
        FileProbe.<Void>await(loop, file::close);
      }
      FileProbe.<Void>await(loop, done -> files.rename(name, renamed, done));
      FileProbe.<Void>await(loop, done -> files.syncDirectory(place, done));
    } finally {
      FileProbe.<Void>await(loop, done -> files.delete(name, done));
      FileProbe.<Void>await(loop, done -> files.delete(renamed, done));
      FileProbe.<Void>await(loop, done -> files.delete(place, done));
    }
  }

  private static void tryBlock(EventLoop loop, AsyncFile file) throws FileFailure {
    int size = LoopFiles.BLOCK_BYTES;
    ByteBuf block = Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(2 * size).alignedSlice(size));
    try {
      block.setIndex(0, size);
      FileProbe.<Void>await(loop, done -> file.allocate(0, size, done));
      FileProbe.<Void>await(loop, done -> file.write(0, block, done));
      FileProbe.<Void>await(loop, file::sync);
      FileProbe.<Void>await(loop, done -> file.writeDurably(0, block, done));
      block.clear();
      FileProbe.<Integer>await(loop, done -> file.read(0, block, size, done));
    } finally {
      block.release();
    }
  }

  /** Starts an operation on the loop and waits for it. */
  static <T> T await(EventLoop loop, Consumer<FileCompletion<T>> operation) throws FileFailure {
    CompletableFuture<Outcome<T>> ended = new CompletableFuture<>();
    loop.execute(
        () ->
            operation.accept(
                (result, failure) -> ended.complete(new Outcome<>(result, (FileFailure) failure))));
    Outcome<T> outcome = ended.join();
    if (outcome.failure != null) {
      throw outcome.failure;
    }
    return outcome.result;
  }

  private record Outcome<T>(T result, FileFailure failure) {}

  private static boolean unsupported(int errno) {
    return errno == Errno.EINVAL || errno == Errno.EOPNOTSUPP || errno == Errno.ENOSYS;
  }
}

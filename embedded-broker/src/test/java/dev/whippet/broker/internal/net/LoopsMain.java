package dev.whippet.broker.internal.net;

import dev.whippet.broker.internal.file.AsyncFile;
import io.netty.buffer.ByteBuf;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/** Starts loops, writes a block through their files, says what they run on; for TransportTest. */
final class LoopsMain {
  private LoopsMain() {}

  public static void main(String[] arguments) {
    Path directory = Path.of(arguments[1]);
    try {
      Transport transport = Transport.choose(arguments[0]);
      Loops loops = Loops.start(transport, 1, directory, NetLimits.DEFAULT);
      write(loops.loop(0), directory.resolve("block"));
      System.out.println("loops " + loops.description());
      loops.stop();
    } catch (IllegalArgumentException e) {
      System.out.println("loops " + e.getMessage());
    }
  }

  private static void write(Loop loop, Path path) {
    CompletableFuture<Void> written = new CompletableFuture<>();
    loop.execute(
        () ->
            loop.files()
                .open(
                    path,
                    (file, failure) -> {
                      if (failure == null) {
                        write(loop, file, written);
                      } else {
                        written.completeExceptionally(failure);
                      }
                    }));
    written.join();
  }

  private static void write(Loop loop, AsyncFile file, CompletableFuture<Void> written) {
    ByteBuf block = loop.buffers().allocate(4096).writeZero(4096);
    file.writeDurably(
        0,
        block,
        (nothing, failure) -> {
          block.release();
          if (failure == null) {
            written.complete(null);
          } else {
            written.completeExceptionally(failure);
          }
        });
  }
}

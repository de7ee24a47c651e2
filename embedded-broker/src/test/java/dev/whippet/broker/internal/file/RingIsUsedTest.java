package dev.whippet.broker.internal.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.nio.file.ExtendedOpenOption;
import dev.whippet.broker.internal.net.Loops;
import dev.whippet.broker.internal.net.NetLimits;
import dev.whippet.broker.internal.net.Transport;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fails where the kernel and the file system offer io_uring and direct I/O and the loops use less.
 * What is offered is found without asking our own code or Netty.
 */
class RingIsUsedTest {
  @TempDir Path directory;

  @Test
  void whereTheKernelOffersARingFilesAreOnIt() throws Exception {
    assumeTrue(kernelOffersRings(), "io_uring in this kernel");

    Loops loops = Loops.start(Transport.best(), 1, directory, NetLimits.DEFAULT);
    try {
      assertThat(loops.transport().kind()).isEqualTo(Transport.Kind.IO_URING);
      assertThat(loops.transport().whyNotBetter()).isEmpty();
      assertThat(loops.loop(0).files()).isInstanceOf(RingFiles.class);
      assertThat(loops.loop(0).files().direct())
          .as(loops.description())
          .isEqualTo(fileSystemTakesDirect());
    } finally {
      loops.stop();
    }
  }

  private static boolean kernelOffersRings() throws IOException {
    Path off = Path.of("/proc/sys/kernel/io_uring_disabled");
    Path symbols = Path.of("/proc/kallsyms");
    boolean known =
        Files.isReadable(symbols) && Files.lines(symbols).anyMatch(RingIsUsedTest::ring);
    return known && (!Files.exists(off) || Files.readString(off).trim().equals("0"));
  }

  private static boolean ring(String symbol) {
    return symbol.contains("sys_io_uring_setup");
  }

  private boolean fileSystemTakesDirect() throws IOException {
    Path file = directory.resolve("direct");
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT)) {
      return channel.isOpen();
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }
}

package dev.whippet.broker.internal.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The contract on the loop's real ring, past the page cache where the file system takes it. */
class RingFilesTest extends LoopFilesContract {
  @Override
  IoHandlerFactory transport() {
    assumeTrue(IoUring.isAvailable(), "io_uring");
    return IoUringIoHandler.newFactory();
  }

  @Override
  LoopFiles start(IoEventLoop loop, Path directory) throws IOException {
    return RingFiles.start(loop, directory);
  }

  @Override
  Runnable stall() {
    return Assumptions.abort("the kernel's ring can't be held back: RingFaultsTest does it");
  }

  @Override
  Class<? extends ServerChannel> serverChannel() {
    return IoUringServerSocketChannel.class;
  }

  @Test
  void saysWhatItIs() {
    assertThat(files.description()).startsWith("io_uring, ");
    assertThat(files.description().contains("direct I/O: ")).isEqualTo(!files.direct());
  }
}

package dev.whippet.broker.internal.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ThreadFilesTest extends LoopFilesContract {
  @Override
  IoHandlerFactory transport() {
    return NioIoHandler.newFactory();
  }

  @Override
  LoopFiles start(IoEventLoop loop, Path directory) {
    return new ThreadFiles(loop, "disk", "no ring");
  }

  @Override
  Runnable stall() throws Exception {
    CountDownLatch resumed = new CountDownLatch(1);
    onLoop(
        () ->
            ((ThreadFiles) files)
                .run("stall", directory, (nothing, failure) -> {}, () -> waitFor(resumed)));
    return resumed::countDown;
  }

  private static Object waitFor(CountDownLatch latch) {
    try {
      return latch.await(60, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  Class<? extends ServerChannel> serverChannel() {
    return NioServerSocketChannel.class;
  }

  @Test
  void saysWhatItIs() {
    assertThat(files.description()).isEqualTo("disk thread, page cache: no ring");
  }
}

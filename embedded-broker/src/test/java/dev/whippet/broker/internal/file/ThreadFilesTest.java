package dev.whippet.broker.internal.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.nio.NioIoHandler;
import java.nio.file.Path;
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

  @Test
  void saysWhatItIs() {
    assertThat(files.description()).isEqualTo("disk thread, page cache: no ring");
  }
}

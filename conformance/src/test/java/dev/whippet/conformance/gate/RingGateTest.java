package dev.whippet.conformance.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.nio.file.ExtendedOpenOption;
import dev.whippet.broker.BrokerConfig;
import dev.whippet.conformance.server.BrokerUnderTest;
import io.netty.channel.uring.IoUring;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where the kernel offers io_uring and direct I/O, the broker uses both; it says what it uses. */
class RingGateTest {

  @Test
  void theRingIsUsedWhereThereIsOne() throws Exception {
    assumeTrue(IoUring.isAvailable(), () -> "no io_uring: " + IoUring.unavailabilityCause());
    try (BrokerUnderTest broker = BrokerUnderTest.start()) {
      String description = broker.broker().description();
      System.out.println(description);

      assertThat(description).contains(": io_uring, ").contains("files: io_uring");
      if (directIoWorks()) {
        assertThat(description).contains(", direct I/O").doesNotContain("no direct I/O");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"EPOLL", "NIO"})
  void theOthersAreUsedWhenAskedFor(BrokerConfig.Transport transport) throws Exception {
    try (BrokerUnderTest broker = BrokerUnderTest.start(transport)) {
      assertThat(broker.broker().description()).contains(": " + transport.label() + ", ");
    }
  }

  private static boolean directIoWorks() throws IOException {
    Path file = Files.createTempFile("whippet-direct", "");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT)) {
      return channel.isOpen();
    } catch (IOException | UnsupportedOperationException refused) {
      return false;
    } finally {
      Files.delete(file);
    }
  }
}

package dev.whippet.conformance.kill;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From Java 24 on Netty has no Unsafe, and memory comes by other ways. */
class LaterJavaTest {
  private static final String NO_UNSAFE = "-Dio.netty.noUnsafe=true";

  @TempDir Path directory;

  @Test
  void aBrokerWithoutUnsafeStoresAndFindsItAfterAKill() throws Exception {
    Reading reading = Reading.random(0, 0, new Random(1));
    try (Processes processes = new Processes(directory)) {
      Process broker = processes.startBroker(NO_UNSAFE);
      try (RawClient client = new RawClient(processes.address())) {
        client.createStreamAndTopic();
        client.send(reading);
        assertThat(client.acknowledged()).isTrue();
      }
      Processes.kill(broker);

      processes.startBroker(NO_UNSAFE);

      try (RawClient client = new RawClient(processes.address())) {
        assertThat(client.readAll(0)).extracting(Reading::key).containsExactly(reading.key());
      }
    }
  }
}

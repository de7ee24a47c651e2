package dev.whippet.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many partitions, or large ones, after a crash and after a clean stop. How long each start took is
 * printed; {@code -Dwhippet.start.partitions=10000} and {@code -Dwhippet.start.gib=100} are the
 * sizes that docs/PERFORMANCE.md tells of.
 */
final class StartUpTest {
  private static final int PARTITIONS = Integer.getInteger("whippet.start.partitions", 60);
  private static final int GIB = Integer.getInteger("whippet.start.gib", 1);
  private static final int TOPIC_PARTITIONS_MAX = 1_000;
  private static final long SEGMENT_BYTES = 64L << 20;

  @TempDir Path directory;

  private BrokerConfig.Builder settings() {
    return Broker.builder()
        .listen("127.0.0.1:0")
        .dataDirectory(directory)
        .loops(2)
        .rootPassword(WireClient.PASSWORD);
  }

  private void create(int partitions) throws Exception {
    try (Broker broker = settings().start();
        WireClient client = WireClient.login(broker)) {
      client.createStream("s");
      for (int made = 0; made < partitions; made += TOPIC_PARTITIONS_MAX) {
        client.createTopic("s", "t" + made, Math.min(TOPIC_PARTITIONS_MAX, partitions - made));
      }
    }
  }

  private void startTwice(String what) throws Exception {
    Files.deleteIfExists(directory.resolve("clean-stop"));
    for (String after : new String[] {"a crash", "a clean stop", "a clean stop, again"}) {
      long begun = System.nanoTime();
      try (Broker broker = settings().start()) {
        long millis = (System.nanoTime() - begun) / 1_000_000;
        System.out.println("start: " + what + " after " + after + ": " + millis + " ms");
        assertThat(broker.health().problems()).isEmpty();
      }
    }
  }

  @Test
  void manyPartitions() throws Exception {
    create(PARTITIONS);
    for (long incarnation = 1; incarnation <= PARTITIONS; incarnation++) {
      SparseData.write(directory.resolve("partitions"), incarnation, 0, 0);
    }

    startTwice(PARTITIONS + " partitions");
  }

  @Test
  void largePartitions() throws Exception {
    int partitions = Math.min(GIB, 100);
    create(partitions);
    int sealed = (int) (((long) GIB << 30) / partitions / SEGMENT_BYTES);
    for (long incarnation = 1; incarnation <= partitions; incarnation++) {
      SparseData.write(directory.resolve("partitions"), incarnation, sealed, SEGMENT_BYTES);
    }

    startTwice(GIB + " GiB in " + partitions + " partitions");
  }
}

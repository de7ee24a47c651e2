package dev.whippet.broker;

import dev.whippet.internal.wire.Partitioning;
import java.nio.file.Path;

/** Data directories for the tools: stream readings, topic room, one partition, batches of ten. */
public final class LogToolData {
  private static final int BATCH = 10;

  private LogToolData() {}

  /**
   * Fills the directory by a broker, which is stopped then.
   *
   * @param filler bytes behind each text: batches of 64 KiB go straight into a segment
   */
  public static void fill(Path directory, int messages, int filler) throws Exception {
    BrokerConfig.Builder settings =
        Broker.builder()
            .listen("127.0.0.1:0")
            .dataDirectory(directory)
            .loops(1)
            .rootPassword(WireClient.PASSWORD);
    try (Broker broker = settings.start();
        WireClient client = WireClient.login(broker)) {
      client.createStream("readings");
      client.createTopic("readings", "room", 1);
      for (int first = 0; first < messages; first += BATCH) {
        String[] texts = new String[BATCH];
        for (int i = 0; i < BATCH; i++) {
          texts[i] = "reading " + (first + i) + "." + "x".repeat(filler);
        }
        int status = client.sendTexts("readings", "room", Partitioning.partition(0), texts);
        if (status != 0) {
          throw new AssertionError("status " + status);
        }
      }
    }
  }
}

package dev.whippet.broker.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.whippet.Message;
import dev.whippet.Receipt;
import dev.whippet.WhippetClient;
import dev.whippet.broker.testkit.BrokerExtension;
import java.io.File;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The test of README.md, as a user writes it. */
@Timeout(300)
class ReadingsTest {
  @RegisterExtension final BrokerExtension broker = new BrokerExtension();

  @Test
  void aReadingSurvivesACut(@TempDir File outbox) throws Exception {
    try (WhippetClient client = broker.client().outbox(outbox).open()) {
      Receipt receipt = client.send(Message.of("21.5"));
      broker.network().cut();
      assertTrue(receipt.awaitDelivered(1, TimeUnit.MINUTES));
    }
    assertEquals(List.of("21.5"), broker.texts());
  }

  @Test
  void aReadingSurvivesARestartOfTheBroker(@TempDir File outbox) throws Exception {
    try (WhippetClient client = broker.client().outbox(outbox).open()) {
      for (int i = 0; i < 3; i++) {
        client.send(Message.of("before " + i));
        broker.restart();
        client.send(Message.of("after " + i));
      }
      assertTrue(client.flush(3, TimeUnit.MINUTES));
    }
    assertEquals(
        List.of("before 0", "after 0", "before 1", "after 1", "before 2", "after 2"),
        broker.texts());
  }
}

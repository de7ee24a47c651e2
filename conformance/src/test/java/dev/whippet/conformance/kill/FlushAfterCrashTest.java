package dev.whippet.conformance.kill;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.Credentials;
import dev.whippet.Message;
import dev.whippet.WhippetClient;
import dev.whippet.conformance.server.BrokerUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A crash skips sequences that nobody has; the next process must not wait for them. */
class FlushAfterCrashTest {
  private static final int MESSAGES = 10;

  @TempDir Path directory;
  private BrokerUnderTest broker;

  @BeforeEach
  void start() throws Exception {
    broker = BrokerUnderTest.start();
  }

  @AfterEach
  void stop() {
    broker.close();
  }

  @Test
  void flushReturnsAtOnceWhenEverythingWasDeliveredBeforeTheCrash() throws Exception {
    Path outbox = directory.resolve("outbox");
    Path afterCrash = directory.resolve("after-crash");
    try (WhippetClient client = open(outbox)) {
      for (int i = 0; i < MESSAGES; i++) {
        client.send(Message.of("m" + i));
      }
      assertThat(client.flush(30, TimeUnit.SECONDS)).isTrue();
      copy(outbox, afterCrash);
    }

    try (WhippetClient client = open(afterCrash)) {
      assertThat(client.flush(30, TimeUnit.SECONDS)).isTrue();
      assertThat(client.backlog().lastSequence()).isEqualTo(client.backlog().storedSequence());
      client.send(Message.of("after"));
      assertThat(client.flush(30, TimeUnit.SECONDS)).isTrue();
      assertThat(client.backlog().messages()).isZero();
    }
  }

  private WhippetClient open(Path outbox) {
    return WhippetClient.builder()
        .url("tcp://127.0.0.1:" + broker.address().getPort())
        .credentials(Credentials.password("iggy", "iggy"))
        .outbox(outbox.toFile())
        .destination("crash", "readings")
        .createIfMissing(1)
        .open();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      List<Path> parentsFirst = files.toList();
      for (Path file : parentsFirst) {
        Files.copy(file, to.resolve(from.relativize(file)));
      }
    }
  }
}

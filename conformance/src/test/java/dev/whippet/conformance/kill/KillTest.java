package dev.whippet.conformance.kill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whippet.conformance.server.BrokerUnderTest;
import dev.whippet.conformance.wire.Pause;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * SIGKILL at random moments on the real parts: nothing that a receipt or an acknowledgement vouched
 * for is lost, nothing is doubled, nothing changes places. Both ends write down what they saw; the
 * sets are compared. {@code -Dwhippet.seed} repeats a run, {@code -Dwhippet.rounds} lengthens it.
 */
class KillTest {
  static final String STREAM = "kill";
  static final String TOPIC = "readings";
  static final int PARTITIONS = 2;

  private static final int FINISH_SECONDS = 300;
  private static final int ALIVE_MILLIS_MIN = 150;
  private static final int ALIVE_MILLIS_SPREAD = 1_200;
  private static final int IN_FLIGHT = 16;

  private final long seed = Long.getLong("whippet.seed", 1);
  private final int rounds = Integer.getInteger("whippet.rounds", 20);
  private final Random random = new Random(seed);
  private Path directory;
  private Processes processes;

  @BeforeEach
  void start() throws IOException {
    assumeTrue(Files.exists(Processes.brokerJar()), "no runnable file: mvn package makes it");
    System.out.println("seed " + seed);
    directory = Files.createTempDirectory("whippet-kill");
    processes = new Processes(directory);
  }

  @AfterEach
  void stop() {
    if (processes == null) {
      return;
    }
    processes.close();
    BrokerUnderTest.delete(directory);
  }

  @Test
  void killedBrokersAndPublishersLoseDoubleAndReorderNothing() throws Exception {
    Path receipts = directory.resolve("receipts");
    Process broker = processes.startBroker();
    try (RawClient admin = new RawClient(processes.address())) {
      admin.createStreamAndTopic();
    }
    int run = 1;
    int brokerKills = 0;
    int publisherKills = 0;
    Process publisher = processes.startPublisher("ws", receipts, run);
    awaitFirstMessages();
    for (int round = 0; round < rounds; round++) {
      Pause.millis(ALIVE_MILLIS_MIN + random.nextInt(ALIVE_MILLIS_SPREAD));
      int victims = 1 + random.nextInt(3);
      if ((victims & 1) != 0) {
        Processes.kill(broker);
        brokerKills++;
      }
      if ((victims & 2) != 0) {
        Processes.kill(publisher);
        publisherKills++;
        run++;
        publisher = processes.startPublisher(run % 2 == 0 ? "tcp" : "ws", receipts, run);
      }
      if ((victims & 1) != 0) {
        broker = processes.startBroker();
      }
      assertThat(publisher.isAlive()).describedAs("%s", processes.log("publisher.log")).isTrue();
    }
    publisher.getOutputStream().write('\n');
    publisher.getOutputStream().flush();

    boolean ended = publisher.waitFor(FINISH_SECONDS, TimeUnit.SECONDS);

    assertThat(ended && publisher.exitValue() == 0)
        .describedAs("seed %d: %s", seed, processes.log("publisher.log"))
        .isTrue();
    List<String> lines = Files.readAllLines(receipts);
    assertThat(lines.stream().filter(line -> line.startsWith("gap ")))
        .describedAs("seed %d", seed)
        .isEmpty();
    Set<String> stored = new HashSet<>();
    lines.forEach(line -> stored.add(line.substring("stored ".length())));
    int received = assertAllThereOnceInOrder(stored);
    System.out.println(
        "kill test: "
            + rounds
            + " rounds, broker killed "
            + brokerKills
            + " times, publisher "
            + publisherKills
            + "; "
            + stored.size()
            + " receipts, "
            + received
            + " received; lost 0, doubled 0, out of order 0");
  }

  @Test
  void whatAStockClientWasToldIsStoredSurvivesTheBroker() throws Exception {
    Set<String> acknowledged = new HashSet<>();
    long number = 0;
    Process broker = processes.startBroker();
    try (RawClient admin = new RawClient(processes.address())) {
      admin.createStreamAndTopic();
    }
    for (int round = 1; round <= Math.max(1, rounds / 2); round++) {
      Process victim = broker;
      int aliveMillis = 50 + random.nextInt(500);
      Thread killer =
          new Thread(
              () -> {
                Pause.millis(aliveMillis);
                victim.destroyForcibly();
              });
      try (RawClient client = new RawClient(processes.address())) {
        killer.start();
        Deque<Reading> inFlight = new ArrayDeque<>();
        boolean alive = true;
        while (alive) {
          Reading reading = Reading.random(round, number++, random);
          inFlight.add(reading);
          alive = client.send(reading);
          while (alive && inFlight.size() >= IN_FLIGHT) {
            alive = client.acknowledged();
            if (alive) {
              acknowledged.add(inFlight.remove().key());
            }
          }
        }
        while (!inFlight.isEmpty() && client.acknowledged()) {
          acknowledged.add(inFlight.remove().key());
        }
      }
      killer.join();
      broker.waitFor();
      broker = processes.startBroker();
    }

    int received = assertAllThereOnceInOrder(acknowledged);
    System.out.println(
        "kill test, stock client: "
            + acknowledged.size()
            + " acknowledged, "
            + received
            + " received; lost 0, doubled 0, out of order 0");
  }

  /**
   * A broker that dies before its first commit does not know a producer that says it has published:
   * the SDK must report that as an unknown outcome. From the first commit on, no gap is right.
   */
  private void awaitFirstMessages() throws IOException {
    try (RawClient consumer = new RawClient(processes.address())) {
      for (int partition = 0; partition < PARTITIONS; partition++) {
        int first = partition;
        await().atMost(FINISH_SECONDS, TimeUnit.SECONDS).until(() -> consumer.holdsAny(first));
      }
    }
  }

  private int assertAllThereOnceInOrder(Set<String> vouchedFor) throws IOException {
    List<String> received = new ArrayList<>();
    try (RawClient consumer = new RawClient(processes.address())) {
      for (int partition = 0; partition < PARTITIONS; partition++) {
        List<Reading> readings = consumer.readAll(partition);
        for (int i = 0; i < readings.size(); i++) {
          Reading reading = readings.get(i);
          assertThat(reading.partition()).isEqualTo(partition);
          boolean ascends = i == 0 || readings.get(i - 1).compareTo(reading) < 0;
          assertThat(ascends)
              .describedAs("seed %d: offset %d of partition %d", seed, i, partition)
              .isTrue();
          received.add(reading.key());
        }
      }
    }
    Set<String> distinct = new HashSet<>(received);
    Set<String> lost = new HashSet<>(vouchedFor);
    lost.removeAll(distinct);
    assertThat(lost).describedAs("lost, seed %d", seed).isEmpty();
    assertThat(received).describedAs("doubled, seed %d", seed).hasSameSizeAs(distinct);
    assertThat(vouchedFor).isNotEmpty();
    return received.size();
  }
}

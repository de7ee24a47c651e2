package dev.whippet.conformance.kill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whippet.conformance.server.BrokerUnderTest;
import dev.whippet.conformance.wire.Pause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * SIGKILL after SIGKILL on one data directory: messages of many sizes to several partitions, stored
 * offsets, topics that come and go, small segments and a bounded directory. After each kill a new
 * process must serve all that was acknowledged since the last check, once and in order, the offset
 * and the topics as acknowledged; now and then everything that is still there is read again.
 *
 * <p>{@code -Dwhippet.rounds=N} asks for more than 8 rounds. With {@code
 * -Dwhippet.kill.directory=DIR} the run goes on where the last one with that directory ended, so
 * that thousands of rounds may be done in pieces. {@code -Dwhippet.seed} repeats the choices.
 */
class KillRoundsTest {
  private static final int PARTITIONS = 6;
  private static final int IN_FLIGHT = 16;
  private static final int ALIVE_MILLIS_MIN = 20;
  private static final int ALIVE_MILLIS_SPREAD = 700;
  private static final int POLL_COUNT = 1000;
  private static final int REREAD_EVERY = 40;
  private static final int TOPICS_MAX = 6;
  private static final int NOISE_INDEX = 12;

  private final int rounds = Integer.getInteger("whippet.rounds", 8);
  private final String kept = System.getProperty("whippet.kill.directory");
  private final long[] verified = new long[PARTITIONS];
  private final long[] offsets = new long[PARTITIONS];
  private final Set<String> topics = new TreeSet<>();
  private long seed = Long.getLong("whippet.seed", 1);
  private int round;
  private long acknowledged;
  private Path directory;
  private Processes processes;

  /** Of the round under way: what was sent and acknowledged, by partition; what is in doubt. */
  private final List<Set<Long>> sent = sets();

  private final List<Set<Long>> stored = sets();
  private long offsetInDoubt;
  private int offsetPartition;
  private String topicInDoubt;

  private static List<Set<Long>> sets() {
    return java.util.stream.IntStream.range(0, PARTITIONS)
        .<Set<Long>>mapToObj(partition -> new TreeSet<>())
        .toList();
  }

  @BeforeEach
  void start() throws IOException {
    assumeTrue(Files.exists(Processes.brokerJar()), "no runnable file: mvn package makes it");
    Arrays.fill(offsets, RoundClient.NOTHING);
    if (kept == null) {
      directory = Files.createTempDirectory("whippet-rounds");
    } else {
      directory = Files.createDirectories(Path.of(kept));
      load();
    }
    System.out.println("seed " + seed + ", round " + round + " in " + directory);
    processes = new Processes(directory);
  }

  @AfterEach
  void stop() {
    if (processes != null) {
      processes.close();
    }
    if (kept == null && directory != null) {
      BrokerUnderTest.delete(directory);
    }
  }

  @Test
  void nothingAcknowledgedIsLostHoweverOftenTheBrokerIsKilled() throws Exception {
    List<String> small = List.of("--segment-size", "1MiB", "--retention-size", "24MiB");
    int last = round + rounds;
    try {
      while (round < last) {
        Process broker = processes.serve(small);
        check();
        round++;
        work(broker, new Random(seed + 31L * round));
        broker.waitFor();
      }
      processes.serve(small);
      check();
    } catch (AssertionError | IOException e) {
      throw new AssertionError(
          "seed " + seed + ", round " + round + ", " + directory + ": " + e.getMessage(), e);
    }
    System.out.println(
        "kill rounds: "
            + round
            + " kills so far, seed "
            + seed
            + ", "
            + acknowledged
            + " acknowledged; lost 0, doubled 0, out of order 0");
  }

  // --- work until the end -----------------------------------------------------------------------

  private void work(Process broker, Random random) throws Exception {
    int alive = ALIVE_MILLIS_MIN + random.nextInt(ALIVE_MILLIS_SPREAD);
    Thread killer =
        new Thread(
            () -> {
              Pause.millis(alive);
              broker.destroyForcibly();
            });
    try (RoundClient sender = new RoundClient(processes.address());
        RoundClient other = new RoundClient(processes.address())) {
      if (topics.isEmpty()) {
        assertThat(other.createStream()).isTrue();
        assertThat(other.createTopic(RoundClient.TOPIC, PARTITIONS)).isTrue();
        topics.add(RoundClient.TOPIC);
      }
      killer.start();
      Deque<long[]> inFlight = new ArrayDeque<>();
      boolean up = true;
      for (long number = round * 1_000_000L; up; number++) {
        int partition = random.nextInt(PARTITIONS);
        sent.get(partition).add(number);
        inFlight.add(new long[] {partition, number});
        up = sender.send(partition, payload(number, random));
        while (up && inFlight.size() >= IN_FLIGHT) {
          up = takeAnswer(sender, inFlight);
        }
        if (up && random.nextInt(40) == 0) {
          up = storeOffset(other, random);
        }
        if (up && random.nextInt(150) == 0) {
          up = changeTopics(other, random);
        }
      }
      while (!inFlight.isEmpty() && takeAnswer(sender, inFlight)) {
        // what was on its way counts
      }
    }
    killer.join();
  }

  private boolean takeAnswer(RoundClient sender, Deque<long[]> inFlight) {
    boolean answered = sender.acknowledged();
    if (answered) {
      long[] one = inFlight.remove();
      stored.get((int) one[0]).add(one[1]);
      acknowledged++;
    }
    return answered;
  }

  private boolean storeOffset(RoundClient client, Random random) {
    offsetPartition = random.nextInt(PARTITIONS);
    offsetInDoubt = verified[offsetPartition] - 1 - random.nextInt(3);
    if (offsetInDoubt < 0) {
      offsetInDoubt = RoundClient.NOTHING;
      return true;
    }
    boolean done = client.storeOffset(offsetPartition, offsetInDoubt);
    if (done) {
      offsets[offsetPartition] = offsetInDoubt;
    }
    return done;
  }

  private boolean changeTopics(RoundClient client, Random random) {
    boolean create = topics.size() < TOPICS_MAX && random.nextBoolean() || topics.size() == 1;
    String name = "t" + round + "x" + random.nextInt(1_000_000);
    if (!create) {
      name = topics.stream().filter(one -> !one.equals(RoundClient.TOPIC)).findAny().get();
    }
    topicInDoubt = name;
    boolean done = create ? client.createTopic(name, 2) : client.deleteTopic(name);
    if (done) {
      boolean changed = create ? topics.add(name) : topics.remove(name);
      assertThat(changed).isTrue();
      topicInDoubt = null;
    }
    return done;
  }

  /** Number, checksum of the noise, noise: mostly small, sometimes beyond what a commit shares. */
  private static byte[] payload(long number, Random random) {
    int bytes = random.nextInt(60) == 0 ? random.nextInt(150_000) : 40 + random.nextInt(400);
    byte[] noise = new byte[bytes];
    random.nextBytes(noise);
    return ByteBuffer.allocate(NOISE_INDEX + bytes)
        .putLong(number)
        .putInt(crc(noise))
        .put(noise)
        .array();
  }

  private static int crc(byte[] bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  // --- what must be there -----------------------------------------------------------------------

  private void check() throws IOException {
    try (RoundClient client = new RoundClient(processes.address())) {
      checkTopics(client);
      if (!topics.isEmpty()) {
        for (int partition = 0; partition < PARTITIONS; partition++) {
          checkMessages(client, partition);
          checkOffset(client, partition);
        }
      }
    }
    offsetInDoubt = RoundClient.NOTHING;
    if (kept != null) {
      save();
    }
    if (round % 50 == 0) {
      System.out.println("round " + round + ": " + acknowledged + " acknowledged");
    }
  }

  private void checkTopics(RoundClient client) {
    if (topics.isEmpty()) {
      return;
    }
    Set<String> found = client.topics();
    if (topicInDoubt != null) {
      boolean there = found.contains(topicInDoubt);
      if (there) {
        topics.add(topicInDoubt);
      } else {
        topics.remove(topicInDoubt);
      }
      topicInDoubt = null;
    }
    assertThat(found).describedAs("topics").isEqualTo(topics);
  }

  private void checkMessages(RoundClient client, int partition) {
    Set<Long> missing = new TreeSet<>(stored.get(partition));
    Set<Long> expected = sent.get(partition);
    long next = verified[partition];
    if (round % REREAD_EVERY == 0) {
      reread(client, partition, next);
    }
    long newest = -1;
    JsonNode messages = client.poll(partition, next, POLL_COUNT);
    while (!messages.isEmpty()) {
      for (JsonNode message : messages) {
        assertThat(message.get("offset").longValue()).describedAs("offset").isEqualTo(next++);
        long number = number(message);
        assertThat(number).describedAs("order in partition %d", partition).isGreaterThan(newest);
        assertThat(expected).describedAs("sent to partition %d", partition).contains(number);
        missing.remove(number);
        newest = number;
      }
      messages = client.poll(partition, next, POLL_COUNT);
    }
    assertThat(missing).describedAs("lost of partition %d", partition).isEmpty();
    verified[partition] = next;
    expected.clear();
    stored.get(partition).clear();
  }

  /** Everything that retention has left of what was checked before. */
  private static void reread(RoundClient client, int partition, long end) {
    long next = 0;
    long newest = -1;
    while (next < end) {
      for (JsonNode message : client.poll(partition, next, POLL_COUNT)) {
        long offset = message.get("offset").longValue();
        assertThat(newest < 0 || offset == next).describedAs("gap before %d", offset).isTrue();
        long number = number(message);
        assertThat(number).describedAs("order at %d", offset).isGreaterThan(newest);
        newest = number;
        next = offset + 1;
      }
    }
  }

  private static long number(JsonNode message) {
    byte[] payload = HexFormat.of().parseHex(message.get("payload_hex").textValue());
    ByteBuffer in = ByteBuffer.wrap(payload);
    long number = in.getLong();
    int crc = in.getInt();
    assertThat(crc(Arrays.copyOfRange(payload, NOISE_INDEX, payload.length)))
        .describedAs("bytes of message %d", number)
        .isEqualTo(crc);
    return number;
  }

  private void checkOffset(RoundClient client, int partition) {
    long found = client.storedOffset(partition);
    boolean inDoubt = partition == offsetPartition && found == offsetInDoubt;
    assertThat(found == offsets[partition] || inDoubt)
        .describedAs("offset %d, acknowledged %d", found, offsets[partition])
        .isTrue();
    offsets[partition] = found;
  }

  // --- going on another day ---------------------------------------------------------------------

  private Path stateFile() {
    return directory.resolve("rounds.properties");
  }

  private void save() throws IOException {
    Properties state = new Properties();
    state.setProperty("seed", Long.toString(seed));
    state.setProperty("round", Integer.toString(round));
    state.setProperty("acknowledged", Long.toString(acknowledged));
    state.setProperty("topics", String.join(" ", topics));
    for (int partition = 0; partition < PARTITIONS; partition++) {
      state.setProperty("verified." + partition, Long.toString(verified[partition]));
      state.setProperty("offset." + partition, Long.toString(offsets[partition]));
    }
    Path draft = directory.resolve("rounds.new");
    try (var out = Files.newOutputStream(draft)) {
      state.store(out, null);
    }
    Files.move(draft, stateFile(), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
  }

  private void load() throws IOException {
    if (!Files.exists(stateFile())) {
      return;
    }
    Properties state = new Properties();
    try (var in = Files.newInputStream(stateFile())) {
      state.load(in);
    }
    seed = Long.parseLong(state.getProperty("seed"));
    round = Integer.parseInt(state.getProperty("round"));
    acknowledged = Long.parseLong(state.getProperty("acknowledged"));
    topics.addAll(List.of(state.getProperty("topics").split(" ")));
    for (int partition = 0; partition < PARTITIONS; partition++) {
      verified[partition] = Long.parseLong(state.getProperty("verified." + partition));
      offsets[partition] = Long.parseLong(state.getProperty("offset." + partition));
    }
  }
}

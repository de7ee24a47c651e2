package dev.whippet.broker;

import static dev.whippet.broker.WireClient.id;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.whippet.internal.wire.Command;
import dev.whippet.internal.wire.ConsumerId;
import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.Partitioning;
import dev.whippet.internal.wire.PollStrategy;
import dev.whippet.internal.wire.Replies;
import dev.whippet.internal.wire.Reply;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.Status;
import dev.whippet.internal.wire.TopicSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import okio.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * 200 connections on all loops change the catalog, send, poll, join and leave groups at random, all
 * at the same time. Afterwards the books balance, every message is there once, every partition of a
 * group with members is one member's, and a restart gives the same.
 */
final class CatalogStormTest {
  private static final int THREADS = 4;
  private static final int CONNECTIONS_A_THREAD = 50;
  private static final int ROUNDS = 40;
  private static final int NAMES = 3;
  private static final int SETTLING = 4;

  /** What may be answered to requests that others overtake; nothing else. */
  private static final Set<Integer> EXPECTED =
      Set.of(
          Status.OK,
          Status.STREAM_NOT_FOUND,
          Status.STREAM_NAME_ALREADY_EXISTS,
          Status.TOPIC_NOT_FOUND,
          Status.TOPIC_NAME_ALREADY_EXISTS,
          Status.TOO_MANY_PARTITIONS,
          Status.INVALID_PARTITIONS_COUNT,
          Status.PARTITION_NOT_FOUND,
          Status.CONSUMER_OFFSET_NOT_FOUND,
          Status.CONSUMER_GROUP_NOT_FOUND,
          Status.CONSUMER_GROUP_NAME_ALREADY_EXISTS,
          Status.CONSUMER_GROUP_MEMBER_NOT_FOUND,
          Status.NOT_RESOLVED_CONSUMER,
          Status.INVALID_OFFSET);

  @TempDir Path directory;

  private Broker start() throws Exception {
    return Broker.builder()
        .listen("127.0.0.1:0")
        .dataDirectory(directory)
        .loops(3)
        .rootPassword(WireClient.PASSWORD)
        .start();
  }

  @Test
  void twoHundredConnectionsAtOnceLeaveASoundCatalogThatSurvivesARestart() throws Exception {
    long seed = Long.getLong("whippet.seed", 21);
    System.out.println("catalog storm, seed " + seed);
    Map<String, List<String>> before;
    try (Broker broker = start();
        WireClient client = WireClient.login(broker)) {
      List<WireClient> members = storm(broker, seed);
      try {
        checkGroups(client, members);
      } finally {
        for (WireClient member : members) {
          member.close();
        }
      }
      await()
          .atMost(Duration.ofMinutes(3))
          .untilAsserted(() -> assertThat(groups(client)).allMatch(one -> one.members.isEmpty()));
      before = everything(client);
      assertThat(broker.health().problems()).isEmpty();
    }

    try (Broker broker = start();
        WireClient client = WireClient.login(broker)) {
      assertThat(everything(client)).isEqualTo(before);
      assertThat(broker.health().problems()).isEmpty();
    }
  }

  /** The connections, all of them open. */
  private static List<WireClient> storm(Broker broker, long seed) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    List<WireClient> clients = new ArrayList<>();
    try {
      List<Future<List<WireClient>>> running = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        int number = thread;
        running.add(
            threads.submit(() -> connections(broker, new Random(seed * 31 + number), number)));
      }
      for (Future<List<WireClient>> one : running) {
        clients.addAll(one.get(4, TimeUnit.MINUTES));
      }
      return clients;
    } finally {
      threads.shutdownNow();
    }
  }

  /** Each has a request under way at any time. */
  private static List<WireClient> connections(Broker broker, Random random, int thread)
      throws IOException {
    List<WireClient> clients = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS_A_THREAD; i++) {
      clients.add(WireClient.login(broker));
    }
    for (int round = 0; round < ROUNDS; round++) {
      int tag = round;
      together(clients, i -> any(random, thread + "." + i + "." + tag));
    }
    for (int round = 0; round < SETTLING; round++) {
      int step = round;
      together(clients, i -> settling(step, i % NAMES));
    }
    return clients;
  }

  private static void together(List<WireClient> clients, IntFunction<Consumer<Buffer>> requests)
      throws IOException {
    for (int i = 0; i < clients.size(); i++) {
      clients.get(i).send(requests.apply(i));
    }
    for (WireClient client : clients) {
      Reply reply = client.receive();
      assertThat(EXPECTED).contains(reply.status());
    }
  }

  /** At the end everybody is a member of something: nothing is deleted any more by then. */
  private static Consumer<Buffer> settling(int step, int number) {
    Identifier stream = id("s" + number);
    Identifier topic = id("t" + number);
    return switch (step) {
      case 0 -> out -> Requests.createStream(out, "s" + number);
      case 1 -> out -> Requests.createTopic(out, stream, "t" + number, 5, TopicSettings.DEFAULT);
      case 2 -> out -> Requests.createGroup(out, stream, topic, "g0");
      default -> out -> Requests.joinGroup(out, stream, topic, id("g0"));
    };
  }

  private static Consumer<Buffer> any(Random random, String text) {
    String s = "s" + random.nextInt(NAMES);
    String t = "t" + random.nextInt(NAMES);
    Identifier stream = id(s);
    Identifier topic = id(t);
    String name = "t" + random.nextInt(NAMES);
    int partition = random.nextInt(3);
    ConsumerId consumer = ConsumerId.consumer(id("c" + random.nextInt(3)));
    Identifier group = id("g" + random.nextInt(2));
    ConsumerId member = ConsumerId.group(group);
    return switch (random.nextInt(48)) {
      case 32, 33 -> out -> Requests.createGroup(out, stream, topic, "g" + partition % 2);
      case 34 -> out -> Requests.deleteGroup(out, stream, topic, group);
      case 35, 36, 37, 38, 39 -> out -> Requests.joinGroup(out, stream, topic, group);
      case 40 -> out -> Requests.leaveGroup(out, stream, topic, group);
      case 41 -> out -> Requests.storeOffset(out, member, stream, topic, -1, 0);
      case 42, 43, 44, 45, 46, 47 ->
          out -> Requests.poll(out, member, stream, topic, -1, PollStrategy.next(), 10, true);
      case 0 -> out -> Requests.createStream(out, "s" + partition);
      case 1 -> out -> Requests.deleteStream(out, stream);
      case 2 -> out -> frame(out, Command.UPDATE_STREAM, s, name("s" + partition));
      case 3 -> out -> frame(out, Command.PURGE_STREAM, s);
      case 4, 5, 6, 7 ->
          out -> Requests.createTopic(out, stream, name, 1 + partition, TopicSettings.DEFAULT);
      case 8 -> out -> Requests.deleteTopic(out, stream, topic);
      case 9 -> out -> frame(out, Command.UPDATE_TOPIC, s, t, settings(name));
      case 10, 11 -> out -> frame(out, Command.PURGE_TOPIC, s, t);
      case 12, 13 -> out -> frame(out, Command.CREATE_PARTITIONS, s, t, u32(1));
      case 14 -> out -> frame(out, Command.DELETE_PARTITIONS, s, t, u32(1));
      case 15 -> out -> Requests.storeOffset(out, consumer, stream, topic, partition, 1);
      case 16 -> Requests::getStreams;
      case 17, 18, 19, 20, 21 ->
          out ->
              Requests.poll(out, consumer, stream, topic, partition, PollStrategy.next(), 10, true);
      default ->
          out ->
              Requests.sendMessages(
                  out, stream, topic, Partitioning.balanced(), WireClient.records(text));
    };
  }

  // --- requests that the SDK has no use for
  // -------------------------------------------------------

  /** Identifiers as text, everything else as bytes. */
  private static void frame(Buffer out, int code, Object... parts) {
    Buffer payload = new Buffer();
    for (Object part : parts) {
      if (part instanceof String named) {
        payload.writeByte(2).write(name(named));
      } else {
        payload.write((byte[]) part);
      }
    }
    out.writeIntLe((int) payload.size() + 4).writeIntLe(code).write(payload, payload.size());
  }

  private static byte[] u32(int value) {
    return new Buffer().writeIntLe(value).readByteArray();
  }

  private static byte[] name(String text) {
    return new Buffer().writeByte(text.length()).writeUtf8(text).readByteArray();
  }

  private static byte[] settings(String name) {
    return new Buffer()
        .writeByte(1)
        .writeLongLe(0)
        .writeLongLe(0)
        .writeByte(1)
        .write(name(name))
        .readByteArray();
  }

  // --- groups
  // -----------------------------------------------------------------------------------------------

  /** Every group, with its members. */
  private static List<Replies.Group> groups(WireClient client) throws IOException {
    List<Replies.Group> all = new ArrayList<>();
    for (Replies.Stream stream : Replies.streams(client.ok(Requests::getStreams))) {
      for (Replies.Topic topic :
          Replies.topics(client.ok(out -> Requests.getTopics(out, id(stream.name))))) {
        for (String name : List.of("g0", "g1")) {
          Buffer group =
              client.ok(out -> Requests.getGroup(out, id(stream.name), id(topic.name), id(name)));
          if (group.size() > 0) {
            all.add(Replies.group(group));
          }
        }
      }
    }
    return all;
  }

  /** Everybody who says that it is a member is one, and every partition is somebody's, once. */
  private static void checkGroups(WireClient client, List<WireClient> members) throws IOException {
    int joined = 0;
    for (WireClient member : members) {
      joined += Replies.client(member.ok(Requests::getMe)).memberships.size();
    }
    int listed = 0;
    for (Replies.Group group : groups(client)) {
      listed += group.members.size();
      List<Integer> partitions = new ArrayList<>();
      group.members.forEach(one -> partitions.addAll(one.partitions));
      List<Integer> all = IntStream.range(0, group.partitionsCount).boxed().toList();
      assertThat(partitions)
          .as("of %s members", group.members.size())
          .containsExactlyInAnyOrderElementsOf(group.members.isEmpty() ? List.of() : all);
      assertThat(group.members).extracting(one -> one.id).doesNotHaveDuplicates();
    }
    assertThat(joined).isEqualTo(listed).isPositive();
  }

  // --- what is there
  // ------------------------------------------------------------------------------

  /** Every topic by names, with its figures and every message; the books must balance. */
  private static Map<String, List<String>> everything(WireClient client) throws IOException {
    Map<String, List<String>> all = new TreeMap<>();
    Set<String> seen = new HashSet<>();
    for (Replies.Stream listed : Replies.streams(client.ok(Requests::getStreams))) {
      long messages = 0;
      for (Replies.Topic topic :
          Replies.topics(client.ok(out -> Requests.getTopics(out, id(listed.name))))) {
        List<String> found = messages(client, listed.name, topic, seen);
        assertThat(found).hasSize((int) topic.messagesCount);
        messages += topic.messagesCount;
        found.addAll(offsets(client, listed.name, topic));
        all.put(listed.id + listed.name + "/" + topic.id + topic.name, found);
      }
      assertThat(listed.messagesCount).isEqualTo(messages);
    }
    return all;
  }

  /** What its groups have stored. */
  private static List<String> offsets(WireClient client, String stream, Replies.Topic topic)
      throws IOException {
    List<String> found = new ArrayList<>();
    for (int partition = 0; partition < topic.partitionsCount; partition++) {
      for (String name : List.of("g0", "g1")) {
        int of = partition;
        ConsumerId group = ConsumerId.group(id(name));
        Buffer offset =
            client.ok(out -> Requests.getOffset(out, group, id(stream), id(topic.name), of));
        if (offset.size() > 0) {
          found.add(name + "/" + partition + "@" + Replies.offsetInfo(offset).storedOffset);
        }
      }
    }
    return found;
  }

  private static List<String> messages(
      WireClient client, String stream, Replies.Topic topic, Set<String> seen) throws IOException {
    List<String> found = new ArrayList<>();
    for (int partition = 0; partition < topic.partitionsCount; partition++) {
      int of = partition;
      long next = 0;
      while (next >= 0) {
        long from = next;
        Replies.Polled polled =
            Replies.polled(
                client.ok(
                    out ->
                        Requests.poll(
                            out,
                            ConsumerId.consumer(id("reader")),
                            id(stream),
                            id(topic.name),
                            of,
                            PollStrategy.offset(from),
                            1_000,
                            false)));
        for (Replies.PolledMessage message : polled.messages) {
          assertThat(message.offset).as("no gap").isEqualTo(next++);
          String text = new String(message.payload, StandardCharsets.UTF_8);
          assertThat(seen.add(text)).as("once: %s", text).isTrue();
          found.add(partition + ":" + text);
        }
        next = polled.messages.isEmpty() ? -1 : next;
      }
    }
    return found;
  }
}

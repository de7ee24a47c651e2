package dev.whippet.broker;

import static dev.whippet.broker.WireClient.id;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.whippet.broker.internal.bench.client.BenchConnection;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.internal.wire.ConsumerId;
import dev.whippet.internal.wire.Partitioning;
import dev.whippet.internal.wire.PollStrategy;
import dev.whippet.internal.wire.ProtocolException;
import dev.whippet.internal.wire.Replies;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.Status;
import dev.whippet.testkit.LinkTwin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import okio.Buffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Consumer groups through a real broker with two loops and real sockets. */
final class GroupsOverTcpTest {

  private static final ConsumerId GROUP = ConsumerId.group(id("g"));
  private static final int TICKS_PER_SECOND = 100;
  private static final Duration PATIENCE = Duration.ofSeconds(180);

  @TempDir Path directory;
  private final List<WireClient> clients = new ArrayList<>();
  private Broker broker;
  private WireClient admin;

  @BeforeEach
  void start() throws Exception {
    broker =
        Broker.builder()
            .listen("127.0.0.1:0")
            .dataDirectory(directory)
            .loops(2)
            .rootPassword(WireClient.PASSWORD)
            .rebalanceMillis(300)
            .memberTimeoutMillis(4_000)
            .start();
    admin = client();
  }

  @AfterEach
  void stop() throws IOException {
    for (WireClient client : clients) {
      client.close();
    }
    clients.clear();
    broker.close();
  }

  private WireClient client() throws IOException {
    WireClient client = WireClient.login(broker);
    clients.add(client);
    return client;
  }

  private void topic(int partitions) throws IOException {
    admin.createStream("s");
    admin.createTopic("s", "t", partitions);
    admin.ok(out -> Requests.createGroup(out, id("s"), id("t"), "g"));
  }

  private void send(int partition, String... texts) throws IOException {
    assertThat(admin.sendTexts("s", "t", Partitioning.partition(partition), texts)).isZero();
  }

  private static void join(WireClient client) throws IOException {
    client.ok(out -> Requests.joinGroup(out, id("s"), id("t"), id("g")));
  }

  private Replies.Polled poll(WireClient client, int partition, int count, boolean commit)
      throws IOException {
    return Replies.polled(
        client.ok(
            out ->
                Requests.poll(
                    out, GROUP, id("s"), id("t"), partition, PollStrategy.next(), count, commit)));
  }

  private static int store(WireClient client, int partition, long offset) throws IOException {
    return client.status(
        out -> Requests.storeOffset(out, GROUP, id("s"), id("t"), partition, offset));
  }

  private Buffer stored(int partition) throws IOException {
    return admin.ok(out -> Requests.getOffset(out, GROUP, id("s"), id("t"), partition));
  }

  /** The partitions of each member, in the order in which they are listed. */
  private List<List<Integer>> assignments() throws IOException {
    Replies.Group group =
        Replies.group(admin.ok(out -> Requests.getGroup(out, id("s"), id("t"), id("g"))));
    assertThat(group.membersCount).isEqualTo(group.members.size());
    return group.members.stream().map(member -> member.partitions).toList();
  }

  private void awaitAssignments(List<List<Integer>> expected) {
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(assignments()).isEqualTo(expected));
  }

  /** A stock 0.8.0 server may never answer this poll, and nothing that changes the catalog. */
  @Test
  void anAutoCommitPollThatCompletesARevocationIsAnsweredAndMovesThePartition() throws Exception {
    for (int number = 0; number < 4; number++) { // of streams: there it depends on them
      admin.createStream("before-" + number);
    }
    topic(2);
    send(0, "a", "b", "c");
    send(1, "d", "e", "f");
    WireClient old = client();
    WireClient young = client();
    join(old);
    assertThat(poll(old, 1, 1, false).messages).hasSize(1);
    join(young);
    assertThat(assignments()).isEqualTo(List.of(List.of(0, 1), List.of()));

    assertThat(poll(old, 1, 3, true).messages).hasSize(3);

    assertThat(assignments()).isEqualTo(List.of(List.of(0), List.of(1)));
    assertThat(poll(young, -1, 3, true).currentOffset).isEqualTo(2);
    admin.createStream("afterwards");
    assertThat(store(old, 1, 2)).isEqualTo(Status.NOT_RESOLVED_CONSUMER);
  }

  @Test
  void aMemberThatNeverCommitsLosesThePromisedPartitionAfterTheTimeOut() throws Exception {
    topic(2);
    send(1, "a", "b");
    WireClient old = client();
    WireClient young = client();
    join(old);
    assertThat(poll(old, 1, 2, false).messages).hasSize(2);
    join(young);
    assertThat(poll(young, 1, 2, false).messages).as("not its own yet").isEmpty();

    awaitAssignments(List.of(List.of(0), List.of(1)));

    assertThat(store(old, 1, 1)).isEqualTo(Status.NOT_RESOLVED_CONSUMER);
    Replies.Polled again = poll(young, -1, 2, false);
    assertThat(again.partitionId).isEqualTo(1);
    assertThat(again.messages).as("not committed, so once more").hasSize(2);
  }

  @Test
  void aMemberThatDiesIsLeftOutAtOnceWhateverLoopItIsOn() throws Exception {
    topic(4);
    List<WireClient> members = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      members.add(client());
      join(members.get(i));
    }
    assertThat(assignments()).hasSize(4).allMatch(partitions -> partitions.size() == 1);

    members.get(1).close();
    members.get(2).close();

    awaitAssignments(List.of(List.of(0, 2), List.of(1, 3)));
  }

  /** The network between keeps the sockets open, so that no system tells that the peer is gone. */
  @Test
  void aMemberThatVanishesWithoutAWordIsLeftOutByItsPings() throws Exception {
    topic(4);
    try (LinkTwin network = LinkTwin.to(broker.port(), 1)) {
      String url = "ws://127.0.0.1:" + network.port();
      Target target = Target.parse(url, "iggy", WireClient.PASSWORD);
      try (BenchConnection far = BenchConnection.open(target, BenchConnection.SMALL_BYTES)) {
        far.ask(written(out -> Requests.hello(out, 0, new byte[16], 0, new byte[16])), "hello");
        far.ask(written(out -> Requests.joinGroup(out, id("s"), id("t"), id("g"))), "a join");
        WireClient near = client();
        join(near);
        assertThat(assignments()).hasSize(2);

        network.stall(true);

        awaitAssignments(List.of(List.of(0, 1, 2, 3)));
        assertThat(poll(near, 3, 1, false).partitionId).isEqualTo(3);
      }
    }
  }

  private static Buffer written(Consumer<Buffer> request) {
    Buffer out = new Buffer();
    request.accept(out);
    return out;
  }

  @Test
  void groupsAndOffsetsSurviveARestartAndMembersDoNot() throws Exception {
    topic(1);
    send(0, "a", "b", "c");
    WireClient member = client();
    join(member);
    assertThat(poll(member, -1, 2, true).messages).hasSize(2);

    stop();
    start();

    assertThat(assignments()).isEmpty();
    assertThat(Replies.offsetInfo(stored(0)).storedOffset).isEqualTo(1);
    WireClient next = client();
    join(next);
    Replies.Polled polled = poll(next, -1, 10, false);
    assertThat(polled.messages).hasSize(1);
    assertThat(polled.messages.get(0).offset).isEqualTo(2);
  }

  @Test
  void aGroupWithTheIdOfADeletedOneHasNothingOfIt() throws Exception {
    topic(1);
    send(0, "a", "b");
    WireClient member = client();
    join(member);
    assertThat(store(member, 0, 1)).isZero();

    admin.ok(out -> Requests.deleteGroup(out, id("s"), id("t"), id("g")));

    Replies.ClientDetails me = Replies.client(member.ok(Requests::getMe));
    assertThat(me.memberships).isEmpty();
    assertThat(store(member, 0, 1)).isEqualTo(Status.CONSUMER_GROUP_NOT_FOUND);
    admin.ok(out -> Requests.createGroup(out, id("s"), id("t"), "g"));
    assertThat(stored(0).size()).isZero();
    assertThat(store(member, 0, 1)).isEqualTo(Status.CONSUMER_GROUP_MEMBER_NOT_FOUND);
    stop();
    start();
    assertThat(stored(0).size()).as("nor after a restart").isZero();
  }

  @Test
  void whatIsPolledOverTheEndOfOwnershipIsNotHandedOut() throws Exception {
    topic(1);
    send(0, "a");
    WireClient member = client();
    join(member);
    WireClient other = client();
    join(other);
    assertThat(poll(other, 0, 1, true).messages).isEmpty();
    assertThat(store(other, -1, 0)).isEqualTo(Status.NOT_RESOLVED_CONSUMER);
    assertThat(stored(0).size()).isZero();

    member.ok(out -> Requests.leaveGroup(out, id("s"), id("t"), id("g")));

    assertThat(poll(other, -1, 1, true).messages).hasSize(1);
  }

  /** What the kernel says: column 6 of /proc/net/tcp is the timer, 2 that of probes. */
  @Test
  void aMemberIsProbedSoonerThanOthers() throws Exception {
    topic(1);
    WireClient client = client();
    assertThat(client.status(Requests::ping)).isZero();
    await().atMost(PATIENCE).until(() -> probeSeconds(client) > 30);

    join(client);
    await().atMost(PATIENCE).until(() -> probeSeconds(client) <= 10);

    client.ok(out -> Requests.leaveGroup(out, id("s"), id("t"), id("g")));
    await().atMost(PATIENCE).until(() -> probeSeconds(client) > 30);
  }

  /** Until the broker's side of the connection is probed; 0 while another timer runs. */
  private int probeSeconds(WireClient client) throws IOException {
    String ports = String.format("%04X %04X", broker.port(), client.localPort());
    for (String file : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
      for (String line : Files.readAllLines(Path.of(file))) {
        String[] columns = line.trim().split("[ :]+");
        if (columns.length > 10 && ports.equals(columns[2] + " " + columns[4])) {
          boolean probes = columns[8].equals("02");
          return probes ? Integer.parseInt(columns[9], 16) / TICKS_PER_SECOND : 0;
        }
      }
    }
    return 0;
  }

  @Test
  void aThousandGroupsOfOneConnection() throws Exception {
    topic(2);
    int groups = 1_000;
    List<WireClient> creators = new ArrayList<>();
    for (int i = 0; i < 50; i++) { // side by side: they share the journal's writes
      creators.add(client());
    }
    for (int i = 0; i < groups; i++) {
      String name = "g" + i;
      creators
          .get(i % creators.size())
          .send(out -> Requests.createGroup(out, id("s"), id("t"), name));
    }
    for (int i = 0; i < groups; i++) {
      assertThat(creators.get(i % creators.size()).receive().ok()).isTrue();
    }
    WireClient member = client();
    for (int i = 0; i < groups; i++) {
      String name = "g" + i;
      member.send(out -> Requests.joinGroup(out, id("s"), id("t"), id(name)));
    }
    for (int i = 0; i < groups; i++) {
      assertThat(member.receive().ok()).isTrue();
    }
    assertThat(Replies.client(member.ok(Requests::getMe)).memberships).hasSize(groups);

    member.close();

    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(members("g0") + members("g999")).isZero());
  }

  private int members(String group) throws IOException, ProtocolException {
    return Replies.group(admin.ok(out -> Requests.getGroup(out, id("s"), id("t"), id(group))))
        .membersCount;
  }
}

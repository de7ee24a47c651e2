package dev.whippet.broker.internal.command.group;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.catalog.GroupEntry;
import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.testkit.ManualClock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Random events against {@link GroupModel}: after each of them everybody has what the rules give,
 * in the order in which they are listed. Seeds 1 to 20, or {@code -Dwhippet.seed} and {@code
 * -Dwhippet.rounds}.
 */
final class GroupsModelTest {

  private static final int ROUNDS = 20;
  private static final int STEPS = 500;
  private static final long TIMEOUT_MICROS = 30_000_000;
  private static final GroupEntry GROUP = new GroupEntry(0, 0, 0, 1, "g");

  private final AtomicLong now = new AtomicLong(1);
  private final ManualClock clock = new ManualClock(now::get);
  private final Map<Integer, ClientSession> connections = new HashMap<>();
  private Random random;
  private GroupModel model;
  private Groups subject;

  @Test
  void everybodyHasWhatTheRulesGive() {
    long first = Long.getLong("whippet.seed", 1);
    int rounds = Integer.getInteger("whippet.rounds", ROUNDS);
    System.out.println("GroupsModelTest seeds " + first + " to " + (first + rounds - 1));
    for (long seed = first; seed < first + rounds; seed++) {
      play(seed);
    }
  }

  private void play(long seed) {
    random = new Random(seed);
    int members = 1 + random.nextInt(12);
    model = new GroupModel(random.nextInt(10));
    subject =
        new Groups(
            new Groups.Timing(clock, TIMEOUT_MICROS),
            (group, partition) -> model.stored.getOrDefault(partition, -1L));
    connections.clear();
    for (int step = 0; step < STEPS; step++) {
      int connection = random.nextInt(members);
      String event = step(connection);
      compare("seed " + seed + ", step " + step + ": " + event + " of " + connection);
    }
    IntStream.range(0, members).forEach(i -> subject.gone(session(i)));
    run();
    assertThat(subject.members(GROUP)).isEmpty();
  }

  private String step(int connection) {
    GroupModel.Seat seat = model.seat(connection);
    switch (random.nextInt(20)) {
      case 0, 1, 2, 3, 4:
        model.join(connection);
        subject.join(session(connection), GROUP, model.partitions);
        return "join";
      case 5:
        if (seat != null) {
          model.leave(connection);
          subject.leave(member(connection));
        }
        return "leave";
      case 6:
        vanish();
        return "some vanish";
      case 7:
        int partitions = random.nextInt(12);
        model.resize(partitions);
        subject.repartitioned(List.of(GROUP), partitions);
        return "resize to " + partitions;
      case 8:
        if (random.nextInt(5) == 0) {
          model.purge();
          subject.purged(List.of(GROUP));
        }
        return "purge";
      case 9, 10:
        if (random.nextInt(3) == 0) {
          pass(2 * TIMEOUT_MICROS);
          model.force();
        }
        return "time";
      default:
        if (seat != null && random.nextBoolean()) {
          poll(connection, seat);
          return "poll";
        }
        if (seat != null) {
          commit(connection, seat);
        }
        return "commit";
    }
  }

  /** Connections end in one turn of the loop; what they leave is dealt afterwards. */
  private void vanish() {
    List<GroupModel.Seat> seats = new ArrayList<>(model.slots.values());
    for (GroupModel.Seat seat : seats) {
      if (random.nextInt(3) == 0) {
        model.leave(seat.connection);
        subject.gone(session(seat.connection));
        connections.remove(seat.connection);
      }
    }
    if (random.nextBoolean()) {
      run();
    } // else the next event finds the group undealt
  }

  private void poll(int connection, GroupModel.Seat seat) {
    subject.resolve(member(connection), OptionalInt.empty()); // settles
    int partition = member(connection).next();
    assertThat(partition).isEqualTo(model.next(seat));
    if (random.nextInt(3) == 0 && !seat.partitions.isEmpty()) {
      partition = seat.partitions.get(random.nextInt(seat.partitions.size()));
    }
    if (partition >= 0 && random.nextInt(4) > 0) {
      long last = random.nextInt(6);
      assertThat(subject.has(member(connection), partition)).isTrue();
      subject.polled(member(connection), partition, last);
      model.poll(partition, last);
    }
  }

  private void commit(int connection, GroupModel.Seat seat) {
    int asked = random.nextInt(12);
    int partition = subject.resolve(member(connection), OptionalInt.of(asked));
    assertThat(partition).isEqualTo(seat.partitions.contains(asked) ? asked : Assignment.NONE);
    if (partition != Assignment.NONE) {
      long offset = random.nextInt(6);
      model.commit(partition, offset);
      subject.committed(GROUP, partition, offset);
    }
  }

  private void compare(String when) {
    List<Member> members = subject.members(GROUP);
    List<GroupModel.Seat> seats = List.copyOf(model.slots.values());
    assertThat(members).as(when).hasSameSizeAs(seats);
    assertThat(subject.size(GROUP)).as(when).isEqualTo(seats.size());
    for (int i = 0; i < members.size(); i++) {
      Member member = members.get(i);
      GroupModel.Seat seat = seats.get(i);
      assertThat(member.id()).as(when).isEqualTo(seat.id);
      assertThat(member.session()).as(when).isSameAs(session(seat.connection));
      assertThat(member.assignment().partitions())
          .as("%s: member %s", when, seat.id)
          .containsExactly(seat.partitions.stream().mapToInt(Integer::intValue).toArray());
      List<Integer> open = model.open(seat);
      assertThat(member.peek())
          .as(when)
          .isEqualTo(open.isEmpty() ? Assignment.NONE : open.get(seat.turn % open.size()));
    }
  }

  private Member member(int connection) {
    return subject.member(session(connection), GROUP);
  }

  private ClientSession session(int connection) {
    return connections.computeIfAbsent(
        connection, number -> new ClientSession(number, "10.0.0.1:" + number, 1, 0));
  }

  private void pass(long micros) {
    for (int i = 0; i < 20; i++) {
      now.addAndGet(micros / 20);
      run();
    }
  }

  private void run() {
    while (clock.runDue()) {}
  }
}

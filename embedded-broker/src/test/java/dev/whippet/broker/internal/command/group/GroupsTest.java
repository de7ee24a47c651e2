package dev.whippet.broker.internal.command.group;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.catalog.GroupEntry;
import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.testkit.ManualClock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Time-outs, deletion, and how much is done when there are many. */
final class GroupsTest {

  private static final int MANY = 1_000;
  private static final long TIMEOUT_MICROS = 30_000_000;
  private static final GroupEntry GROUP = new GroupEntry(0, 0, 0, 1, "g");

  private final AtomicLong now = new AtomicLong(1);
  private final ManualClock clock = new ManualClock(now::get);
  private final Map<Integer, Long> stored = new HashMap<>();
  private final Groups groups =
      new Groups(
          new Groups.Timing(clock, TIMEOUT_MICROS),
          (group, partition) -> stored.getOrDefault(partition, -1L));
  private int connections;

  private ClientSession connection() {
    return new ClientSession(++connections, "10.0.0.1:" + connections, 1, 0);
  }

  private Member join(GroupEntry group, int partitions) {
    ClientSession session = connection();
    groups.join(session, group, partitions);
    return groups.member(session, group);
  }

  private void pass(long micros) {
    now.addAndGet(micros);
    clock.runDue();
  }

  @Test
  void aPromisedPartitionMovesByForceAfterTheTimeOutAndNotBefore() {
    Member old = join(GROUP, 2);
    groups.polled(old, 0, 4);
    groups.polled(old, 1, 4);
    Member idle = join(GROUP, 2);
    for (long passed = 0; passed < TIMEOUT_MICROS; passed += 1_000_000) {
      assertThat(old.assignment().partitions()).containsExactly(0, 1);
      assertThat(old.next()).as("polls skip what is promised").isZero();
      assertThat(idle.next()).isEqualTo(Assignment.NONE);
      pass(1_000_000);
    }

    pass(TIMEOUT_MICROS / Groups.SWEEPS);

    assertThat(old.assignment().partitions()).containsExactly(0);
    assertThat(idle.assignment().partitions()).containsExactly(1);
    assertThat(groups.has(old, 1)).as("too late to commit").isFalse();
    assertThat(clock.due()).as("no timer without a promise").isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aPromiseMadeBetweenTwoLooksHasItsWholeTime() {
    Member first = join(GROUP, 4);
    IntStream.range(0, 4).forEach(partition -> groups.polled(first, partition, 9));
    join(GROUP, 4);
    pass(TIMEOUT_MICROS / Groups.SWEEPS - 1);
    Member third = join(GROUP, 4);

    pass(1);
    for (int i = 0; i < Groups.SWEEPS; i++) {
      assertThat(third.assignment().size()).isZero();
      pass(TIMEOUT_MICROS / Groups.SWEEPS);
    }

    assertThat(third.assignment().size()).isEqualTo(1);
  }

  @Test
  void aCommitThatCompletesMovesThePartitionAtOnce() {
    Member old = join(GROUP, 2);
    groups.polled(old, 1, 7);
    Member idle = join(GROUP, 2);

    groups.committed(GROUP, 1, 6);
    assertThat(idle.assignment().size()).as("below what was polled").isZero();
    groups.committed(GROUP, 1, 7);

    assertThat(idle.assignment().partitions()).containsExactly(1);
    assertThat(old.assignment().partitions()).containsExactly(0);
  }

  @Test
  void aDeletedGroupHasNoMembers() {
    Member member = join(GROUP, 2);
    GroupEntry other = new GroupEntry(0, 0, 1, 2, "other");
    groups.join(member.session(), other, 2);
    assertThat(groups.joined(member.session())).containsExactly(GROUP, other);

    groups.deleted(List.of(GROUP));

    assertThat(groups.joined(member.session())).containsExactly(other);
    assertThat(groups.member(member.session(), GROUP)).isNull();
    assertThat(groups.has(member, 0)).isFalse();
    assertThat(member.next()).isEqualTo(Assignment.NONE);
    groups.committed(GROUP, 0, 1);
    groups.gone(member.session());
    assertThat(groups.joined(member.session())).isEmpty();
  }

  @Test
  void eachJoinTouchesTwoMembersAtMostHoweverManyThereAre() {
    List<Member> members = new ArrayList<>();
    List<Assignment> seen = new ArrayList<>();
    int published = 0;
    for (int i = 0; i < 2 * MANY; i++) {
      members.add(join(GROUP, MANY));
      seen.add(Assignment.EMPTY);
      for (int at = 0; at < members.size(); at++) {
        Assignment is = members.get(at).assignment();
        published += is == seen.get(at) ? 0 : 1;
        seen.set(at, is);
      }
    }

    assertThat(published).as("nothing is published for who stays idle").isLessThan(2 * MANY);
    assertThat(members.subList(0, MANY)).allMatch(member -> member.assignment().size() == 1);
    assertThat(members.subList(MANY, 2 * MANY)).allMatch(member -> member.assignment().size() == 0);
  }

  @Test
  void membersThatVanishTogetherAreDealtForOnce() {
    List<Member> members = new ArrayList<>();
    IntStream.range(0, MANY).forEach(i -> members.add(join(GROUP, MANY)));
    Member survivor = members.remove(MANY / 2);
    Assignment before = survivor.assignment();

    members.forEach(member -> groups.gone(member.session()));
    assertThat(survivor.assignment()).as("not a thousand times").isSameAs(before);
    clock.runDue();

    assertThat(survivor.assignment().partitions())
        .containsExactly(IntStream.range(0, MANY).toArray());
    assertThat(groups.size(GROUP)).isEqualTo(1);
  }

  @Test
  void oneConnectionInAThousandGroupsLeavesThemAll() {
    List<GroupEntry> entries = new ArrayList<>();
    List<Member> others = new ArrayList<>();
    ClientSession session = connection();
    for (int i = 0; i < MANY; i++) {
      GroupEntry entry = new GroupEntry(0, 0, i, i + 1, "g" + i);
      entries.add(entry);
      groups.join(session, entry, 2);
      others.add(join(entry, 2));
    }
    assertThat(groups.joined(session)).isEqualTo(entries);
    assertThat(groups.count(session)).isEqualTo(MANY);

    groups.gone(session);
    clock.runDue();

    assertThat(groups.count(session)).isZero();
    assertThat(others).allMatch(member -> member.assignment().size() == 2);
  }
}

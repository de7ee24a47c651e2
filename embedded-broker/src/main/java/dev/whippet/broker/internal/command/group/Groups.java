package dev.whippet.broker.internal.command.group;

import dev.whippet.broker.internal.catalog.GroupEntry;
import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.log.engine.LoopClock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The live side of all consumer groups: who is a member, who has which partition. Nothing of it is
 * durable; after a restart clients join again.
 *
 * <p>Loop 0 makes every change. Any loop finds a connection's own {@link Member} without a lock and
 * reads what it may poll from an immutable {@link Assignment}; before the messages leave, loop 0
 * confirms that the partition is still the member's ({@link #polled}).
 *
 * <p>Two timers, none while there is nothing to wait for: what members that vanished leave behind
 * is dealt once for all of them that went together; partitions that are promised and not committed
 * move by force after {@link Timing#rebalanceMicros} to 7/6 of it.
 */
public final class Groups {

  /** Memberships of all connections (about 300 bytes each, and 12 a partition). */
  public static final int MEMBERS_MAX = 200_000;

  /** Looks at promised partitions while the time for a commit runs. */
  static final int SWEEPS = 6;

  /** What a group has stored. */
  public interface StoredOffsets {
    /** The offset of {@code partition}, or a negative number. */
    long of(GroupEntry group, int partition);
  }

  /**
   * Time for the groups.
   *
   * @param clock loop 0's
   * @param rebalanceMicros for how long a partition waits for its old member's commit
   */
  public record Timing(LoopClock clock, long rebalanceMicros) {}

  private static final Map<Integer, Member> NOWHERE = Map.of();

  private final LoopClock clock;
  private final long sweepMicros;
  private final StoredOffsets stored;
  private final Map<Integer, Group> bySerial = new HashMap<>();
  private final Map<ClientSession, Map<Integer, Member>> bySession = new ConcurrentHashMap<>();
  private final Set<Group> unsettled = new LinkedHashSet<>();
  private final Set<Group> waiting = new LinkedHashSet<>();
  private boolean sweeping;
  private long joins;
  private int members;

  /**
   * Without members.
   *
   * @param stored read on loop 0
   */
  public Groups(Timing timing, StoredOffsets stored) {
    this.clock = timing.clock();
    this.sweepMicros = Math.max(1, timing.rebalanceMicros() / SWEEPS);
    this.stored = stored;
  }

  // --- any thread -------------------------------------------------------------------------------

  /** The connection's membership of the group, or {@code null}. */
  public Member member(ClientSession session, GroupEntry group) {
    return bySession.getOrDefault(session, NOWHERE).get(group.serial());
  }

  /** What the connection has joined, in this order. */
  public List<GroupEntry> joined(ClientSession session) {
    return bySession.getOrDefault(session, NOWHERE).values().stream()
        .sorted(Comparator.comparingLong(member -> member.order))
        .map(Member::group)
        .toList();
  }

  /** How many groups the connection has joined. */
  public int count(ClientSession session) {
    return bySession.getOrDefault(session, NOWHERE).size();
  }

  // --- loop 0 -----------------------------------------------------------------------------------

  /** True when there is room for another membership. */
  public boolean hasRoom() {
    return members < MEMBERS_MAX;
  }

  /** The connection becomes a member of a group whose topic has {@code partitions} partitions. */
  public void join(ClientSession session, GroupEntry entry, int partitions) {
    Group group =
        bySerial.computeIfAbsent(
            entry.serial(),
            serial -> new Group(entry, partitions, partition -> stored.of(entry, partition)));
    if (member(session, entry) == null) {
      members++;
      Member member = group.join(session, joins++);
      bySession
          .computeIfAbsent(session, absent -> new ConcurrentHashMap<>())
          .put(entry.serial(), member);
      session.joined(count(session));
    } else {
      group.completeSettled();
    }
    watch(group);
  }

  /** The member leaves. */
  public void leave(Member member) {
    forget(member);
    Group group = bySerial.get(member.group().serial());
    group.remove(member);
    group.settle();
  }

  /** The connection is gone. */
  public void gone(ClientSession session) {
    for (Member member : List.copyOf(bySession.getOrDefault(session, NOWHERE).values())) {
      forget(member);
      Group group = bySerial.get(member.group().serial());
      group.remove(member);
      if (unsettled.isEmpty()) {
        clock.after(0, this::settle);
      }
      unsettled.add(group);
    }
  }

  /** Only connections that pass stay members of anything. */
  public void keep(Predicate<ClientSession> stays) {
    for (ClientSession session : List.copyOf(bySession.keySet())) {
      if (!stays.test(session)) {
        gone(session);
      }
    }
  }

  /** The groups are deleted: they have no members any more. */
  public void deleted(Collection<GroupEntry> entries) {
    for (GroupEntry entry : entries) {
      Group group = bySerial.remove(entry.serial());
      if (group != null) {
        group.members().forEach(this::forget);
        group.members().forEach(Member::retire);
        unsettled.remove(group);
        waiting.remove(group);
      }
    }
  }

  /** The topic of these groups has so many partitions now. */
  public void repartitioned(Collection<GroupEntry> ofTopic, int partitions) {
    live(ofTopic).forEach(group -> group.resize(partitions));
  }

  /** The messages of the topic of these groups are gone, polled or not. */
  public void purged(Collection<GroupEntry> ofTopic) {
    live(ofTopic).forEach(Group::purged);
  }

  /** True when the member has the partition, to be polled or committed. */
  public boolean has(Member member, int partition) {
    Group group = groupOf(member);
    return group != null && member.assignment().has(partition);
  }

  /** The partition that a commit is for, or {@link Assignment#NONE} when it is not the member's. */
  public int resolve(Member member, OptionalInt asked) {
    if (groupOf(member) == null) {
      return Assignment.NONE;
    }
    if (asked.isEmpty()) {
      return member.peek();
    }
    return member.assignment().has(asked.getAsInt()) ? asked.getAsInt() : Assignment.NONE;
  }

  /** The member is about to get messages up to this offset; it has the partition. */
  public void polled(Member member, int partition, long lastOffset) {
    bySerial.get(member.group().serial()).polled(partition, lastOffset);
  }

  /** The group's offset was stored durably. */
  public void committed(GroupEntry entry, int partition, long offset) {
    Group group = bySerial.get(entry.serial());
    if (group != null) {
      group.committed(partition, offset);
    }
  }

  /** The members in the order in which they are listed. */
  public List<Member> members(GroupEntry entry) {
    Group group = bySerial.get(entry.serial());
    return group == null ? List.of() : group.members();
  }

  /** How many members the group has. */
  public int size(GroupEntry entry) {
    Group group = bySerial.get(entry.serial());
    return group == null ? 0 : group.size();
  }

  /** The member's group with nothing left to deal; {@code null} when it was deleted. */
  private Group groupOf(Member member) {
    Group group = bySerial.get(member.group().serial());
    if (group != null) {
      group.settle();
    }
    return group;
  }

  private Stream<Group> live(Collection<GroupEntry> entries) {
    return entries.stream().map(entry -> bySerial.get(entry.serial())).filter(Objects::nonNull);
  }

  private void forget(Member member) {
    bySession.computeIfPresent(
        member.session(),
        (session, joined) -> {
          joined.remove(member.group().serial());
          return joined.isEmpty() ? null : joined;
        });
    member.session().joined(count(member.session()));
    members--;
  }

  private void settle() {
    List<Group> all = new ArrayList<>(unsettled);
    unsettled.clear();
    all.forEach(Group::settle);
  }

  private void watch(Group group) {
    if (group.hasRevocations()) {
      waiting.add(group);
      if (!sweeping) {
        sweeping = true;
        clock.after(sweepMicros, this::sweep);
      }
    }
  }

  /** A promise made between two sweeps waits for one more, so that it has its time. */
  private void sweep() {
    sweeping = false;
    List<Group> all = new ArrayList<>(waiting);
    waiting.clear();
    for (Group group : all) {
      group.sweep(SWEEPS + 1);
      watch(group);
    }
  }
}

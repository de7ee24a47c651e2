package dev.whippet.broker.internal.command.group;

import dev.whippet.broker.internal.catalog.GroupEntry;
import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.group.Member.Revocation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntToLongFunction;

/**
 * The members of one group and what each of them has (iggy-classic.md 6.6). Owner: loop 0.
 *
 * <pre>
 *   join      the first one gets everything. Whoever comes later is idle; members above the fair
 *             share promise partitions from the end of their list, one for each idle member
 *   promised  moves at once when the group has nothing of it under way: it never polled it, or
 *             committed what it polled last. Otherwise with that commit, or after a time
 *   leave,    everything is dealt anew, partition i to member i modulo members in the order of
 *   resize    slots; promises and what was polled are forgotten
 * </pre>
 *
 * <p>There is always an owner for every partition as long as there is a member, so that nobody has
 * more than a fair share once there are more members than partitions: joining such a group is
 * looking up the highest number. Members that leave together are dealt for once: {@link #remove}
 * marks, {@link #settle} deals; every other method settles first.
 */
final class Group {

  private final GroupEntry entry;
  private final IntToLongFunction committed;
  private final List<Member> slots = new ArrayList<>();
  private final Deque<Integer> freeSlots = new ArrayDeque<>();
  private final TreeSet<Integer> ids = new TreeSet<>();
  private final TreeMap<Integer, Member> idle = new TreeMap<>();
  private final Map<Integer, Revocation> revocations = new LinkedHashMap<>();
  private final Map<Integer, Long> lastPolled = new HashMap<>();
  private int partitions;
  private boolean stale;

  /**
   * Without members.
   *
   * @param committed the group's stored offset of a partition, negative when there is none
   */
  Group(GroupEntry entry, int partitions, IntToLongFunction committed) {
    this.entry = entry;
    this.partitions = partitions;
    this.committed = committed;
  }

  /** A connection that is no member becomes one. */
  Member join(ClientSession session, long order) {
    settle();
    int id = ids.isEmpty() ? 0 : ids.last() + 1;
    int slot = freeSlots.isEmpty() ? slots.size() : freeSlots.pop();
    Member member = new Member(entry, session, id, slot, order);
    if (slot == slots.size()) {
      slots.add(member);
    } else {
      slots.set(slot, member);
    }
    ids.add(id);
    idle.put(slot, member);
    if (ids.size() == 1) {
      deal();
    } else {
      promise();
    }
    completeSettled();
    return member;
  }

  /** Partitions that have nothing under way move. */
  void completeSettled() {
    for (Revocation revocation : List.copyOf(revocations.values())) {
      Long polled = lastPolled.get(revocation.partition);
      if (polled == null || committed.applyAsLong(revocation.partition) >= polled) {
        complete(revocation);
      }
    }
  }

  /** The member is gone; its partitions are dealt by the next {@link #settle}. */
  void remove(Member member) {
    slots.set(member.slot, null);
    freeSlots.push(member.slot);
    ids.remove(member.id);
    idle.remove(member.slot);
    member.retire();
    stale = true;
  }

  /** Deals anew if somebody left. */
  void settle() {
    if (stale) {
      deal();
    }
  }

  /** The topic has so many partitions now. */
  void resize(int count) {
    partitions = count;
    deal();
  }

  /** What was polled so far is gone: the topic was purged. */
  void purged() {
    settle();
    lastPolled.clear();
    completeSettled();
  }

  /** The member got messages up to this offset. */
  void polled(int partition, long lastOffset) {
    settle();
    lastPolled.put(partition, lastOffset);
  }

  /** The group's offset is stored. */
  void committed(int partition, long offset) {
    settle();
    Revocation revocation = revocations.get(partition);
    if (revocation != null && offset >= lastPolled.getOrDefault(partition, -1L)) {
      complete(revocation);
    }
  }

  /** Time passes: partitions that were promised {@code sweeps} sweeps ago move now. */
  void sweep(int sweeps) {
    settle();
    for (Revocation revocation : List.copyOf(revocations.values())) {
      if (++revocation.sweeps >= sweeps) {
        complete(revocation);
      }
    }
  }

  boolean hasRevocations() {
    return !revocations.isEmpty();
  }

  int size() {
    return ids.size();
  }

  /** In the order of slots. */
  List<Member> members() {
    settle();
    List<Member> members = new ArrayList<>(ids.size());
    for (Member member : slots) {
      if (member != null) {
        members.add(member);
      }
    }
    return members;
  }

  private void deal() {
    stale = false;
    revocations.clear();
    lastPolled.clear();
    idle.clear();
    List<Member> members = members();
    for (Member member : members) {
      member.partitions.clear();
      member.leaving.clear();
      member.expects = false;
    }
    for (int i = 0; i < partitions && !members.isEmpty(); i++) {
      members.get(i % members.size()).partitions.add(i);
    }
    for (Member member : members) {
      member.publish();
      if (member.isIdle()) {
        idle.put(member.slot, member);
      }
    }
  }

  /** Members above the fair share promise what they have too much to idle ones. */
  private void promise() {
    int members = ids.size();
    if (members > partitions) {
      return; // nobody has more than one
    }
    int share = partitions / members;
    int withOneMore = partitions % members;
    for (int slot = 0; slot < slots.size() && !idle.isEmpty(); slot++) {
      Member member = slots.get(slot);
      if (member == null || member.load() <= share) {
        continue;
      }
      int allowed = withOneMore > 0 ? share + 1 : share;
      withOneMore = Math.max(0, withOneMore - 1);
      boolean changed = false;
      while (member.load() > allowed && !idle.isEmpty()) {
        promise(member.lastKept(), member, idle.pollFirstEntry().getValue());
        changed = true;
      }
      if (changed) {
        member.publish();
      }
    }
  }

  private void promise(int partition, Member from, Member to) {
    Revocation revocation = new Revocation(partition, from, to);
    from.leaving.put(partition, revocation);
    to.expects = true;
    revocations.put(partition, revocation);
  }

  /** First the old owner loses it, then the new one has it: never both. */
  private void complete(Revocation revocation) {
    Integer partition = revocation.partition;
    revocations.remove(partition);
    Member from = revocation.from;
    from.leaving.remove(partition);
    from.partitions.remove(partition);
    from.publish();
    Member to = revocation.to;
    to.expects = false;
    to.partitions.add(partition);
    to.publish();
  }
}

package dev.whippet.broker.internal.command.group;

import dev.whippet.broker.internal.catalog.GroupEntry;
import dev.whippet.broker.internal.command.ClientSession;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One connection's membership of one group. What it has is changed by loop 0 and published as an
 * {@link Assignment}; where its round of polls stands is its connection's loop's.
 */
public final class Member {

  private final GroupEntry group;
  private final ClientSession session;
  final int id;
  final int slot;

  /** In the order in which they came. Loop 0. */
  final List<Integer> partitions = new ArrayList<>();

  /** Those of them that are to leave. Loop 0. */
  final Map<Integer, Revocation> leaving = new LinkedHashMap<>();

  /** Some other member's partition is to come. Loop 0. */
  boolean expects;

  /** When it joined, in the order of all joins. */
  final long order;

  private volatile Assignment assignment = Assignment.EMPTY;
  private volatile int turn;

  Member(GroupEntry group, ClientSession session, int id, int slot, long order) {
    this.group = group;
    this.session = session;
    this.id = id;
    this.slot = slot;
    this.order = order;
  }

  /** A partition on its way from one member to another, decided and not yet done. */
  static final class Revocation {
    final int partition;
    final Member from;
    final Member to;
    int sweeps;

    Revocation(int partition, Member from, Member to) {
      this.partition = partition;
      this.from = from;
      this.to = to;
    }
  }

  /** The group as it was joined. Any thread. */
  public GroupEntry group() {
    return group;
  }

  /** Whose membership it is. Any thread. */
  public ClientSession session() {
    return session;
  }

  /** Its number in the group, which is not its place in the list. Any thread. */
  public int id() {
    return id;
  }

  /** What it has. Any thread. */
  public Assignment assignment() {
    return assignment;
  }

  /**
   * The partition that the next poll without one is for, or {@link Assignment#NONE}; the round goes
   * on. Its connection's loop.
   */
  public int next() {
    Assignment now = assignment;
    int partition = now.at(turn);
    turn = now.after(turn);
    return partition;
  }

  /** Where the round stands. Any thread. */
  public int turn() {
    return turn;
  }

  /** Puts the round back: the poll begins anew. While its connection's loop does not touch it. */
  public void turn(int before) {
    turn = before;
  }

  /** As {@link #next}, but the round stays where it is. Any thread. */
  public int peek() {
    return assignment.at(turn);
  }

  /** How many it keeps. */
  int load() {
    return partitions.size() - leaving.size();
  }

  boolean isIdle() {
    return partitions.isEmpty() && !expects;
  }

  /** The last of those it keeps. */
  int lastKept() {
    for (int i = partitions.size() - 1; i >= 0; i--) {
      if (!leaving.containsKey(partitions.get(i))) {
        return partitions.get(i);
      }
    }
    throw new IllegalStateException("member " + id + " keeps nothing");
  }

  /** Shows what changed. */
  void publish() {
    int[] all = partitions.stream().mapToInt(Integer::intValue).toArray();
    int[] open =
        leaving.isEmpty()
            ? all
            : partitions.stream()
                .filter(partition -> !leaving.containsKey(partition))
                .mapToInt(Integer::intValue)
                .toArray();
    assignment = new Assignment(all, open);
  }

  /** It is no member any more. */
  void retire() {
    assignment = Assignment.EMPTY;
  }

  @Override
  public String toString() {
    return "member " + id + " of group " + group.name() + " (" + session + ")";
  }
}

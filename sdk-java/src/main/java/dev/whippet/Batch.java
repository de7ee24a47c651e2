package dev.whippet;

import java.util.Collections;
import java.util.Iterator;
import java.util.List;

/** What one {@link Consumer#poll} brought: messages of one partition, in order. Immutable. */
public final class Batch implements Iterable<ReceivedMessage> {
  static final Batch EMPTY = new Batch(-1, 0, Collections.<ReceivedMessage>emptyList());

  private final int partition;
  private final long newestOffset;
  private final List<ReceivedMessage> messages;

  Batch(int partition, long newestOffset, List<ReceivedMessage> messages) {
    this.partition = partition;
    this.newestOffset = newestOffset;
    this.messages = Collections.unmodifiableList(messages);
  }

  /**
   * Whether the poll timed out without a message.
   *
   * @return true if {@link #size()} is 0
   */
  public boolean isEmpty() {
    return messages.isEmpty();
  }

  /**
   * How many messages.
   *
   * @return at least 0
   */
  public int size() {
    return messages.size();
  }

  /**
   * The partition that all of them come from.
   *
   * @return -1 if empty
   */
  public int partition() {
    return partition;
  }

  /**
   * The offset of the newest message that the partition held at the time of the poll; with the last
   * message's offset it tells how far behind the consumer is.
   *
   * @return 0 if empty
   */
  public long newestOffset() {
    return newestOffset;
  }

  /**
   * The messages.
   *
   * @return an unmodifiable list in the order of offsets
   */
  public List<ReceivedMessage> messages() {
    return messages;
  }

  @Override
  public Iterator<ReceivedMessage> iterator() {
    return messages.iterator();
  }
}

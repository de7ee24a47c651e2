package dev.whippet;

import dev.whippet.internal.call.Clock;
import dev.whippet.internal.outbox.Entry;
import dev.whippet.internal.outbox.Outbox;
import dev.whippet.internal.outbox.OutboxException;
import dev.whippet.internal.segment.Channel;
import java.util.ArrayDeque;
import okio.ByteString;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A range of records that can't be promised: dropped, damaged, or with an unknown outcome. Reported
 * once to {@link ClientEvents#gap}; nothing is ever lost without one. Immutable.
 */
public final class Gap {
  private final Kind kind;
  private final long firstSequence;
  private final long lastSequence;
  private final long messages;
  private final String reason;
  private final long timeMillis;
  private final long bytes;

  Gap(
      Kind kind,
      long firstSequence,
      long lastSequence,
      long messages,
      String reason,
      long timeMillis) {
    this.kind = kind;
    this.firstSequence = firstSequence;
    this.lastSequence = lastSequence;
    this.messages = messages;
    this.reason = reason;
    this.timeMillis = timeMillis;
    this.bytes = 0;
  }

  /** The same, with its bytes known. */
  Gap(Gap from, long bytes) {
    this.kind = from.kind;
    this.firstSequence = from.firstSequence;
    this.lastSequence = from.lastSequence;
    this.messages = from.messages;
    this.reason = from.reason;
    this.timeMillis = from.timeMillis;
    this.bytes = bytes;
  }

  /** What happened to the records of a {@link Gap}. */
  public enum Kind {
    /** Dropped because the outbox was at its bound. */
    OVERFLOW,
    /** Dropped because they were too old. */
    EXPIRED,
    /** Could not be brought to stable storage; never had the receipt "stored". */
    NOT_STORED,
    /** Damaged on the device's disk, or encrypted with a key that nobody has any more. */
    CORRUPTED,
    /**
     * Sent again after the broker lost its memory of this producer: stored at least once, perhaps
     * twice. Or given up for its age or for want of room after it may have been sent: stored once
     * or not at all; then its receipt says dropped.
     */
    UNKNOWN_OUTCOME,
    /** Acknowledged earlier, and no longer known to the broker: it lost its tail. */
    LOST_BY_BROKER
  }

  /**
   * What happened.
   *
   * @return never null
   */
  public Kind kind() {
    return kind;
  }

  /**
   * The lane of the messages.
   *
   * @return never null
   */
  public Message.Lane lane() {
    return Message.Lane.of(firstSequence);
  }

  /**
   * Bytes that the messages took on the device.
   *
   * @return 0 if that is not known
   */
  public long bytes() {
    return bytes;
  }

  /**
   * The first sequence of the range.
   *
   * @return at least 1
   */
  public long firstSequence() {
    return firstSequence;
  }

  /**
   * The last sequence of the range, inclusive. Not every sequence in between need be concerned; see
   * {@link #messages()}.
   *
   * @return at least {@link #firstSequence()}
   */
  public long lastSequence() {
    return lastSequence;
  }

  /**
   * How many messages are concerned.
   *
   * @return -1 if that can't be known
   */
  public long messages() {
    return messages;
  }

  /**
   * Where and why, for a human.
   *
   * @return never null
   */
  public String reason() {
    return reason;
  }

  /**
   * When it was noticed.
   *
   * @return milliseconds since 1970 by the device's clock
   */
  public long timeMillis() {
    return timeMillis;
  }

  @Override
  public String toString() {
    return "Gap{"
        + kind
        + " "
        + lane()
        + ", "
        + firstSequence
        + " to "
        + lastSequence
        + ", "
        + messages
        + " messages: "
        + reason
        + "}";
  }

  /**
   * The topic that is told about gaps. A report is a message of the urgent lane that is taken
   * beyond the bounds of the backlog; when even memory is full it is tried again with the next
   * commit. Limit: {@value #WAITING_MAX} reports, then the newest is only logged and told.
   *
   * <p>Any thread; never blocks.
   */
  static final class Topic {
    private static final Logger LOG = LoggerFactory.getLogger(WhippetClient.class);
    private static final int WAITING_MAX = 1_024;

    private final String stream;
    private final String topic;
    private final ArrayDeque<Gap> waiting = new ArrayDeque<>();
    private Outbox outbox;

    Topic(String stream, String topic) {
      this.stream = stream;
      this.topic = topic;
    }

    void opened(Outbox outbox) {
      synchronized (this) {
        this.outbox = outbox;
      }
      retry();
    }

    void tell(Gap gap, boolean now) {
      synchronized (this) {
        if (waiting.size() == WAITING_MAX) {
          LOG.warn("Not published, too many gaps at once: {}", gap);
          return;
        }
        waiting.add(gap);
      }
      if (now) {
        retry();
      }
    }

    synchronized void retry() {
      try {
        while (outbox != null && !waiting.isEmpty()) {
          outbox.send(
              new Entry()
                  .report()
                  .lane(Channel.URGENT)
                  .route(outbox.routeFor(stream, topic))
                  .originTimestampMicros(Clock.SYSTEM.epochMillis() * 1_000)
                  .payload(waiting.peek().json(outbox.producerId())));
          waiting.poll();
        }
      } catch (OutboxException later) {
        LOG.debug("Gaps are published later: {}", later.getMessage());
      }
    }
  }

  private byte[] json(byte[] producer) {
    return ByteString.encodeUtf8(
            "{\"producer\":\""
                + ByteString.of(producer).hex()
                + "\",\"kind\":\""
                + kind
                + "\",\"lane\":\""
                + lane()
                + "\",\"channel\":"
                + Channel.of(firstSequence)
                + ",\"first\":"
                + Channel.number(firstSequence)
                + ",\"last\":"
                + Channel.number(lastSequence)
                + ",\"messages\":"
                + messages
                + ",\"bytes\":"
                + bytes
                + ",\"timeMillis\":"
                + timeMillis
                + "}")
        .toByteArray();
  }
}

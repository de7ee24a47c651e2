package dev.whippet.broker.internal.log.retain;

/**
 * Messages that retention removed.
 *
 * @param incarnation of the partition
 */
public record Drop(long incarnation, Reason reason, Range range, Size size) {

  /** Which bound asked for it. */
  public enum Reason {
    /** Older than the topic's message expiry. */
    EXPIRED("message expiry"),
    /** The topic was larger than its maximum size. */
    TOPIC_SIZE("topic size"),
    /** The messages of all topics took up more than the configuration allows. */
    RETENTION_SIZE("retention size"),
    /** Less of the disk was free than the configuration asks for. */
    DISK_FREE("free space"),
    /** Somebody asked for it: delete_segments. */
    REQUESTED("delete segments");

    private final String words;

    Reason(String words) {
      this.words = words;
    }

    /** For people, such as {@code "topic size"}. */
    public String words() {
      return words;
    }
  }

  /** Offsets, both included. */
  public record Range(long first, long last) {}

  /**
   * How much went.
   *
   * @param bytes what the files took up
   */
  public record Size(long segments, long messages, long bytes) {
    public static final Size NOTHING = new Size(0, 0, 0);

    Size plus(Size more) {
      return new Size(segments + more.segments, messages + more.messages, bytes + more.bytes);
    }
  }

  /** Both as one: they went from the same partition for the same reason. */
  Drop plus(Drop later) {
    Range both =
        new Range(Math.min(range.first, later.range.first), Math.max(range.last, later.range.last));
    return new Drop(incarnation, reason, both, size.plus(later.size));
  }
}

package dev.whippet.internal.outbox;

/**
 * Where a record goes: stream and topic by name. Ids start at 1, are stored durably, and never
 * change their meaning within one outbox directory.
 */
public final class Route {
  /** A name on the wire has one length byte. */
  static final int NAME_BYTES_MAX = 255;

  private final int id;
  private final String stream;
  private final String topic;

  Route(int id, String stream, String topic) {
    this.id = id;
    this.stream = stream;
    this.topic = topic;
  }

  /** The id that records carry. */
  public int id() {
    return id;
  }

  /** The stream's name. */
  public String stream() {
    return stream;
  }

  /** The topic's name. */
  public String topic() {
    return topic;
  }

  @Override
  public String toString() {
    return id + ":" + stream + "/" + topic;
  }
}

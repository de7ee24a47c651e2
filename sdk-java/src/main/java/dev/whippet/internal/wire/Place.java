package dev.whippet.internal.wire;

import okio.Buffer;

/**
 * Where a producer's channel writes: one partition of one topic (whippet-extension.md 3.1, 3.4).
 *
 * <pre>
 * ident stream | ident topic | u32 partition | u16 channel
 * </pre>
 *
 * <p>Immutable; any thread.
 */
public final class Place {
  private final Identifier stream;
  private final Identifier topic;
  private final int partition;
  private final int channel;

  public Place(Identifier stream, Identifier topic, int partition, int channel) {
    if (partition < 0) {
      throw new IllegalArgumentException("partition < 0: " + partition);
    }
    if (channel < 0 || channel > Limits.CHANNEL_MAX) {
      throw new IllegalArgumentException("channel: " + channel + ", expected 0 to 65535");
    }
    this.stream = stream;
    this.topic = topic;
    this.partition = partition;
    this.channel = channel;
  }

  void writeTo(Buffer out) {
    stream.writeTo(out);
    topic.writeTo(out);
    out.writeIntLe(partition).writeShortLe(channel);
  }

  int byteCount() {
    return stream.byteCount() + topic.byteCount() + Integer.BYTES + Short.BYTES;
  }
}

package dev.whippet.broker.internal.command.exchange;

import dev.whippet.broker.internal.catalog.TopicEntry.Settings;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.log.PartitionSettings;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.internal.log.retain.Retention;
import dev.whippet.broker.internal.log.space.DiskBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.function.LongUnaryOperator;
import java.util.regex.Pattern;

/**
 * What the configuration says about topics: the durability of each, by name, and what 0 ("server
 * default") stands for when one is created. Immutable; any thread.
 *
 * @param durability of topics that no pattern fits
 * @param byName the first pattern that fits a topic counts
 * @param expiryMicros message expiry for 0, as on the wire: -1 (all ones) is never
 * @param sizeBytes maximum size for 0, as on the wire: -1 (all ones) is unlimited
 * @param sizeBytesMin a smaller maximum size is refused (status 1019): the segment size
 */
public record TopicRules(
    Durability durability,
    List<Named> byName,
    long expiryMicros,
    long sizeBytes,
    long sizeBytesMin) {

  /** "Never" and "unlimited" on the wire (iggy-classic.md 4.6, 4.7). */
  public static final long WITHOUT_LIMIT = -1;

  public TopicRules {
    byName = List.copyOf(byName);
  }

  /** Topics, by the names of stream and topic, and their level. */
  public record Named(Pattern stream, Pattern topic, Durability durability) {

    /** In {@code stream} and {@code topic}, a star stands for any characters. */
    public static Named of(String stream, String topic, Durability durability) {
      return new Named(glob(stream), glob(topic), durability);
    }

    private static Pattern glob(String text) {
      StringJoiner parts = new StringJoiner(".*");
      for (String part : text.split("\\*", -1)) {
        parts.add(Pattern.quote(part));
      }
      return Pattern.compile(parts.toString(), Pattern.DOTALL);
    }

    boolean fits(String streamName, String topicName) {
      return stream.matcher(streamName).matches() && topic.matcher(topicName).matches();
    }
  }

  /** True when some topics may have the level. */
  public boolean uses(Durability level) {
    return durability == level || byName.stream().anyMatch(named -> named.durability() == level);
  }

  /** The levels in words, for the start-up line. */
  public String text() {
    return "durability "
        + durability.name().toLowerCase(Locale.ROOT)
        + (byName.isEmpty() ? "" : " (" + byName.size() + " patterns)");
  }

  /** What the topic's replies mean. */
  public Durability durability(String stream, String topic) {
    for (Named names : byName) {
      if (names.fits(stream, topic)) {
        return names.durability();
      }
    }
    return durability;
  }

  /** As asked for, 0 included, but for the replication: an update (3.3). */
  public Settings literal(Request.TopicSettings asked) {
    return new Settings(
        asked.compression(), asked.messageExpiryMicros(), asked.maxSizeBytes(), replication(asked));
  }

  private static int replication(Request.TopicSettings asked) {
    return asked.replicationFactor() == 0 ? 1 : asked.replicationFactor();
  }

  /** As asked for, with every 0 resolved (4.6 to 4.8). */
  public Settings resolve(Request.TopicSettings asked) {
    return new Settings(
        asked.compression(),
        asked.messageExpiryMicros() == 0 ? expiryMicros : asked.messageExpiryMicros(),
        asked.maxSizeBytes() == 0 ? sizeBytes : asked.maxSizeBytes(),
        replication(asked));
  }

  /** How long the messages of a new topic stay: one for all of its partitions. */
  public Retention retention(Settings settings) {
    return new Retention(expiryOf(settings), new DiskBudget(sizeOf(settings)));
  }

  /** The topic was updated. */
  public void change(Retention retention, Settings settings) {
    retention.change(expiryOf(settings), sizeOf(settings));
  }

  /**
   * The settings of a topic's partitions, in order; they share the topic's retention.
   *
   * @param floors the offset floor of an incarnation
   */
  public List<PartitionSettings> partitions(
      String stream,
      String topic,
      Retention retention,
      long[] incarnations,
      LongUnaryOperator floors) {
    Durability level = durability(stream, topic);
    List<PartitionSettings> all = new ArrayList<>(incarnations.length);
    for (long incarnation : incarnations) {
      all.add(
          new PartitionSettings(incarnation, level, floors.applyAsLong(incarnation), retention));
    }
    return all;
  }

  /** An update stores 0 as it is; it still stands for what the configuration says. */
  private long expiryOf(Settings settings) {
    long asked = settings.messageExpiryMicros();
    return limit(asked == 0 ? expiryMicros : asked, Retention.NEVER);
  }

  private long sizeOf(Settings settings) {
    long asked = settings.maxSizeBytes();
    return limit(asked == 0 ? sizeBytes : asked, DiskBudget.UNLIMITED);
  }

  /** Unsigned on the wire: what is negative here is beyond every limit. */
  private static long limit(long value, long none) {
    return value <= 0 ? none : value;
  }
}

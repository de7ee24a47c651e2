package dev.whippet.broker.internal.catalog;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/**
 * The highest (epoch, instance) of each producer, so that two processes with one producer id, or a
 * restored backup, can't corrupt each other (whippet-extension.md 3.3).
 *
 * <p>Two views: {@code proposed} with what the journal has not confirmed yet, owned by loop 0 and
 * ordered by the last hello; {@code durable}, which any loop reads before it stores a publish. Both
 * hold at most {@link #PRODUCERS_MAX}; the producer that said hello the longest ago goes first, and
 * is then as good as new.
 */
public final class Producers {

  /** Producers remembered (about 200 bytes each). */
  static final int PRODUCERS_MAX = 100_000;

  /**
   * A producer of a user; the id's 16 bytes as two big-endian halves.
   *
   * @param userId who published
   * @param idHigh bytes 0..7
   * @param idLow bytes 8..15
   */
  public record ProducerKey(int userId, long idHigh, long idLow) {
    /** From the 16 bytes of a hello. */
    public static ProducerKey of(int userId, byte[] id) {
      ByteBuffer in = sixteen(id);
      return new ProducerKey(userId, in.getLong(), in.getLong());
    }
  }

  /**
   * One opening of a producer's outbox.
   *
   * @param epoch an unsigned 32-bit number, raised at each opening
   * @param instanceHigh bytes 0..7 of the random instance
   * @param instanceLow bytes 8..15
   */
  public record Opening(int epoch, long instanceHigh, long instanceLow) {
    /** From the epoch and the 16 bytes of a hello. */
    public static Opening of(int epoch, byte[] instance) {
      ByteBuffer in = sixteen(instance);
      return new Opening(epoch, in.getLong(), in.getLong());
    }

    /** A lower epoch than {@code highest}, or another instance of the same one. */
    boolean fencedBy(Opening highest) {
      int order = Integer.compareUnsigned(epoch, highest.epoch);
      return order < 0 || (order == 0 && !equals(highest));
    }
  }

  private final int producersMax;
  private final Map<ProducerKey, Opening> durable = new ConcurrentHashMap<>();
  private final Map<ProducerKey, Opening> proposed = new LinkedHashMap<>(16, 0.75f, true);

  Producers() {
    this(PRODUCERS_MAX);
  }

  Producers(int producersMax) {
    this.producersMax = producersMax;
  }

  /** True when a later opening of this producer is durably known. Any thread. */
  public boolean fenced(ProducerKey producer, Opening opening) {
    Opening highest = durable.get(producer);
    return highest != null && opening.fencedBy(highest);
  }

  /** The highest opening, confirmed or not; marks the producer as heard now. Loop 0. */
  Opening proposed(ProducerKey producer) {
    return proposed.get(producer);
  }

  /** A hello raises the highest opening; {@link #confirm} or {@link #withdraw} follows. Loop 0. */
  void propose(ProducerKey producer, Opening opening) {
    proposed.put(producer, opening);
    if (proposed.size() > producersMax) {
      Iterator<ProducerKey> oldest = proposed.keySet().iterator();
      durable.remove(oldest.next());
      oldest.remove();
    }
  }

  /** The journal holds the opening. Loop 0. */
  void confirm(ProducerKey producer, Opening opening) {
    if (proposed.containsKey(producer)) {
      durable.put(producer, opening);
    }
  }

  /** The journal failed: only what it holds counts. Loop 0. */
  void withdraw() {
    proposed.keySet().retainAll(durable.keySet());
    proposed.putAll(durable);
  }

  /** Visits what is durable, least recently heard first. Loop 0. */
  void forEach(BiConsumer<ProducerKey, Opening> visitor) {
    for (ProducerKey producer : proposed.keySet()) {
      Opening opening = durable.get(producer);
      if (opening != null) {
        visitor.accept(producer, opening);
      }
    }
  }

  private static ByteBuffer sixteen(byte[] bytes) {
    if (bytes.length != 16) {
      throw new IllegalArgumentException("not 16 bytes: " + bytes.length);
    }
    return ByteBuffer.wrap(bytes);
  }
}

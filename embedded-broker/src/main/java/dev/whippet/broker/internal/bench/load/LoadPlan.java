package dev.whippet.broker.internal.bench.load;

import dev.whippet.broker.internal.bench.client.Range;
import dev.whippet.broker.internal.bench.client.Target;

/**
 * What to send where, how much of it, in what shape. The words are iggy-bench's.
 *
 * @param messageBytes payload of one message
 */
public record LoadPlan(
    Target target, Range messagesPerBatch, Range messageBytes, Volume volume, Shape shape) {

  /**
   * How much, and how fast.
   *
   * @param batches of each actor; {@link Long#MAX_VALUE} = until the time is over
   * @param seconds 0 = until the batches are done
   * @param warmUpSeconds before measuring
   * @param requestsPerSecond of all actors of a group together; 0 = as fast as replies come
   * @param stallSeconds without any progress, after which a run has failed
   */
  public record Volume(
      long batches,
      double seconds,
      double warmUpSeconds,
      double requestsPerSecond,
      double stallSeconds) {}

  /**
   * Who, and on what.
   *
   * @param streams 0 = one for each pinned actor, else 1
   * @param partitions of each topic
   */
  public record Shape(
      int streams, int partitions, int producers, int consumers, Streams streamsAre) {}

  /** What is done about streams before a run, and counted after it. */
  public enum Streams {
    /** Deleted and made again. */
    NEW,
    /** Kept, made where missing. */
    KEPT,
    /** Made anew and not looked at again: the target only acknowledges. */
    UNCHECKED
  }

  /** Messages of one actor. */
  long messages() {
    long batches = volume.batches();
    return batches == Long.MAX_VALUE ? batches : batches * messagesPerBatch.max();
  }
}

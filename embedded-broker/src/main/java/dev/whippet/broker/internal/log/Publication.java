package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.format.Producer;

/**
 * Where a published batch stands in its producer's sequence (whippet-extension.md 3.1); message i
 * has sequence {@code firstSequence + i}.
 *
 * @param producer whose sequence
 * @param epoch of the producer's outbox, an unsigned 32-bit number
 * @param previous the highest sequence before this batch that went to this partition, 0 = none
 * @param firstSequence 1 or more, above {@code previous}
 */
public record Publication(Producer producer, int epoch, long previous, long firstSequence) {

  /**
   * The rule (whippet-extension.md 3.2), but for what is known already.
   *
   * @param last sequence of the batch
   * @param marks of the producer, {@code null} when it is unknown
   * @return why it is not taken, {@code null} when it is
   */
  LogFailure refusal(long last, ProducerTable.Marks marks) {
    if (firstSequence < 1 || previous < 0 || previous >= firstSequence || last < firstSequence) {
      return new LogFailure(
          LogFailure.Reason.INVALID,
          "sequences " + firstSequence + " to " + last + " after " + previous);
    }
    if (marks != null && Integer.compareUnsigned(epoch, marks.epoch) < 0) {
      return new LogFailure(
          LogFailure.Reason.FENCED,
          "epoch " + epoch + " below " + Integer.toUnsignedString(marks.epoch));
    }
    long appended = marks == null ? 0 : marks.appended;
    if (firstSequence > appended && previous != appended) {
      return new LogFailure(
          LogFailure.Reason.OUT_OF_SEQUENCE, "previous " + previous + ", appended " + appended);
    }
    return null;
  }
}

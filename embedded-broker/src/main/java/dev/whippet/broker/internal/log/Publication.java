package dev.whippet.broker.internal.log;

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
public record Publication(Producer producer, int epoch, long previous, long firstSequence) {}

package dev.whippet.broker.internal.log.retain;

/**
 * A segment that nothing is written to any more, as retention sees it.
 *
 * @param base offset of its first message
 * @param end base of the next segment
 * @param fileBytes what it takes up on disk
 * @param recordBytes sizes of its messages
 * @param messages how many there are
 * @param newestMicros time of its newest message; -1 when it has none
 */
public record SealedSegment(
    long base, long end, long fileBytes, long recordBytes, long messages, long newestMicros) {}

package dev.whippet.broker.internal.log.retain;

import java.util.List;

/**
 * What retention may take from one partition, at one moment.
 *
 * @param incarnation of the partition
 * @param retention of its topic
 * @param consumedTo offsets below have been read by every consumer that has stored one; {@link
 *     Long#MAX_VALUE} when none has
 * @param sealed its oldest sealed segments, oldest first; maybe not all
 * @param newestBytes size of the file that is written to
 */
public record Shelf(
    long incarnation,
    Retention retention,
    long consumedTo,
    List<SealedSegment> sealed,
    long newestBytes) {}

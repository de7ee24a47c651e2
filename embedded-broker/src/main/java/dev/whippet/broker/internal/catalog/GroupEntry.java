package dev.whippet.broker.internal.catalog;

/**
 * A consumer group of the catalog, immutable. Its members are not here: they are connections.
 *
 * @param id its slot in the topic; used again after a deletion
 * @param serial its identity, under which its offsets are stored; unsigned, never used again
 */
public record GroupEntry(int stream, int topic, int id, int serial, String name)
    implements Slots.Entry {}

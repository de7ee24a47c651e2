package dev.whippet.broker.internal.catalog;

import dev.whippet.broker.internal.catalog.TopicEntry.Settings;

/**
 * One durable fact about streams and topics: an entry of the journal, and a step from one {@link
 * CatalogState} to the next. The last three only stand in the journal's snapshots.
 */
public sealed interface CatalogChange {

  /** A stream in its slot. */
  record StreamCreated(int id, long createdAtMicros, String name) implements CatalogChange {}

  /** The stream and its topics are gone; its slot is the next to be used. */
  record StreamDeleted(int id) implements CatalogChange {}

  /** A topic in its slot; its partitions have the incarnations from {@code firstIncarnation} up. */
  record TopicCreated(
      int stream,
      int id,
      long createdAtMicros,
      String name,
      Settings settings,
      int partitions,
      long firstIncarnation)
      implements CatalogChange {}

  /** The topic is gone; its slot is the next to be used. */
  record TopicDeleted(int stream, int id) implements CatalogChange {}

  /** The order of free stream slots. */
  record StreamSlotsFree(int[] ids) implements CatalogChange {}

  /** The order of a stream's free topic slots. */
  record TopicSlotsFree(int stream, int[] ids) implements CatalogChange {}

  /** Incarnations below this one have been used. */
  record IncarnationFloor(long next) implements CatalogChange {}
}

package dev.whippet.broker.internal.command;

import dev.whippet.broker.internal.catalog.Catalog;
import dev.whippet.broker.internal.catalog.ConsumerOffsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** What handlers work with. */
record Services(
    Catalog catalog, ConsumerOffsets offsets, Partitions partitions, Access access, Hops hops) {

  /** The wall clock in microseconds since the epoch. */
  static long nowMicros() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
  }
}

package dev.whippet.broker.internal.command.exchange;

import dev.whippet.broker.internal.catalog.Catalog;
import dev.whippet.broker.internal.catalog.ConsumerOffsets;
import java.util.function.LongSupplier;

/** What handlers work with. */
public record Services(
    Catalog catalog,
    ConsumerOffsets offsets,
    Partitions partitions,
    TopicRules rules,
    Access access,
    Changes changes,
    Hops hops,
    LongSupplier clockMicros) {}

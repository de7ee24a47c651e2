package dev.whippet.broker.internal.log.format;

import io.netty.buffer.ByteBuf;

/**
 * A sound batch that start-up found outside its partition's segments.
 *
 * @param header as it was stored
 * @param records its records, checked; a reference that goes to whoever takes the batch
 */
public record LooseBatch(BatchHeader header, ByteBuf records) {}

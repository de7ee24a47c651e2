package dev.whippet.broker.internal.log;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * What a read found: message records exactly as the wire carries them (iggy-classic.md 5.1), in
 * offset order. Whoever gets it owns one reference to each slice.
 *
 * @param slices read-only by agreement; one or more whole records each
 * @param count records in all slices
 * @param bytes size of all slices
 * @param firstOffset offset of the first record, -1 when {@code count} is 0
 * @param lastOffset offset of the last record, -1 when {@code count} is 0
 */
public record Records(
    List<ByteBuf> slices, int count, long bytes, long firstOffset, long lastOffset) {

  static final Records NONE = new Records(List.of(), 0, 0, -1, -1);

  /** Gives all slices back. */
  public void release() {
    slices.forEach(ByteBuf::release);
  }
}

package dev.whippet.broker.simulation;

import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.log.format.BatchHeader;
import io.netty.buffer.ByteBuf;

/** Reads the records of a poll: each is sound and one of ours. */
public final class Polled {
  private Polled() {}

  /** What is done with each record. */
  @FunctionalInterface
  public interface Visitor {
    void record(long offset, long tag);
  }

  /** Visits all records and gives their memory back. */
  public static void each(Reply.Polled polled, Visitor visitor) {
    int count = 0;
    try {
      for (ByteBuf slice : polled.records()) {
        int index = slice.readerIndex();
        while (index < slice.writerIndex()) {
          int size = BatchHeader.recordBytes(slice, index);
          Inspection.check(size <= slice.writerIndex() - index, "a record is cut");
          Inspection.check(
              slice.getLongLE(index) == BatchHeader.checksum(slice, index + 8, size - 8),
              "a record whose checksum is wrong");
          visitor.record(slice.getLongLE(index + 24), Tags.check(slice, index, size));
          index += size;
          count++;
        }
      }
    } finally {
      polled.records().forEach(ByteBuf::release);
    }
    Inspection.check(count == polled.count(), count + " records, said " + polled.count());
  }
}

package dev.whippet.broker.internal.inspect;

import dev.whippet.broker.internal.log.PartitionView;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.LooseBatch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** What {@code ls}, {@code describe} and {@code dump} tell. Blocks. */
public final class Listing {

  /** One partition; {@code name} is null when the catalog does not know it. */
  public record Partition(long incarnation, String name, PartitionView view, int damaged) {}

  private final DataFiles files;

  public Listing(DataFiles files) {
    this.files = files;
  }

  /** Every partition, ascending by incarnation. */
  public List<Partition> partitions() throws InspectException {
    Map<Long, String> names = files.names();
    List<Partition> all = new ArrayList<>();
    for (long incarnation : files.incarnations()) {
      List<Damage> damage = new ArrayList<>();
      PartitionView view = files.view(incarnation, damage::add);
      all.add(new Partition(incarnation, names.get(incarnation), view, damage.size()));
    }
    return all;
  }

  /**
   * The partition called {@code stream/topic/id}, or its incarnation in hex.
   *
   * @throws InspectException when there is none
   */
  public Partition partition(String called) throws InspectException {
    for (Partition one : partitions()) {
      if (called.equals(one.name()) || called.equals(String.format("%016x", one.incarnation()))) {
        return one;
      }
    }
    throw new InspectException("no partition " + called + ": log ls lists what there is");
  }

  /** Shows records from {@code fromOffset} on until {@code visitor} wants no more. */
  public void records(Partition partition, long fromOffset, Predicate<RecordFields> visitor)
      throws IOException {
    for (Segment segment : partition.view().segments()) {
      if (segment.endOffset > fromOffset && !records(partition, segment, fromOffset, visitor)) {
        return;
      }
    }
    for (LooseBatch batch : partition.view().loose()) {
      int index = batch.records().readerIndex();
      for (int i = 0; i < batch.header().count; i++) {
        RecordFields record = RecordFields.read(batch.records(), index);
        if (record.offset() >= fromOffset && !visitor.test(record)) {
          return;
        }
        index += BatchHeader.recordBytes(batch.records(), index);
      }
    }
  }

  private boolean records(
      Partition partition, Segment segment, long fromOffset, Predicate<RecordFields> visitor)
      throws IOException {
    try (SegmentBatches all =
        new SegmentBatches(files.disk, segment, partition.incarnation(), fromOffset)) {
      while (all.next()) {
        int index = all.recordsIndex();
        for (int i = 0; all.hasSoundRecords() && i < all.header().count; i++) {
          RecordFields record = RecordFields.read(all.window(), index);
          if (record.offset() >= fromOffset && !visitor.test(record)) {
            return false;
          }
          index += BatchHeader.recordBytes(all.window(), index);
        }
      }
    }
    return true;
  }
}

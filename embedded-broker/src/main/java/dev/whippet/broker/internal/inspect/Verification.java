package dev.whippet.broker.internal.inspect;

import dev.whippet.broker.internal.catalog.Catalog;
import dev.whippet.broker.internal.catalog.ConsumerOffsets;
import dev.whippet.broker.internal.log.CleanStop;
import dev.whippet.broker.internal.log.PartitionView;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.IndexFile;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.Blocks;
import dev.whippet.broker.internal.log.format.FileHeader;
import dev.whippet.broker.internal.log.format.LooseBatch;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Reads everything: journals, indexes, and every record of every segment with its checksums and
 * offset. What recovery would find is found, and what only a reader would. Changes nothing.
 */
public final class Verification {

  /** Told after each piece of work. */
  public interface Progress {
    /** Bytes read so far, of how many in all. */
    void at(long bytes, long of);
  }

  private final DataFiles files;
  private final Consumer<Finding> findings;
  private final Progress progress;
  private final Set<Long> gaps = new HashSet<>();
  private long bytesRead;
  private long bytesInAll;

  /** Counts of what was found sound. */
  private long batches;

  private long messages;

  public Verification(DataFiles files, Consumer<Finding> findings, Progress progress) {
    this.files = files;
    this.findings = findings;
    this.progress = progress;
  }

  /** Blocks as long as reading it all takes. */
  public void run() throws InspectException {
    Catalog.Recovered catalog = Catalog.recover(files.disk, files.catalog(), this::found);
    catalog.findings().forEach(one -> findings.accept(Finding.wrong(files.catalog(), one)));
    ConsumerOffsets.recover(files.disk, files.offsets(), catalog.state(), this::found)
        .findings()
        .forEach(one -> findings.accept(Finding.wrong(files.offsets(), one)));
    files.readCommits(this::found);
    if (CleanStop.isDamaged(files.disk, files.cleanStop())) {
      String what = "the note of the clean stop is not sound; the next start reads more instead";
      findings.accept(Finding.wrong(files.cleanStop(), what));
    }
    List<Long> incarnations = files.incarnations();
    for (long incarnation : incarnations) {
      bytesInAll += sizeOf(files.directory(incarnation));
    }
    for (long incarnation : incarnations) {
      partition(incarnation);
    }
  }

  /** Sound messages seen. */
  public long messages() {
    return messages;
  }

  /** Sound batches seen. */
  public long batches() {
    return batches;
  }

  private long sizeOf(Path directory) {
    long bytes = 0;
    try {
      for (Path file : files.disk.list(directory)) {
        bytes += files.disk.size(file);
      }
    } catch (IOException e) {
      // The partition itself will tell.
    }
    return bytes;
  }

  private void found(Damage damage) {
    boolean loss = damage.kind() != Damage.Kind.TAIL_CUT;
    String lost = damage.count() > 0 ? damage.count() + " lost: " : "";
    if (loss && damage.firstOffset() >= 0 && !gaps.add(damage.firstOffset())) {
      return;
    }
    findings.accept(
        new Finding(
            loss,
            damage.file(),
            damage.position(),
            damage.firstOffset(),
            -1,
            lost + damage.what()));
  }

  private void partition(long incarnation) {
    gaps.clear();
    PartitionView view = files.view(incarnation, this::found);
    for (int i = 0; i < view.segments().size(); i++) {
      Segment segment = view.segments().get(i);
      boolean sealed = i + 1 < view.segments().size();
      try {
        header(segment, incarnation);
        if (sealed) {
          index(segment, incarnation);
        }
        records(segment, incarnation);
        bytesRead += files.disk.size(segment.path);
      } catch (IOException e) {
        findings.accept(Finding.wrong(segment.path, "can't be read: " + e));
      }
      progress.at(bytesRead, bytesInAll);
    }
    for (LooseBatch batch : view.loose()) { // sound, or it would not be here
      batches++;
      messages += batch.header().count;
    }
  }

  private void header(Segment segment, long incarnation) throws IOException {
    ByteBuf blocks = read(segment.path, FileHeader.COPIES_BYTES);
    for (int at = 0; at < FileHeader.COPIES_BYTES; at += Blocks.BYTES) {
      if (FileHeader.read(blocks, at, FileHeader.SEGMENT, incarnation) == null) {
        findings.accept(
            new Finding(true, segment.path, at, -1, -1, "this copy of the header is damaged"));
      }
    }
  }

  private void index(Segment segment, long incarnation) throws IOException {
    Path path = IndexFile.beside(segment.path);
    if (!files.disk.list(path.getParent()).contains(path)) {
      findings.accept(Finding.note(path, -1, "no index: the next start makes it"));
      return;
    }
    ByteBuf content = read(path, IndexFile.BYTES_MAX);
    Segment told = IndexFile.read(content, segment.path, incarnation, segment.base);
    if (told == null || told.salt != segment.salt || told.endOffset != segment.endOffset) {
      findings.accept(
          Finding.wrong(path, "the index is not sound; nothing is lost, the next start makes it"));
    }
  }

  private ByteBuf read(Path path, int bytesMax) throws IOException {
    try (var file = files.disk.open(path)) {
      ByteBuf content = Unpooled.buffer(bytesMax);
      return content.writerIndex(file.read(0, content.nioBuffer(0, bytesMax)));
    }
  }

  private void records(Segment segment, long incarnation) throws IOException {
    try (SegmentBatches all = new SegmentBatches(files.disk, segment, incarnation, 0)) {
      while (all.next()) {
        gap(segment, all.position(), all.gapFirst(), all.gap());
        if (all.hasSoundRecords()) {
          soundRecords(segment, all);
        } else {
          damagedRecords(segment, all);
        }
        progress.at(bytesRead + all.position(), bytesInAll);
      }
      gap(segment, all.position(), all.expected(), segment.endOffset - all.expected());
    }
  }

  private void gap(Segment segment, long position, long first, long count) {
    if (count > 0 && gaps.add(first)) {
      findings.accept(
          new Finding(true, segment.path, position, first, -1, count + " messages are missing"));
    }
  }

  private void soundRecords(Segment segment, SegmentBatches all) {
    int bad = firstBad(all);
    if (bad >= 0) {
      report(segment, all, bad, "its checksum, size or offset is wrong inside a sound batch");
      return;
    }
    batches++;
    messages += all.header().count;
  }

  private void damagedRecords(Segment segment, SegmentBatches all) {
    int bad = firstBad(all);
    report(
        segment,
        all,
        Math.max(bad, 0),
        "the batch of " + all.header().count + " messages is damaged; readers skip it");
  }

  private void report(Segment segment, SegmentBatches all, int record, String what) {
    long offset = all.header().baseOffset + record;
    findings.accept(new Finding(true, segment.path, all.position(), offset, record, what));
  }

  /** The first record that is not what was stored, -1 when all are. */
  private static int firstBad(SegmentBatches all) {
    BatchHeader header = all.header();
    ByteBuf window = all.window();
    int index = all.recordsIndex();
    int end = Math.min(index + header.bodyBytes, window.writerIndex());
    for (int i = 0; i < header.count; i++) {
      if (!RecordFields.isSound(window, index, end, header.baseOffset + i)) {
        return i;
      }
      index += BatchHeader.recordBytes(window, index);
    }
    return index == end ? -1 : header.count - 1;
  }
}

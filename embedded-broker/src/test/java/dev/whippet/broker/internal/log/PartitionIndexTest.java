package dev.whippet.broker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.IndexFile;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.FileHeader;
import dev.whippet.broker.internal.log.format.LooseBatch;
import dev.whippet.broker.internal.log.format.Producer;
import dev.whippet.broker.testkit.MemoryDisk;
import io.netty.buffer.ByteBuf;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Start-up with what stands beside the segments: index files, other batches, what was durable. */
class PartitionIndexTest {
  private static final Producer PRODUCER = new Producer(1, 2, 3, 4);

  private final MemoryDisk disk = new MemoryDisk(1, LogFixture.ROOT);
  private final List<Long> tags = new ArrayList<>();

  /** Some segments, all but the last with an index. */
  private void fill() {
    LogFixture fixture = new LogFixture(disk, LogFixture.small(), LogFixture.MORTAL);
    PartitionLog log =
        PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);
    for (long i = 0; i < 20; i++) {
      Publication publication = new Publication(PRODUCER, 1, i, i + 1);
      long tag = 100 * i;
      fixture.<PartitionLog.Published>run(
          done -> log.publish(fixture.records(tag), 1, publication, done));
      tags.add(tag);
    }
    fixture.close(log);
    assertThat(files(".seg")).hasSizeGreaterThan(4);
    assertThat(files(".idx")).hasSize(files(".seg").size() - 1);
  }

  private List<Path> files(String suffix) {
    return disk.files().stream().filter(file -> file.toString().endsWith(suffix)).toList();
  }

  private static LogFixture process(MemoryDisk disk) {
    return new LogFixture(disk, LogFixture.small(), LogFixture.MORTAL);
  }

  private List<Long> served(MemoryDisk left) {
    LogFixture fixture = process(left);
    PartitionLog log = fixture.recover();
    List<Long> found = fixture.readAll(log);
    assertThat(fixture.damage).isEmpty();
    assertThat(log.messages()).isEqualTo(found.size());
    fixture.close(log);
    return found;
  }

  @Test
  void sealedSegmentsAreTakenAsTheirIndexTells() {
    fill();
    int header = FileHeader.COPIES_BYTES;
    for (Path segment : files(".seg").subList(0, 3)) {
      disk.flip(segment, header + 5, 1); // the header of its first batch
    }
    LogFixture fixture = process(disk);

    PartitionLog log = fixture.recover();

    assertThat(fixture.damage).as("not even looked at").isEmpty();
    assertThat(log.messages()).isEqualTo(tags.size());
    assertThat(fixture.readAll(log)).as("never served, though").hasSizeLessThan(tags.size());
    assertThat(fixture.damage).isNotEmpty();
    fixture.close(log);
  }

  @Test
  void everyByteOfAnIndexFlippedChangesNothing() {
    fill();
    Path index = files(".idx").get(1);
    for (int i = 0; i < 128 + 24; i++) {
      MemoryDisk left = disk.afterKill(i);
      left.flip(index, i, 1 << i % 8);
      assertThat(served(left)).as("byte " + i).isEqualTo(tags);
    }
  }

  @Test
  void aMissingOrWrongIndexIsMadeAnew() {
    fill();
    byte[] before = disk.content(files(".idx").get(0)).clone();
    Path missing = files(".idx").get(0);
    Path wrong = files(".idx").get(1);
    disk.lose(missing);
    disk.flip(wrong, 20, 1);

    assertThat(served(disk)).isEqualTo(tags);

    assertThat(disk.content(missing)).isEqualTo(before);
    assertThat(served(disk)).isEqualTo(tags);
  }

  @Test
  void anIndexOfAnEarlierLifeOfTheNameIsNotBelieved() {
    fill();
    Path index = files(".idx").get(0);
    byte[] stale = disk.content(index).clone();
    MemoryDisk other = new MemoryDisk(2, LogFixture.ROOT);
    LogFixture fixture =
        new LogFixture(other, LogFixture.small(), LogFixture.MORTAL, new java.util.Random(77));
    PartitionLog log =
        PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);
    for (long tag = 1; tag < 12; tag++) {
      fixture.append(log, tag);
    }
    fixture.close(log);

    other.overwrite(index, 0, stale);

    assertThat(served(other)).hasSize(11);
  }

  @Test
  void aSegmentFileThatIsMissingIsReportedAlsoTheLast() {
    fill();
    List<Path> segments = files(".seg");
    for (int i = 1; i < segments.size(); i++) {
      MemoryDisk left = disk.afterKill(i);
      left.lose(segments.get(i));
      LogFixture fixture = process(left);
      PartitionLog log = fixture.recover();

      assertThat(fixture.damage).as(segments.get(i).toString()).isNotEmpty();
      assertThat(fixture.damage.get(0).kind()).isEqualTo(Damage.Kind.LOST);
      assertThat(log.readOnlyReason()).isNull();
      assertThat(fixture.append(log, 9_900).failure).isNull();
      fixture.close(log);
      LogFixture later = process(left);
      PartitionLog again = later.recover();
      assertThat(later.readAll(again)).endsWith(9_900L);
      later.close(again);
    }
  }

  @Test
  void batchesFromElsewhereGoBehindTheSegmentsOnce() {
    fill();
    LogFixture fixture = process(disk);
    List<LooseBatch> loose =
        List.of(loose(fixture, 18, 19), loose(fixture, 20, 21), loose(fixture, 21, 22));

    PartitionRecovery found = recovery(fixture);
    found.run(Evidence.NONE.withLoose(loose));

    assertThat(found.loose).containsExactly(loose.get(1), loose.get(2));
    assertThat(loose.get(0).records().refCnt()).as("folded before").isZero();
    assertThat(found.endOffset).isEqualTo(22);
    assertThat(found.messages).isEqualTo(22);
    assertThat(found.producers.find(PRODUCER).durable).isEqualTo(22);
    assertThat(fixture.damage).isEmpty();
    found.loose.forEach(one -> one.records().release());
  }

  @Test
  void aGapBeforeABatchFromElsewhereIsReported() {
    fill();
    LogFixture fixture = process(disk);

    PartitionRecovery found = recovery(fixture);
    found.run(Evidence.NONE.withLoose(List.of(loose(fixture, 25, 26))));

    assertThat(fixture.damage).hasSize(1);
    assertThat(fixture.damage.get(0).firstOffset()).isEqualTo(20);
    assertThat(fixture.damage.get(0).count()).isEqualTo(5);
    assertThat(found.endOffset).isEqualTo(26);
    found.loose.forEach(one -> one.records().release());
  }

  @Test
  void anEndBelowWhatWasDurableIsALossAndNoUnfinishedCommit() {
    fill();
    Path last = files(".seg").get(files(".seg").size() - 1);
    disk.shorten(last, FileHeader.COPIES_BYTES + 4096);
    LogFixture fixture = process(disk);

    PartitionRecovery found = recovery(fixture);
    found.run(new Evidence(List.of(), 20, null));

    assertThat(fixture.damage)
        .allMatch(one -> one.kind() == Damage.Kind.LOST && one.count() > 0)
        .anyMatch(one -> one.what().contains("durable messages at the end are missing"));
    assertThat(found.endOffset).as("no offset is used twice").isEqualTo(20);
  }

  private static PartitionRecovery recovery(LogFixture fixture) {
    return new PartitionRecovery(
        fixture.disk.blockingFiles(),
        PartitionLog.directoryOf(LogFixture.PARTITIONS, LogFixture.INCARNATION),
        LogFixture.INCARNATION,
        LogFixture.small(),
        fixture.damage::add);
  }

  private static LooseBatch loose(LogFixture fixture, long offset, long sequence) {
    ByteBuf records = fixture.records(100 * offset);
    BatchHeader header = new BatchHeader();
    header.incarnation = LogFixture.INCARNATION;
    header.baseOffset = offset;
    header.published = true;
    header.userId = PRODUCER.userId();
    header.producerHigh = PRODUCER.idHigh();
    header.producerLow = PRODUCER.idLow();
    header.channel = PRODUCER.channel();
    header.firstSequence = sequence;
    header.lastSequence = sequence;
    header.stamp(records, 1, new SplittableRandom(1));
    return new LooseBatch(header, records);
  }

  @Test
  void theNameOfAnIndexIsItsSegments() {
    assertThat(IndexFile.beside(Path.of("/x/00000000000000000019.seg")))
        .isEqualTo(Path.of("/x/00000000000000000019.idx"));
  }
}

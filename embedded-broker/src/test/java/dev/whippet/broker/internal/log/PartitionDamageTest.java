package dev.whippet.broker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.Blocks;
import dev.whippet.broker.internal.log.format.FileHeader;
import dev.whippet.broker.internal.log.format.Producer;
import dev.whippet.broker.testkit.MemoryDisk;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever happened to the bytes: it starts, serves nothing wrong, and says what is missing. */
class PartitionDamageTest {
  private static final LogConfig CONFIG = LogFixture.small();

  private final MemoryDisk sound = new MemoryDisk(1, LogFixture.ROOT);
  private final List<Long> tags = new ArrayList<>();

  private void fill(int commits) {
    LogFixture fixture = new LogFixture(sound, CONFIG, LogFixture.MORTAL);
    PartitionLog log =
        PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);
    for (long i = 0; i < commits; i++) {
      long tag = 100 * i;
      Publication publication = new Publication(new Producer(1, 2, 3, 4), 1, i, i + 1);
      fixture.<PartitionLog.Published>run(
          done -> log.publish(fixture.records(tag), 1, publication, done));
      fixture.append(log, tag + 1, tag + 2);
      tags.addAll(List.of(tag, tag + 1, tag + 2));
    }
    fixture.close(log);
  }

  /** Returns what is served. */
  private List<Long> check(MemoryDisk disk) {
    LogFixture fixture = new LogFixture(disk, CONFIG, LogFixture.MORTAL);
    PartitionLog log = fixture.recover();
    List<Long> found = fixture.readAll(log);
    assertThat(found).isSubsetOf(tags).isSorted().doesNotHaveDuplicates();
    assertThat(found.size() == tags.size() || !fixture.damage.isEmpty())
        .as("what is missing is reported")
        .isTrue();
    long end = log.endOffset();
    if (log.readOnlyReason() == null) {
      assertThat(fixture.append(log, 99_999).value()).isEqualTo(end);
      assertThat(fixture.readAll(log)).hasSize(found.size() + 1).endsWith(99_999L);
    }
    fixture.close(log);
    LogFixture later = new LogFixture(disk, CONFIG, LogFixture.MORTAL);
    PartitionLog again = later.recover();
    assertThat(later.readAll(again)).startsWith(found.toArray(Long[]::new));
    later.close(again);
    return found;
  }

  @Test
  void everyByteFlippedOneAtATime() {
    fill(3);
    Random random = new Random(3);
    int whole = 0;
    int tested = 0;
    for (Path file : sound.files()) {
      byte[] content = sound.content(file);
      for (int i = 0; i < content.length; i++) {
        boolean padding = content[i] == 0 && random.nextInt(64) != 0;
        if (padding) {
          continue;
        }
        MemoryDisk disk = sound.afterKill(i);
        disk.flip(file, i, 1 << random.nextInt(8));
        try {
          List<Long> found = check(disk);
          whole += found.size() == tags.size() ? 1 : 0;
          tested++;
          assertThat(found).as("one batch at most").hasSizeGreaterThanOrEqualTo(tags.size() - 2);
        } catch (AssertionError e) {
          throw new AssertionError("byte " + i + " of " + file, e);
        }
      }
    }
    assertThat(whole).as("padding and copies may be damaged without loss").isPositive();
    assertThat(whole).as("the flips are seen").isLessThan(tested);
  }

  @Test
  void filesCutShortOrMissing() {
    fill(9);
    assertThat(sound.files()).hasSizeGreaterThan(2);
    for (Path file : sound.files()) {
      for (int length = 0; length < sound.content(file).length; length += 509) {
        MemoryDisk disk = sound.afterKill(length);
        disk.shorten(file, length);
        check(disk);
      }
    }
    List<Path> files = segments(sound);
    for (int i = 1; i < files.size(); i++) { // the first may have been retired
      MemoryDisk disk = sound.afterKill(i);
      disk.lose(files.get(i));
      assertThat(check(disk)).hasSizeLessThan(tags.size());
    }
  }

  @Test
  void blocksFullOfGarbage() {
    fill(9);
    Random random = new Random(4);
    for (Path file : sound.files()) {
      for (int at = 0; at < sound.content(file).length; at += Blocks.BYTES) {
        MemoryDisk disk = sound.afterKill(at);
        byte[] garbage = new byte[Blocks.BYTES];
        random.nextBytes(garbage);
        disk.overwrite(file, at, garbage);
        check(disk);
      }
    }
  }

  @Test
  void damageThatComesWhileItRunsIsSkippedAndReportedOnce() {
    fill(9);
    LogFixture fixture = new LogFixture(sound, CONFIG, LogFixture.MORTAL);
    PartitionLog log = fixture.recover();
    sound.flip(segments(sound).get(0), FileHeader.COPIES_BYTES + BatchHeader.BYTES + 70, 4);

    List<Long> found = fixture.readAll(log);
    fixture.readAll(log);

    assertThat(found).isEqualTo(tags.subList(1, tags.size()));
    assertThat(fixture.damage).hasSize(1);
    assertThat(fixture.damage.get(0).kind()).isEqualTo(Damage.Kind.LOST);
    assertThat(fixture.damage.get(0).firstOffset()).isZero();
    assertThat(fixture.damage.get(0).count()).isEqualTo(1);
    fixture.close(log);
  }

  @Test
  void aBatchBehindATornOneOfTheLastCommitIsNotKept() {
    Producer producer = new Producer(1, 2, 3, 4);
    long torn = fillOneCommitOfTwo();
    sound.flip(segments(sound).get(0), (int) torn + BatchHeader.BYTES + 70, 1);

    LogFixture fixture = new LogFixture(sound, CONFIG, LogFixture.MORTAL);
    PartitionLog log = fixture.recover();

    assertThat(fixture.readAll(log)).containsExactly(100L);
    assertThat(
            fixture
                .<PartitionLog.ProducerMark>run(done -> log.producerState(producer, done))
                .value())
        .as("else what is sent again would be taken for known")
        .isEqualTo(new PartitionLog.ProducerMark(true, 1));
    assertThat(publish(fixture, log, 2).outcome()).isEqualTo(PartitionLog.Outcome.STORED);
    assertThat(publish(fixture, log, 3).outcome()).isEqualTo(PartitionLog.Outcome.STORED);
    fixture.close(log);
    PartitionLog again = fixture.recover();
    assertThat(fixture.readAll(again)).containsExactly(100L, 200L, 300L);
    fixture.close(again);
  }

  @Test
  void aBatchBehindADamagedOneOfAnEarlierCommitIsKept() {
    long damaged = fillOneCommitOfTwo();
    LogFixture before = new LogFixture(sound, CONFIG, LogFixture.MORTAL);
    PartitionLog writing = before.recover();
    publish(before, writing, 4);
    before.close(writing);
    sound.flip(segments(sound).get(0), (int) damaged + BatchHeader.BYTES + 70, 1);

    LogFixture fixture = new LogFixture(sound, CONFIG, LogFixture.MORTAL);
    PartitionLog log = fixture.recover();

    assertThat(fixture.readAll(log)).containsExactly(100L, 300L, 400L);
    assertThat(fixture.damage).extracting(Damage::firstOffset).containsExactly(1L);
    fixture.close(log);
  }

  @Test
  void aSoundBatchBehindTheCutNeverComesBack() {
    LogFixture fixture = new LogFixture(sound, CONFIG, LogFixture.MORTAL);
    PartitionLog log =
        PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);
    sound.stall();
    fixture.append(log, 100);
    fixture.append(log, manyTags(1_099));
    fixture.append(log, 300);
    sound.resume();
    fixture.loop.runAll();
    fixture.close(log);
    int second = FileHeader.COPIES_BYTES + Blocks.BYTES;
    sound.flip(segments(sound).get(0), second + BatchHeader.BYTES + 70, 1);

    PartitionLog cut = fixture.recover();
    assertThat(fixture.readAll(cut)).containsExactly(100L);
    fixture.append(cut, manyTags(2_000));
    fixture.close(cut);

    PartitionLog again = fixture.recover();
    assertThat(fixture.readAll(again)).hasSize(1 + MANY).doesNotContain(300L);
    fixture.close(again);
  }

  private static List<Path> segments(MemoryDisk disk) {
    return disk.files().stream().filter(file -> file.toString().endsWith(".seg")).toList();
  }

  private static final int MANY = 30;

  private static long[] manyTags(long first) {
    long[] tags = new long[MANY];
    java.util.Arrays.setAll(tags, i -> first + 100L * i);
    return tags;
  }

  /** Sequences 1 | 2, 3: two commits. Returns where the batch of 2 begins. */
  private long fillOneCommitOfTwo() {
    LogFixture fixture = new LogFixture(sound, CONFIG, LogFixture.MORTAL);
    PartitionLog log =
        PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);
    sound.stall();
    List<LogFixture.Answer<PartitionLog.Published>> answers = new ArrayList<>();
    for (long sequence = 1; sequence <= 3; sequence++) {
      answers.add(begin(fixture, log, sequence));
      fixture.loop.runAll();
    }
    sound.resume();
    fixture.loop.runAll();
    answers.forEach(LogFixture.Answer::value);
    fixture.close(log);
    return FileHeader.COPIES_BYTES + Blocks.BYTES;
  }

  private static PartitionLog.Published publish(
      LogFixture fixture, PartitionLog log, long sequence) {
    LogFixture.Answer<PartitionLog.Published> answer = begin(fixture, log, sequence);
    fixture.loop.runAll();
    return answer.value();
  }

  private static LogFixture.Answer<PartitionLog.Published> begin(
      LogFixture fixture, PartitionLog log, long sequence) {
    LogFixture.Answer<PartitionLog.Published> answer = new LogFixture.Answer<>();
    Publication publication = new Publication(new Producer(1, 2, 3, 4), 1, sequence - 1, sequence);
    log.publish(fixture.records(100 * sequence), 1, publication, answer);
    return answer;
  }

  @Test
  void aBatchInsideAPayloadIsNotABatch() {
    assertThat(servedFromPayload(0)).isFalse();
    assertThat(servedFromPayload(saltOf(firstSegment())))
        .as("a peer that knew the salt could do it: this test can fail")
        .isTrue();
  }

  private byte[] firstSegment() {
    MemoryDisk disk = new MemoryDisk(1, LogFixture.ROOT);
    LogFixture fixture = new LogFixture(disk, CONFIG, LogFixture.MORTAL);
    PartitionLog log =
        PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);
    fixture.append(log, 1);
    fixture.close(log);
    return disk.content(segments(disk).get(0));
  }

  private static long saltOf(byte[] segment) {
    return Unpooled.wrappedBuffer(segment).getLongLE(24);
  }

  private boolean servedFromPayload(long salt) {
    MemoryDisk disk = new MemoryDisk(1, LogFixture.ROOT);
    LogFixture fixture = new LogFixture(disk, CONFIG, LogFixture.MORTAL);
    PartitionLog log =
        PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);
    ByteBuf forged = forgedBatch(fixture, salt);
    ByteBuf outer = fixture.allocator.directBuffer();
    outer.writeZero(48).writeIntLE(0).writeIntLE(forged.readableBytes()).writeZero(8);
    outer.writeBytes(forged);
    fixture.<Long>run(done -> log.append(outer, 1, 3, done));
    fixture.append(log, 100);
    fixture.close(log);

    disk.flip(segments(disk).get(0), FileHeader.COPIES_BYTES + 1, 1);
    LogFixture later = new LogFixture(disk, CONFIG, LogFixture.MORTAL);
    PartitionLog again = later.recover();
    boolean served = later.readAll(again).contains(66_600L);
    later.close(again);
    return served;
  }

  private static ByteBuf forgedBatch(LogFixture fixture, long salt) {
    ByteBuf records = fixture.records(66_600);
    BatchHeader header = new BatchHeader();
    header.incarnation = LogFixture.INCARNATION;
    header.salt = salt;
    header.stamp(records, 1, new java.util.SplittableRandom(1));
    ByteBuf forged = Unpooled.buffer();
    header.write(forged);
    return forged.writeBytes(records);
  }

  @Test
  void aLaterVersionsSegmentIsLeftAlone() {
    fill(3);
    Path file = segments(sound).get(0);
    byte[] content = sound.content(file);
    ByteBuf header = Unpooled.wrappedBuffer(content);
    for (int copy = 0; copy <= Blocks.BYTES; copy += Blocks.BYTES) {
      header.setShortLE(copy + 4, FileHeader.VERSION + 1);
      header.setIntLE(copy + 60, Blocks.crc32c(header, copy, 60));
    }
    byte[] before = content.clone();
    sound.overwrite(file, 0, content);

    LogFixture fixture = new LogFixture(sound, CONFIG, LogFixture.MORTAL);
    PartitionLog log = fixture.recover();

    assertThat(log.readOnlyReason()).contains("later version");
    assertThat(fixture.append(log, 1).reason()).isEqualTo(LogFailure.Reason.READ_ONLY);
    assertThat(sound.content(file)).isEqualTo(before);
    fixture.close(log);
  }
}

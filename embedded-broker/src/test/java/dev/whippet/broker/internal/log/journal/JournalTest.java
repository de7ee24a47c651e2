package dev.whippet.broker.internal.log.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.LogFixture;
import dev.whippet.broker.internal.log.LogFixture.Answer;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.format.Blocks;
import dev.whippet.broker.internal.log.format.FileHeader;
import dev.whippet.broker.testkit.MemoryDisk;
import dev.whippet.broker.testkit.MemoryDisk.Cut;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A map of counters, kept in a journal. */
class JournalTest {
  private static final LogConfig CONFIG =
      LogConfig.DEFAULT.withJournalBytesMax(4 * Blocks.BYTES).withTailBytesMax(0);
  private static final int KEYS = 5;

  /** One process. */
  private static final class Counters {
    final LogFixture fixture;
    final Map<Integer, Long> durable = new TreeMap<>();
    final Map<Integer, Long> sent = new TreeMap<>();
    final Journal journal;

    Counters(MemoryDisk disk) {
      fixture = new LogFixture(disk, CONFIG, LogFixture.MORTAL);
      JournalRecovery recovered =
          Journal.recover(
              disk.blockingFiles(), LogFixture.JOURNALS, "counters", fixture.damage::add);
      for (byte[] entry : recovered.entries()) {
        ByteBuffer bytes = ByteBuffer.wrap(entry);
        durable.put(bytes.getInt(), bytes.getLong());
      }
      sent.putAll(durable);
      journal = Journal.open(fixture.logs, recovered, this::snapshot);
    }

    List<byte[]> snapshot() {
      List<byte[]> entries = new ArrayList<>();
      durable.forEach((key, value) -> entries.add(entry(key, value)));
      return entries;
    }

    static byte[] entry(int key, long value) {
      byte[] bytes = new byte[12 + (int) value % 40];
      ByteBuffer.wrap(bytes).putInt(key).putLong(value);
      return bytes;
    }

    Answer<Void> count(int key) {
      long value = sent.merge(key, 1L, Long::sum);
      Answer<Void> answer = new Answer<>();
      journal.append(
          entry(key, value),
          (nothing, failure) -> {
            if (failure == null) {
              durable.put(key, value);
            }
            answer.done(nothing, failure);
          });
      return answer;
    }

    void run(long seed, int steps) {
      Random random = new Random(seed);
      for (int step = 0; step < steps && !fixture.disk.isOff(); step++) {
        count(random.nextInt(KEYS));
        for (int turn = random.nextInt(8); turn > 0; turn--) {
          fixture.loop.runOne();
        }
      }
      fixture.loop.runAll();
    }

    /** Nothing that the other process was told is missing, nothing it never sent is here. */
    void checkAfter(Counters before) {
      before.durable.forEach((key, value) -> assertThat(durable).containsKey(key));
      durable.forEach(
          (key, value) ->
              assertThat(value)
                  .isBetween(before.durable.getOrDefault(key, 0L), before.sent.get(key)));
    }

    void close() {
      fixture.<Void>run(journal::close).value();
    }
  }

  private static MemoryDisk emptyDisk(long seed) {
    return new MemoryDisk(seed, LogFixture.ROOT);
  }

  @Test
  void entriesAndSnapshotsComeBack() {
    MemoryDisk disk = emptyDisk(1);
    Counters counters = new Counters(disk);
    assertThat(disk.files()).as("no file before the first entry").isEmpty();
    counters.run(1, 300);
    counters.close();

    Counters again = new Counters(disk);

    assertThat(again.durable).isEqualTo(counters.sent);
    assertThat(again.fixture.damage).isEmpty();
    assertThat(disk.files()).as("one generation").hasSize(1);
    assertThat(disk.files().get(0).toString()).as("compacted").doesNotEndWith(".1");
    assertThat(disk.content(disk.files().get(0)).length).isLessThan(40 * Blocks.BYTES);
    again.close();
  }

  @Test
  void whatWaitsSharesACommit() {
    Counters counters = new Counters(emptyDisk(1));
    counters.count(1);
    counters.fixture.loop.runAll();
    int before = counters.fixture.disk.operations();
    counters.fixture.disk.stall();
    List<Answer<Void>> answers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      answers.add(counters.count(i % KEYS));
    }

    counters.fixture.loop.runAll();
    counters.fixture.disk.resume();
    counters.fixture.loop.runAll();

    answers.forEach(Answer::value);
    assertThat(counters.fixture.disk.operations() - before).isEqualTo(2);
    counters.close();
  }

  @ParameterizedTest
  @EnumSource(Cut.class)
  void everythingAcknowledgedSurvivesAPowerCutAtEveryOperation(Cut cut) {
    int compactions = 0;
    boolean ran = true;
    for (int operation = 1; ran; operation++) { // operation 0 lists the empty directory
      try {
        MemoryDisk disk = emptyDisk(operation);
        disk.cutAt(operation, cut);
        Counters before = new Counters(disk);
        before.run(7, 150);
        ran = disk.isOff();
        MemoryDisk left =
            operation % 2 == 0 ? disk.afterPowerCut(operation) : disk.afterKill(operation);
        compactions += left.files().size() > 1 ? 1 : 0;
        Counters after = new Counters(left);
        after.checkAfter(before);
        assertThat(after.fixture.damage).noneMatch(one -> one.kind() != Damage.Kind.TAIL_CUT);
        assertThat(new Counters(left.afterPowerCut(1)).durable)
            .as("shown before the cut")
            .isEqualTo(after.durable);
        after.run(8, 10);
        after.close();
        Counters last = new Counters(left);
        assertThat(last.durable).isEqualTo(after.durable);
        assertThat(left.files()).hasSizeLessThanOrEqualTo(1);
        last.close();
      } catch (AssertionError e) {
        throw new AssertionError("cut " + cut + " operation " + operation, e);
      }
    }
    assertThat(compactions).as("cuts between two generations").isPositive();
  }

  @Test
  void everythingAcknowledgedSurvivesAFailureOfEveryOperation() {
    boolean ran = true;
    for (int operation = 0; ran; operation++) {
      try {
        MemoryDisk disk = emptyDisk(operation);
        disk.failAt(operation);
        Counters before = new Counters(disk);
        before.run(7, 60);
        ran = disk.operations() > operation;
        before.close();
        Counters after = new Counters(disk.afterKill(1));
        after.checkAfter(before);
        after.close();
      } catch (AssertionError e) {
        throw new AssertionError("failed operation " + operation, e);
      }
    }
  }

  /**
   * Found by the power-cut simulator, seed 4: the blocks of a new file held what an old one had.
   */
  @Test
  void bytesOfAnOlderGenerationAreNotTakenForANewerOne() throws Exception {
    MemoryDisk disk = emptyDisk(1);
    Counters counters = new Counters(disk);
    counters.run(7, 20);
    counters.close();
    Path file = disk.files().get(0);
    byte[] content = disk.content(file);
    String name = file.getFileName().toString();
    long number = Long.parseLong(name.substring(name.lastIndexOf('.') + 1)) + 1;
    Path newer = file.resolveSibling(name.substring(0, name.lastIndexOf('.') + 1) + number);
    byte[] left = new byte[FileHeader.COPIES_BYTES + Blocks.BYTES];
    System.arraycopy(content, FileHeader.COPIES_BYTES, left, FileHeader.COPIES_BYTES, Blocks.BYTES);
    disk.make(newer, left);

    assertThat(new Counters(disk).durable).isEqualTo(counters.durable);
  }

  /** Both copies of the header say another version. */
  private static Path rewritten(MemoryDisk disk, int version) {
    Path file = disk.files().get(0);
    byte[] content = disk.content(file);
    ByteBuf header = Unpooled.wrappedBuffer(content);
    for (int copy = 0; copy <= Blocks.BYTES; copy += Blocks.BYTES) {
      header.setShortLE(copy + 4, version);
      header.setIntLE(copy + 60, Blocks.crc32c(header, copy, 60));
    }
    disk.overwrite(file, 0, content);
    return file;
  }

  @Test
  void anEarlierVersionsJournalIsReadAndTheNextEntryBeginsAGeneration() {
    MemoryDisk disk = emptyDisk(1);
    Counters counters = new Counters(disk);
    counters.run(7, 20);
    counters.close();
    Path old = rewritten(disk, FileHeader.JOURNAL_VERSION - 1);

    Counters after = new Counters(disk);

    assertThat(after.durable).isEqualTo(counters.durable);
    assertThat(after.fixture.damage).isEmpty();
    after.count(1);
    after.close();
    assertThat(disk.files()).hasSize(1).doesNotContain(old);
    assertThat(new Counters(disk).durable).isEqualTo(after.durable);
    assertThat(disk.content(disk.files().get(0))[4]).isEqualTo((byte) FileHeader.JOURNAL_VERSION);
  }

  @Test
  void aLaterVersionsJournalIsLeftAlone() {
    MemoryDisk disk = emptyDisk(1);
    Counters counters = new Counters(disk);
    counters.run(7, 20);
    counters.close();
    Path file = rewritten(disk, FileHeader.JOURNAL_VERSION + 1);
    byte[] before = disk.content(file);

    Counters after = new Counters(disk);
    after.count(1);
    after.close();

    assertThat(after.journal.readOnlyReason()).contains("later version");
    assertThat(disk.content(file)).isEqualTo(before);
  }

  @Test
  void afterAFailedCommitItIsReadOnly() {
    Counters counters = new Counters(emptyDisk(1));
    counters.count(1);
    counters.fixture.loop.runAll();
    counters.fixture.disk.failAt(counters.fixture.disk.operations());
    Answer<Void> failed = counters.count(1);
    Answer<Void> behind = counters.count(2);

    counters.fixture.loop.runAll();

    assertThat(failed.reason()).isEqualTo(LogFailure.Reason.WRITE_FAILED);
    assertThat(behind.reason()).isEqualTo(LogFailure.Reason.WRITE_FAILED);
    assertThat(counters.count(3).reason()).isEqualTo(LogFailure.Reason.READ_ONLY);
    assertThat(counters.journal.readOnlyReason()).contains("EIO");
    counters.close();
  }

  @Test
  void afterAFailedCommitItsDirectoryIsReportedOnce() {
    Counters counters = new Counters(emptyDisk(1));
    counters.fixture.disk.failAt(counters.fixture.disk.operations());
    counters.count(1);
    counters.count(2);

    counters.fixture.loop.runAll();
    counters.count(3);
    counters.fixture.loop.runAll();

    assertThat(counters.fixture.damage).hasSize(1);
    assertThat(counters.fixture.damage.get(0).kind()).isEqualTo(Damage.Kind.READ_ONLY);
    assertThat(counters.fixture.damage.get(0).file()).isEqualTo(LogFixture.JOURNALS);
    assertThat(counters.fixture.damage.get(0).what()).contains("EIO");
    counters.close();
  }

  @Test
  void aJournalInWhichNothingIsSoundIsReportedAndBegunAnew() {
    MemoryDisk disk = emptyDisk(1);
    Counters before = new Counters(disk);
    before.count(1);
    before.fixture.loop.runAll();
    before.close();
    Path file = disk.files().get(0);
    for (int at = 0; at < disk.content(file).length; at += Blocks.BYTES) {
      disk.flip(file, at, 0xff);
    }

    Counters after = new Counters(disk);
    assertThat(after.durable).isEmpty();
    assertThat(after.fixture.damage).extracting(Damage::kind).containsExactly(Damage.Kind.LOST);
    after.count(2);
    after.fixture.loop.runAll();
    after.close();

    Counters again = new Counters(disk);
    assertThat(again.durable).isEqualTo(Map.of(2, 1L));
    assertThat(again.fixture.damage).isEmpty();
    again.close();
  }

  @Test
  void anEntryBehindATornOneOfTheLastCommitIsNotKept() {
    assertThat(keysWithTheSecondEntryDamaged(false)).containsExactly(1);
    assertThat(keysWithTheSecondEntryDamaged(true))
        .as("a later commit proves that it was durable")
        .containsExactly(1, 3, 4);
  }

  /** Keys 1 | 2, 3, and perhaps | 4: commits. */
  private static List<Integer> keysWithTheSecondEntryDamaged(boolean laterCommit) {
    MemoryDisk disk = emptyDisk(1);
    Counters counters = new Counters(disk);
    disk.stall();
    counters.count(1);
    counters.count(2);
    counters.count(3);
    counters.fixture.loop.runAll();
    disk.resume();
    counters.fixture.loop.runAll();
    if (laterCommit) {
      counters.count(4);
      counters.fixture.loop.runAll();
    }
    counters.close();
    disk.flip(disk.files().get(0), FileHeader.COPIES_BYTES + Blocks.BYTES + 41, 1);
    Counters after = new Counters(disk);
    assertThat(after.fixture.damage).hasSize(1);
    after.close();
    return List.copyOf(after.durable.keySet());
  }

  @Test
  void everyByteFlippedOneAtATime() {
    MemoryDisk sound = emptyDisk(1);
    Counters before = new Counters(sound);
    before.run(1, 60);
    before.close();
    Random random = new Random(2);
    Path file = sound.files().get(0);
    byte[] content = sound.content(file);
    int lossless = 0;
    int lossy = 0;
    for (int i = 0; i < content.length; i++) {
      if (content[i] == 0 && random.nextInt(64) != 0) {
        continue;
      }
      MemoryDisk disk = sound.afterKill(i);
      disk.flip(file, i, 1 << random.nextInt(8));
      Counters after = new Counters(disk);
      after.durable.forEach((key, value) -> assertThat(value).isBetween(1L, before.sent.get(key)));
      boolean all = after.durable.equals(before.durable);
      assertThat(all || !after.fixture.damage.isEmpty()).as("reported").isTrue();
      lossless += all ? 1 : 0;
      lossy += all ? 0 : 1;
      assertThat(after.journal.readOnlyReason()).isNull();
      after.count(1);
      after.close();
      assertThat(new Counters(disk).durable).isEqualTo(after.durable);
    }
    assertThat(lossless).isPositive();
    assertThat(lossy).isPositive();
  }

  @Test
  void onAFullDiskOnlyWhatFreesSpaceIsTakenAndAllGoesOnWhenThereIsRoom() {
    Counters counters = new Counters(emptyDisk(1));
    MemoryDisk disk = counters.fixture.disk;
    counters.count(1);
    counters.fixture.loop.runAll();
    disk.limitTo(disk.usedBytes());
    Answer<Void> refused = fillUp(counters);
    assertThat(refused.reason()).isEqualTo(LogFailure.Reason.NO_SPACE);
    assertThat(counters.journal.readOnlyReason()).contains("No space left");

    Answer<Void> freeing = new Answer<>();
    counters.journal.append(Counters.entry(4, 40), Reserve.FREES_SPACE, freeing);
    counters.fixture.loop.runAll();
    freeing.value();
    counters.durable.put(4, 40L);
    Map<Integer, Long> acknowledged = new TreeMap<>(counters.durable);
    counters.sent.putAll(counters.durable);
    disk.limitTo(Long.MAX_VALUE);
    counters.count(2);
    counters.fixture.loop.runAll();

    assertThat(counters.journal.readOnlyReason()).as("by itself").isNull();
    assertThat(counters.durable.get(2)).isGreaterThan(acknowledged.getOrDefault(2, 0L));
    counters.close();
    Counters again = new Counters(disk);
    assertThat(again.durable).isEqualTo(counters.durable);
    assertThat(again.fixture.damage).isEmpty();
    again.close();
  }

  /** Counts until the disk is full; returns the first answer that says so. */
  private static Answer<Void> fillUp(Counters counters) {
    for (int i = 0; i < 100; i++) {
      Answer<Void> answer = counters.count(1);
      counters.fixture.loop.runAll();
      if (answer.failure != null) {
        counters.sent.put(1, counters.durable.get(1));
        return answer;
      }
    }
    throw new AssertionError("never full");
  }

  @Test
  void aFirstEntryOnAFullDiskIsRefusedAndTheNextTriedAnew() {
    Counters counters = new Counters(emptyDisk(1));
    counters.fixture.disk.limitTo(4096);
    Answer<Void> refused = counters.count(1);
    counters.fixture.loop.runAll();
    assertThat(refused.reason()).isEqualTo(LogFailure.Reason.NO_SPACE);
    assertThat(counters.fixture.disk.files()).as("what did not fit is gone").isEmpty();

    counters.fixture.disk.limitTo(Long.MAX_VALUE);
    counters.count(1);
    counters.fixture.loop.runAll();

    assertThat(counters.durable).containsKey(1);
    counters.close();
    Counters again = new Counters(counters.fixture.disk);
    assertThat(again.durable).isEqualTo(counters.durable);
    again.close();
  }

  @Test
  void aDiskThatIsFullForOneOperationLosesNothingAndDelaysNobody() {
    boolean ran = true;
    int refusals = 0;
    for (int operation = 0; ran; operation++) {
      try {
        MemoryDisk disk = emptyDisk(operation);
        disk.failAt(operation, MemoryDisk.Fault.NO_SPACE);
        Counters before = new Counters(disk);
        before.run(7, 60);
        ran = disk.operations() > operation;
        refusals += before.durable.equals(before.sent) ? 0 : 1;
        Answer<Void> after = before.count(1);
        before.fixture.loop.runAll();
        if (before.journal.readOnlyReason() == null) {
          after.value();
        }
        before.close();
        Counters again = new Counters(disk.afterPowerCut(1));
        again.checkAfter(before);
        again.close();
      } catch (AssertionError e) {
        throw new AssertionError("full at operation " + operation, e);
      }
    }
    assertThat(refusals).isPositive();
  }
}

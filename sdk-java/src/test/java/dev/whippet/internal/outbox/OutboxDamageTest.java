package dev.whippet.internal.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.testkit.MemoryDisk;
import java.io.File;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Flipped bits, missing files and unreadable places: it opens, keeps the rest, and reports. */
@Timeout(300) // a hang is a failure
final class OutboxDamageTest {
  @Test
  void everyByteFlippedIsReportedOrHarmless() throws Exception {
    OutboxModel built = new OutboxModel(new MemoryDisk(1));
    assertThat(flip(built, 1)).as("records that one flipped bit costs").isEqualTo(1);
  }

  /**
   * Each record was a commit of its own; keys are there twice. Every fifth byte in the ordinary
   * build, every one with {@code -Dwhippet.stride=1}.
   */
  @Test
  void everyByteFlippedUnderEncryptionCostsOneCommit() throws Exception {
    OutboxModel built = new OutboxModel(new MemoryDisk(1));
    built.config(OutboxModel.small().keys(new Keyring()).build());
    int stride = Integer.getInteger("whippet.stride", 5);
    assertThat(flip(built, stride)).as("records that one flipped bit costs").isEqualTo(1);
  }

  private static int flip(OutboxModel built, int stride) throws Exception {
    int worst = 0;
    MemoryDisk pristine = build(built, 8);
    for (String path : pristine.paths()) {
      for (int offset = 0; offset < pristine.length(path); offset += stride) {
        if (path.endsWith(Meta.NAME) && offset % 4096 >= 160 && offset % 64 != 0) {
          continue; // nothing is read there
        }
        if (offset > pristine.lastNonZero(path) + 64 && offset % 32 != 0) {
          continue; // zeros like those beside
        }
        MemoryDisk disk = pristine.restart();
        disk.flip(path, offset, offset % 8);
        OutboxModel model = built.fork(disk);
        model.damaged = true;
        try {
          model.open();
          model.check();
          worst = Math.max(worst, model.lostAndReported());
          model.send(10);
          model.outbox.close();
        } catch (AssertionError | Exception failed) {
          throw new AssertionError("flip at " + path + " " + offset, failed);
        }
      }
    }
    return worst;
  }

  private static MemoryDisk build(OutboxModel model, int records) throws Exception {
    model.open();
    for (int i = 0; i < records; i++) {
      long sequence = model.send(60 + 131 * i % 900 / (records > 10 ? 1 : 8));
      model.settle(sequence);
      if (i == records / 2) {
        model.reborn(model.disk);
        model.open();
      }
    }
    model.acknowledge(2);
    model.reborn(model.disk);
    return model.disk.restart();
  }

  @Test
  void missingSegmentIsReportedWithItsRange() throws Exception {
    OutboxModel model = new OutboxModel(new MemoryDisk(2));
    MemoryDisk disk = build(model, 20);
    disk.delete(new File(OutboxModel.DIRECTORY, Spares.slotName(2)));
    model.disk = disk;
    model.damaged = true;

    model.open();
    model.check();

    assertThat(model.recorder.gaps())
        .extracting(GapReport::reason)
        .contains(GapReport.Reason.SEGMENT_MISSING);
    assertThat(model.lostAndReported()).isPositive();
    model.outbox.close();
  }

  @Test
  void bothMetaSlotsDestroyedMakesAnotherProducerAndKeepsTheRecords() throws Exception {
    OutboxModel model = new OutboxModel(new MemoryDisk(3));
    MemoryDisk disk = build(model, 20);
    disk.delete(new File(OutboxModel.DIRECTORY, Meta.NAME));
    model.disk = disk;

    model.open();

    assertThat(model.recorder.gaps())
        .extracting(GapReport::reason)
        .containsExactly(GapReport.Reason.IDENTITY_LOST);
    model.check();
    model.send(10);
    model.outbox.close();
  }

  @Test
  void unreadablePlaceIsAnErrorTwiceAndAReportedGapThen() throws Exception {
    OutboxModel model = new OutboxModel(new MemoryDisk(4));
    model.disk = build(model, 20);
    model.open();
    model.disk.failReads(true);
    Cursor cursor = model.outbox.cursor(0);

    for (int attempt = 0; attempt < 3; attempt++) {
      assertThatThrownBy(cursor::next)
          .isInstanceOfSatisfying(
              OutboxException.class,
              e -> assertThat(e.reason()).isEqualTo(OutboxException.Reason.READ_FAILED));
    }
    model.disk.failReads(false);

    assertThat(cursor.next()).isTrue();
    assertThat(cursor.sequence()).isGreaterThan(3);
    cursor.close();
    model.outbox.close();
    assertThat(model.recorder.reportedLost(3)).isTrue();
  }
}

package dev.whippet.internal.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.internal.disk.Disk;
import dev.whippet.internal.outbox.OutboxException.Reason;
import dev.whippet.testkit.MemoryDisk;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import okio.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300) // a hang is a failure
final class OutboxTest {
  @TempDir File directory;

  private final Recorder recorder = new Recorder();

  private Outbox open() throws OutboxException {
    return Outbox.open(OutboxConfig.builder(directory).build(), Disk.SYSTEM, recorder);
  }

  @Test
  void everyFieldOfARecordComesBackAfterReopening() throws Exception {
    byte[] key = "boiler-7".getBytes(StandardCharsets.UTF_8);
    try (Outbox outbox = open()) {
      int readings = outbox.routeFor("plant", "readings");
      int alarms = outbox.routeFor("plant", "alarms");
      outbox.send(new Entry().route(readings).originTimestampMicros(17).payload(new byte[] {1, 2}));
      outbox.send(new Entry().route(alarms).partition(3).headers(new byte[] {9, 9, 9}));
      outbox.send(new Entry().route(alarms).key(-5, key).payload(new byte[] {0, 7, 0}, 1, 1));
      recorder.awaitStored(3);
    }

    try (Outbox outbox = open();
        Cursor cursor = outbox.cursor(0)) {
      assertThat(cursor.next()).isTrue();
      assertThat(cursor.sequence()).isEqualTo(1);
      assertThat(cursor.originTimestampMicros()).isEqualTo(17);
      assertThat(cursor.partitionChoice()).isEqualTo(PartitionChoice.STICKY);
      assertThat(cursor.payload()).containsExactly(1, 2);
      assertThat(outbox.route(cursor.route())).hasToString("1:plant/readings");

      assertThat(cursor.next()).isTrue();
      assertThat(cursor.partitionChoice()).isEqualTo(PartitionChoice.PARTITION);
      assertThat(cursor.partitionValue()).isEqualTo(3);
      assertThat(cursor.headers()).containsExactly(9, 9, 9);
      assertThat(cursor.headersLength()).isEqualTo(3);
      assertThat(cursor.payloadLength()).isZero();

      assertThat(cursor.next()).isTrue();
      assertThat(cursor.partitionChoice()).isEqualTo(PartitionChoice.KEY);
      assertThat(cursor.partitionValue()).isEqualTo(-5);
      assertThat(cursor.key()).isEqualTo(key);
      Buffer payload = new Buffer();
      cursor.payload(payload);
      assertThat(payload.readByteArray()).containsExactly(7);
      assertThat(cursor.next()).isFalse();
    }
  }

  @Test
  void sequencesGoOnWithoutASkipAfterACleanClose() throws Exception {
    try (Outbox outbox = open()) {
      assertThat(outbox.send(new Entry().route(outbox.routeFor("s", "t")))).isEqualTo(1);
    }
    try (Outbox outbox = open()) {
      assertThat(outbox.send(new Entry().route(outbox.routeFor("s", "t")))).isEqualTo(2);
      assertThat(outbox.epoch()).isEqualTo(2);
    }
  }

  @Test
  void acknowledgedRecordsAreNotReadAgainAfterReopening() throws Exception {
    try (Outbox outbox = open()) {
      for (int i = 0; i < 10; i++) {
        outbox.send(new Entry().route(outbox.routeFor("s", "t")));
      }
      recorder.awaitStored(10);
      outbox.acknowledge(7);
      assertThat(outbox.backlogRecords()).isEqualTo(3);
    }
    try (Outbox outbox = open();
        Cursor cursor = outbox.cursor(0)) {
      assertThat(outbox.acknowledgedSequence(0)).isEqualTo(7);
      assertThat(outbox.backlogRecords()).isEqualTo(3);
      assertThat(cursor.next()).isTrue();
      assertThat(cursor.sequence()).isEqualTo(8);
    }
  }

  @Test
  void acknowledgingMoreThanIsStoredCountsOnlyWhatIs() throws Exception {
    try (Outbox outbox = open()) {
      outbox.send(new Entry().route(outbox.routeFor("s", "t")));
      recorder.awaitStored(1);
      outbox.acknowledge(1_000);
      assertThat(outbox.acknowledgedSequence(0)).isEqualTo(1);
    }
  }

  @Test
  void seekGoesBackForAResend() throws Exception {
    try (Outbox outbox = open();
        Cursor cursor = outbox.cursor(0)) {
      for (int i = 0; i < 5; i++) {
        outbox.send(new Entry().route(outbox.routeFor("s", "t")));
      }
      recorder.awaitStored(5);
      while (cursor.next()) {}

      cursor.seek(2);

      assertThat(cursor.next()).isTrue();
      assertThat(cursor.sequence()).isEqualTo(3);
    }
  }

  @Test
  void anotherProducerIdIsKeptAndForgetsWhatTheOldOnePublished() throws Exception {
    byte[] broker = new byte[16];
    byte[] first;
    byte[] second;
    try (Outbox outbox = open()) {
      int route = outbox.routeFor("s", "t");
      first = outbox.producerId();
      outbox.recordPublished(broker, 0, route, 1);
      outbox.recordMapping(route, 4, 1);
      assertThat(outbox.wasPublished(broker, 0, route, 1)).isTrue();
      assertThat(outbox.wasPublished(broker, 0, route, 2)).isFalse();

      outbox.renewProducer();

      second = outbox.producerId();
      assertThat(second).isNotEqualTo(first);
      assertThat(outbox.wasPublished(broker, 0, route, 1)).isFalse();
    }
    try (Outbox outbox = open()) {
      assertThat(outbox.producerId()).isEqualTo(second);
      assertThat(outbox.wasPublished(broker, 0, 1, 1)).isFalse();
      assertThat(outbox.partitionCountFor(1, 99)).isEqualTo(4);
    }
  }

  @Test
  void mappingsApplyFromTheirSequenceOn() throws Exception {
    try (Outbox outbox = open()) {
      int route = outbox.routeFor("s", "t");
      outbox.recordMapping(route, 4, 10);
      outbox.recordMapping(route, 6, 20);

      assertThat(outbox.partitionCountFor(route, 9)).isZero();
      assertThat(outbox.partitionCountFor(route, 19)).isEqualTo(4);
      assertThat(outbox.partitionCountFor(route, 20)).isEqualTo(6);
    }
  }

  @Test
  void limitsAreNamedInTheRefusal() throws Exception {
    OutboxConfig config =
        OutboxConfig.builder(directory).segmentBytes(4096).ringBytes(4096).build();
    try (Outbox outbox = Outbox.open(config, Disk.SYSTEM, recorder)) {
      int route = outbox.routeFor("s", "t");
      Entry large = new Entry().route(route).payload(new byte[config.recordBytesMax() + 1]);

      assertRefused(Reason.TOO_LARGE, "recordBytesMax", () -> outbox.send(large));
      assertRefused(Reason.TOO_LARGE, "quarter", () -> manyRoutes(outbox));
      outbox.send(new Entry().route(route).payload(new byte[config.recordBytesMax()]));
      assertThat(recorder.awaitStored(1)).isTrue();
      assertThatThrownBy(() -> outbox.send(new Entry().route(9999)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static void manyRoutes(Outbox outbox) throws OutboxException {
    for (int i = 0; i < 1000; i++) {
      outbox.routeFor("stream", "topic" + i);
    }
  }

  @Test
  void closedOutboxRefuses() throws Exception {
    Outbox outbox = open();
    int route = outbox.routeFor("s", "t");
    outbox.close();
    outbox.close();

    assertRefused(Reason.CLOSED, "closed", () -> outbox.send(new Entry().route(route)));
    assertRefused(Reason.CLOSED, "closed", () -> outbox.recordMapping(route, 1, 1));
  }

  @Test
  void backlogAtItsBoundRefusesUntilAcknowledged() throws Exception {
    OutboxConfig config = OutboxConfig.builder(directory).backlogRecordsMax(3).build();
    try (Outbox outbox = Outbox.open(config, Disk.SYSTEM, recorder)) {
      int route = outbox.routeFor("s", "t");
      for (int i = 0; i < 3; i++) {
        outbox.send(new Entry().route(route));
      }
      assertRefused(Reason.FULL, "backlogRecordsMax", () -> outbox.send(new Entry().route(route)));
      recorder.awaitStored(3);

      outbox.acknowledge(1);

      assertThat(outbox.send(new Entry().route(route))).isEqualTo(4);
    }
  }

  @Test
  void blockGivesUpAfterItsTime() throws Exception {
    OutboxConfig config =
        OutboxConfig.builder(directory)
            .backlogRecordsMax(1)
            .block(5, TimeUnit.MILLISECONDS)
            .build();
    try (Outbox outbox = Outbox.open(config, Disk.SYSTEM, recorder)) {
      int route = outbox.routeFor("s", "t");
      outbox.send(new Entry().route(route));

      assertRefused(Reason.FULL, "backlogRecordsMax", () -> outbox.send(new Entry().route(route)));
    }
  }

  @Test
  void directoryInUseIsNamedWithTheFix() throws Exception {
    try (Outbox first = open()) {
      assertThat(first.epoch()).isEqualTo(1);
      assertRefused(Reason.LOCKED, directory.getPath(), this::open);
    }
    open().close();
  }

  @Test
  void directoryThatCannotBeMadeIsNamed() throws Exception {
    File file = new File(directory, "file");
    assertThat(file.createNewFile()).isTrue();

    assertRefused(
        Reason.UNUSABLE,
        file.getPath(),
        () -> Outbox.open(OutboxConfig.builder(file).build(), Disk.SYSTEM, recorder));
  }

  @Test
  void acknowledgedCursorIsKeptWhenIdleAndSegmentsAreUsedAgain() throws Exception {
    OutboxModel model = new OutboxModel(new MemoryDisk(5));
    model.open();
    long most = 0;
    for (int i = 0; i < 400; i++) {
      long sequence = model.send(300);
      model.settle(sequence);
      model.acknowledge(sequence);
      most = Math.max(most, model.disk.used());
    }
    assertThat(most).isLessThan(8 * 4096 + 8192);
    assertThat(model.outbox.backlogRecords()).isZero();
    assertThat(model.outbox.backlogBytes()).isZero();
    assertThat(model.outbox.bytesOnDisk()).isEqualTo(model.disk.used());
    model.outbox.close();
  }

  @Test
  void payloadThatLooksLikeASegmentNeverPassesForOne() throws Exception {
    OutboxModel model = new OutboxModel(new MemoryDisk(6));
    model.open();
    model.settle(model.send(200));
    byte[] own = model.disk.read(model.disk.paths().get(0), 0, 1500);
    model.outbox.send(new Entry().route(1).payload(own));
    model.recorder.awaitStored(2);
    model.outbox.close();
    MemoryDisk disk = model.disk.restart();
    disk.flip(disk.paths().get(0), 128 + 64 + 80 + 64 + 56 + 200 + 64 + 10, 0);

    Recorder after = new Recorder();
    try (Outbox outbox = Outbox.open(OutboxModel.small().build(), disk, after);
        Cursor cursor = outbox.cursor(0)) {
      assertThat(cursor.next()).isTrue();
      assertThat(cursor.sequence()).isEqualTo(1);
      assertThat(cursor.next()).isFalse();
    }
    assertThat(after.reportedLost(2)).isTrue();
  }

  private interface Deed {
    void run() throws Exception;
  }

  private static void assertRefused(Reason reason, String word, Deed deed) {
    assertThatThrownBy(deed::run)
        .isInstanceOfSatisfying(
            OutboxException.class, e -> assertThat(e.reason()).isEqualTo(reason))
        .hasMessageContaining(word);
  }

  @Test
  void pausedOutboxHasNoThreadAndStillStores() throws Exception {
    try (Outbox outbox = open()) {
      int route = outbox.routeFor("s", "t");
      outbox.pause();
      awaitNoStoreThread();

      for (int i = 1; i <= 3; i++) {
        assertThat(recorder.awaitStored(outbox.send(new Entry().route(route)))).isTrue();
        awaitNoStoreThread();
      }
      outbox.recordMapping(route, 3, 1); // waits for a round
      awaitNoStoreThread();

      outbox.resume();
      assertThat(recorder.awaitStored(outbox.send(new Entry().route(route)))).isTrue();
      outbox.pause();
    }
    try (Outbox outbox = open()) {
      assertThat(outbox.storedSequence(0)).isEqualTo(4);
    }
  }

  private static void awaitNoStoreThread() {
    boolean there = true;
    while (there) {
      there = false;
      for (Thread thread : Thread.getAllStackTraces().keySet()) {
        there |= thread.getName().equals(Store.THREAD_NAME);
      }
    }
  }
}

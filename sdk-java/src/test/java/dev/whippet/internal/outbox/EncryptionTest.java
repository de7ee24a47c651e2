package dev.whippet.internal.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.testkit.MemoryDisk;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What stands on the disk, who can read it, and what a missing key costs. */
@Timeout(300) // a hang is a failure
final class EncryptionTest {
  private static final String SECRET = "the boiler's pressure is a secret";

  private final Keyring keys = new Keyring();
  private final Recorder recorder = new Recorder();
  private MemoryDisk disk = new MemoryDisk(1);

  private Outbox open(OutboxConfig.Keys with) throws OutboxException {
    return Outbox.open(OutboxModel.small().keys(with).build(), disk, recorder);
  }

  private void send(int count) throws Exception {
    try (Outbox outbox = open(keys)) {
      long last = 0;
      for (int i = 0; i < count; i++) {
        last = outbox.send(new Entry().route(outbox.routeFor("s", "t")).payload(payload(i)));
        recorder.awaitStored(last);
      }
    }
  }

  private static byte[] payload(int i) {
    return (SECRET + i).getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> read(Outbox outbox) throws OutboxException {
    List<String> read = new ArrayList<>();
    try (Cursor cursor = outbox.cursor(0)) {
      while (cursor.next()) {
        read.add(new String(cursor.payload(), StandardCharsets.UTF_8));
      }
    }
    return read;
  }

  private boolean isOnTheDisk(String text) {
    for (String path : disk.paths()) {
      String bytes = new String(disk.read(path, 0, disk.length(path)), StandardCharsets.ISO_8859_1);
      if (bytes.contains(text)) {
        return true;
      }
    }
    return false;
  }

  @Test
  void noPayloadIsReadableOnTheDiskAndEverySegmentHasAKeyOfItsOwn() throws Exception {
    send(60);

    assertThat(isOnTheDisk("boiler")).isFalse();
    assertThat(keys.wrapped()).isGreaterThan(2);
    try (Outbox outbox = open(keys)) {
      assertThat(read(outbox)).hasSize(60).first().isEqualTo(SECRET + 0);
    }
    assertThat(recorder.gaps()).isEmpty();
  }

  @Test
  void withoutEncryptionItIsReadable() throws Exception {
    try (Outbox outbox = open(null)) {
      recorder.awaitStored(
          outbox.send(new Entry().route(outbox.routeFor("s", "t")).payload(payload(1))));
    }

    assertThat(isOnTheDisk("boiler")).isTrue();
  }

  @Test
  void rotationKeepsWhatWasWrappedBefore() throws Exception {
    send(10);
    keys.rotate();
    try (Outbox outbox = open(keys)) {
      recorder.awaitStored(
          outbox.send(new Entry().route(outbox.routeFor("s", "t")).payload(payload(10))));

      assertThat(read(outbox)).hasSize(11);
    }
  }

  @Test
  void lockedKeysRefuseToOpenAndChangeNothing() throws Exception {
    send(10);
    keys.lock(true);
    long operations = disk.operations();

    assertThatThrownBy(() -> open(keys))
        .isInstanceOfSatisfying(
            OutboxException.class,
            e -> assertThat(e.reason()).isEqualTo(OutboxException.Reason.KEY_UNAVAILABLE));
    assertThatThrownBy(() -> open(null)).hasMessageContaining("opened without keys");

    assertThat(disk.operations()).isEqualTo(operations);
    keys.lock(false);
    try (Outbox outbox = open(keys)) {
      assertThat(read(outbox)).hasSize(10);
    }
  }

  @Test
  void keysLockedLaterFailSendsUntilTheyAreBack() throws Exception {
    try (Outbox outbox = open(keys)) {
      keys.lock(true);
      int route = outbox.routeFor("s", "t");
      assertThat(recorder.awaitStored(outbox.send(new Entry().route(route)))).isFalse();
      keys.lock(false);
      assertThat(recorder.awaitStored(outbox.send(new Entry().route(route)))).isTrue();
    }
  }

  @Test
  void lostKeysCostTheirSegmentsOnlyAndTheirFilesAreKept() throws Exception {
    send(40);
    List<String> before = disk.paths();
    keys.rotate();
    send(5);
    keys.loseOld();

    for (int life = 0; life < 3; life++) {
      try (Outbox outbox = open(keys)) {
        assertThat(read(outbox)).contains(SECRET + 4).hasSize(5);
        outbox.acknowledge(life == 0 ? 0 : outbox.storedSequence(0));
        if (life == 0) {
          assertThat(read(outbox)).hasSize(5);
        }
        for (int i = 0; i < 5; i++) {
          recorder.awaitStored(
              outbox.send(new Entry().route(outbox.routeFor("s", "t")).payload(payload(i))));
        }
        outbox.acknowledge(outbox.storedSequence(0) - 5);
      }
      disk = disk.restart();
    }

    assertThat(recorder.gaps())
        .extracting(GapReport::reason)
        .contains(GapReport.Reason.KEY_MISSING);
    assertThat(recorder.reportedLost(1)).isTrue();
    assertThat(disk.paths()).containsAll(before);
  }

  @Test
  void whatWasStoredPlainIsReadBesideWhatIsEncrypted() throws Exception {
    try (Outbox outbox = open(null)) {
      recorder.awaitStored(
          outbox.send(new Entry().route(outbox.routeFor("s", "t")).payload(payload(0))));
    }
    send(3);

    try (Outbox outbox = open(keys)) {
      assertThat(read(outbox)).hasSize(4);
    }
  }
}

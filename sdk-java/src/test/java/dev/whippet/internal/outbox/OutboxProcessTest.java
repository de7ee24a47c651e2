package dev.whippet.internal.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.internal.disk.Disk;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What only another process can show: the lock, a real kill, and a small heap. */
@Timeout(300) // a hang is a failure
final class OutboxProcessTest {
  private static final int MANY = Integer.getInteger("whippet.many", 1_000_000);

  @TempDir File directory;

  @Test
  void directoryOfAnotherProcessIsLockedUntilItIsKilledAndThenHoldsWhatItStored() throws Exception {
    Process other = start("-Xmx32m", "hold");
    try {
      BufferedReader out = new BufferedReader(new InputStreamReader(other.getInputStream()));
      assertThat(out.readLine()).isEqualTo("stored 3");

      assertThatThrownBy(() -> open(directory, new Recorder()))
          .isInstanceOfSatisfying(
              OutboxException.class,
              e -> assertThat(e.reason()).isEqualTo(OutboxException.Reason.LOCKED));
    } finally {
      other.destroyForcibly().waitFor();
    }
    try (Outbox outbox = open(directory, new Recorder())) {
      assertThat(outbox.backlogRecords()).isEqualTo(3);
      assertThat(outbox.lastSequence(0)).isGreaterThanOrEqualTo(3);
    }
  }

  /**
   * 24 MiB of heap is less than 26 bytes a record: nothing is kept per record. Ten million with
   * {@code -Dwhippet.many=10000000}: 2.5 bytes a record.
   */
  @Test
  void millionRecordsFitASmallHeap() throws Exception {
    Process other = start("-Xmx24m", "many");
    BufferedReader out = new BufferedReader(new InputStreamReader(other.getInputStream()));
    assertThat(out.readLine()).isEqualTo("drained " + MANY);
    assertThat(other.waitFor()).isZero();
  }

  private Process start(String heap, String what) throws Exception {
    String java = new File(System.getProperty("java.home"), "bin/java").getPath();
    String path = System.getProperty("java.class.path");
    return new ProcessBuilder(
            java,
            heap,
            "-XX:+UseSerialGC",
            "-Dwhippet.many=" + MANY,
            "-cp",
            path,
            Other.class.getName(),
            what,
            directory.getPath())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static Outbox open(File directory, Outbox.Listener listener) throws OutboxException {
    return Outbox.open(
        OutboxConfig.builder(directory)
            .backlogBytesMax(8L << 30)
            .block(1, TimeUnit.MINUTES)
            .build(),
        Disk.SYSTEM,
        listener);
  }

  /** The other process. */
  static final class Other {
    public static void main(String[] args) throws Exception {
      File directory = new File(args[1]);
      if (args[0].equals("hold")) {
        hold(directory);
      } else {
        many(directory);
      }
    }

    private static void hold(File directory) throws Exception {
      Recorder recorder = new Recorder();
      Outbox outbox = open(directory, recorder);
      int route = outbox.routeFor("s", "t");
      for (int i = 0; i < 3; i++) {
        outbox.send(new Entry().route(route));
      }
      recorder.awaitStored(3);
      System.out.println("stored 3");
      Thread.currentThread().join(); // until it is killed
    }

    private static void many(File directory) throws Exception {
      Recorder recorder = new Recorder();
      try (Outbox outbox = open(directory, recorder)) {
        Entry entry = new Entry().route(outbox.routeFor("s", "t")).payload(new byte[8]);
        for (int i = 0; i < MANY; i++) {
          outbox.send(entry);
        }
        recorder.awaitStored(MANY);
      }
      long drained = 0;
      try (Outbox outbox = open(directory, recorder);
          Cursor cursor = outbox.cursor(0)) {
        while (cursor.next()) {
          drained++;
          if (drained % 10_000 == 0) {
            outbox.acknowledge(cursor.sequence());
          }
        }
      }
      System.out.println("drained " + drained);
    }
  }
}

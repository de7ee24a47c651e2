package dev.whippet.broker.internal.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NoiseTest {

  private static final long SECOND = 1_000_000_000;

  @TempDir Path root;

  @Test
  void workThatNobodyOfUsDidIsForeign() {
    Noise.Sample before = new Noise.Sample(0, 100, 10, 20, 5);
    Noise.Sample after = new Noise.Sample(4 * SECOND, 106, 13, 21.5, 5.5);

    double foreign = Noise.foreignCores(before, after);

    // 6 s of work, 3 + 1.5 + 0.5 of it ours, in 4 s
    assertThat(foreign).isCloseTo(0.25, withPercentage(0.001));
    assertThat(Noise.spoils(foreign)).isTrue();
  }

  @Test
  void upToATenthOfACoreIsTolerated() {
    assertThat(Noise.spoils(0.1)).isFalse();
    assertThat(Noise.spoils(0.11)).isTrue();
  }

  @Test
  void coarseCountersNeverMakeItNegative() {
    Noise.Sample before = new Noise.Sample(0, 1, 1, 0, 0);
    Noise.Sample after = new Noise.Sample(SECOND, 1.5, 1.52, 0, 0);

    assertThat(Noise.foreignCores(before, after)).isZero();
  }

  @Test
  void idlingAndWaitingForADiskAreNoWork() throws IOException {
    write("stat", "cpu  100 20 30 99999 8888 5 6 7 3 2\ncpu0 1 1 1 1 1 1 1 1\n");

    assertThat(new Proc(root).machineSeconds()).isCloseTo(1.68, withPercentage(0.001));
  }

  @Test
  void aProcessIsReadBehindItsNameWhateverThatHolds() throws IOException {
    write("42/stat", "42 (a) b (c)) S 1 42 42 0 -1 4194560 1 2 3 4 250 150 7 8 20 0 1 0 5 6 7");
    write("42/status", "Name:\ta\nVmRSS:\t   2048 kB\nThreads:\t1\n");
    write("42/io", "rchar: 1\nsyscw: 77\nwrite_bytes: 4096\n");
    write("42/task/42/status", "voluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t1\n");
    write("42/task/43/status", "voluntary_ctxt_switches:\t6\nnonvoluntary_ctxt_switches:\t1\n");
    Proc proc = new Proc(root);

    assertThat(proc.processSeconds(42)).isCloseTo(4.0, withPercentage(0.001));
    assertThat(proc.residentBytes(42)).isEqualTo(2 << 20);
    assertThat(proc.writeCalls(42)).isEqualTo(77);
    assertThat(proc.writtenBytes(42)).isEqualTo(4096);
    assertThat(proc.wakeUps(42)).isEqualTo(11);
  }

  @Test
  void kernelThreadsAreChildrenOfTheSecondProcess() throws IOException {
    write("7/stat", "7 (jbd2/vda-8) S 2 0 0 0 -1 0 0 0 0 0 100 200 0 0");
    write("8/stat", "8 (java) S 1 0 0 0 -1 0 0 0 0 0 1000 2000 0 0");

    assertThat(new Proc(root).kernelThreadSeconds()).isCloseTo(3.0, withPercentage(0.001));
  }

  @Test
  void aProcessThatIsGoneReadsAsNothing() throws IOException {
    Proc proc = new Proc(root);

    assertThat(proc.processSeconds(1)).isZero();
    assertThat(proc.residentBytes(1)).isZero();
    assertThat(proc.wakeUps(1)).isZero();
    assertThat(proc.listenerOn(80)).isZero();
    assertThat(proc.isThere()).isFalse();
  }

  @Test
  void theListenerIsFoundThroughItsSocket() throws IOException {
    write(
        "net/tcp",
        """
          sl  local_address rem_address   st tx_queue rx_queue tr tm rt uid tout inode
           0: 0100007F:1F9A 00000000:0000 01 00000000:00000000 00:00000000 00000000     0  0 111 1
           1: 0100007F:1F9A 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0  0 222 1
        """);
    Files.createDirectories(root.resolve("5/fd"));
    Files.createSymbolicLink(root.resolve("5/fd/3"), Path.of("socket:[111]"));
    Files.createDirectories(root.resolve("6/fd"));
    Files.createSymbolicLink(root.resolve("6/fd/3"), Path.of("socket:[222]"));

    assertThat(new Proc(root).listenerOn(8090)).isEqualTo(6);
    assertThat(new Proc(root).listenerOn(8091)).isZero();
  }

  @Test
  void memoryIsNoStableStorage() throws IOException {
    assertThat(Disk.isStable("tmpfs")).isFalse();
    assertThat(Disk.isStable("ramfs")).isFalse();
    assertThat(Disk.isStable("ext4")).isTrue();
    assertThat(Disk.under(root).type()).isNotEmpty();
    assertThat(Disk.under(root).flushes()).isNotNegative();
  }

  private void write(String name, String text) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}

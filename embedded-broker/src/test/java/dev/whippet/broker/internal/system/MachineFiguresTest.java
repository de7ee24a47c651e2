package dev.whippet.broker.internal.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.system.MachineFigures.Figures;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MachineFiguresTest {

  @TempDir Path directory;

  @Test
  void figuresAreRealAndFitTogether() {
    Figures now = new MachineFigures(directory).read();

    assertThat(now.processId()).isEqualTo((int) ProcessHandle.current().pid());
    assertThat(now.memoryUsage()).isBetween(1L << 20, now.totalMemory());
    assertThat(now.availableMemory()).isBetween(1L, now.totalMemory());
    assertThat(now.cpuUsage()).isNotNegative();
    assertThat(now.totalCpuUsage()).isBetween(0f, 100f);
    assertThat(now.runTimeMicros()).isPositive();
    assertThat(now.startTimeMicros() + now.runTimeMicros())
        .isLessThanOrEqualTo(WallClock.micros() + 1_000_000);
    assertThat(now.freeDiskBytes()).isBetween(1L, now.totalDiskBytes());
    assertThat(now.threads()).isPositive();
    assertThat(now.hostname()).isNotEmpty();
    assertThat(now.kernelVersion()).isEqualTo(System.getProperty("os.version"));
  }

  @Test
  void missingDirectoryGivesZerosInsteadOfAFailure() {
    Figures now = new MachineFigures(directory.resolve("gone")).read();

    assertThat(now.freeDiskBytes()).isZero();
    assertThat(now.totalDiskBytes()).isZero();
  }
}

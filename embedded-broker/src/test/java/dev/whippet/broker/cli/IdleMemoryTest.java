package dev.whippet.broker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class IdleMemoryTest {
  private static final long MIB = 1 << 20;
  private static final long LITTLE = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long MUCH = TimeUnit.MILLISECONDS.toNanos(900);

  private final IdleMemory memory = IdleMemory.from(0);
  private long cpu;
  private long now;

  private boolean after(long cpuNanos, long heapMebibytes) {
    cpu += cpuNanos;
    now += TimeUnit.MILLISECONDS.toNanos(IdleMemory.LOOK_MILLIS);
    return memory.isDue(cpu, heapMebibytes * MIB, now);
  }

  @Test
  void idleTwiceInARowIsIdle() {
    assertThat(after(LITTLE, 40)).isFalse();
    assertThat(after(LITTLE, 40)).isTrue();
  }

  @Test
  void whoWorksIsLeftAlone() {
    assertThat(after(LITTLE, 40)).isFalse();
    assertThat(after(MUCH, 40)).isFalse();
    assertThat(after(LITTLE, 40)).isFalse();
    assertThat(after(MUCH, 40)).isFalse();
  }

  @Test
  void aLargeHeapIsLeftAlone() {
    long large = IdleMemory.HEAP_BYTES_MAX / MIB;
    assertThat(after(LITTLE, large)).isFalse();
    assertThat(after(LITTLE, large)).isFalse();
    assertThat(after(LITTLE, large - 1)).isTrue();
  }

  @Test
  void nothingGrownNothingDone() {
    after(LITTLE, 40);
    assertThat(after(LITTLE, 40)).isTrue();
    memory.done(20 * MIB, now);

    for (int i = 0; i < 100; i++) {
      assertThat(after(LITTLE, 20 + i % 8)).isFalse();
    }
  }

  @Test
  void aLittleGrownWaitsForAMinuteMuchDoesNot() {
    after(LITTLE, 40);
    assertThat(after(LITTLE, 40)).isTrue();
    memory.done(20 * MIB, now);

    assertThat(after(LITTLE, 30)).isFalse();
    int looks = 1;
    while (!after(LITTLE, 30)) {
      looks++;
      assertThat(looks).isLessThan(40);
    }
    assertThat(looks * IdleMemory.LOOK_MILLIS)
        .isBetween(TimeUnit.SECONDS.toMillis(55), TimeUnit.SECONDS.toMillis(60));

    memory.done(20 * MIB, now);
    assertThat(after(LITTLE, 60)).isFalse();
    assertThat(after(LITTLE, 60)).isTrue();
  }

  @Test
  void deadObjectsAreCollected() {
    byte[][] dead = new byte[64][];
    for (int i = 0; i < dead.length; i++) {
      dead[i] = new byte[(int) MIB];
    }
    WeakReference<byte[]> one = new WeakReference<>(dead[63]);
    Reference.reachabilityFence(dead);
    dead = null;

    IdleMemory.giveBack();

    assertThat(one.get()).isNull();
  }
}

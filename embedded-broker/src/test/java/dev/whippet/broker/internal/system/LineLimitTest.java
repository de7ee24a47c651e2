package dev.whippet.broker.internal.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class LineLimitTest {
  private final LineLimit limit = new LineLimit();

  @Test
  void letsTenAMinuteThroughAndThenSaysHowManyWereLeftOut() {
    long begin = -5;
    for (int i = 0; i < LineLimit.LINES_MAX; i++) {
      assertThat(limit.next(begin + i)).isEmpty();
    }
    assertThat(limit.next(begin + 20)).isNull();
    assertThat(limit.next(begin + TimeUnit.MINUTES.toNanos(1) - 1)).isNull();

    long later = begin + TimeUnit.MINUTES.toNanos(1);
    assertThat(limit.next(later)).isEqualTo(" (2 more like it were left out)");
    assertThat(limit.next(later + 1)).isEmpty();
  }
}

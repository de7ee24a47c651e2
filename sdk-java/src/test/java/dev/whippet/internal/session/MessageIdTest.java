package dev.whippet.internal.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class MessageIdTest {
  private final byte[] producer = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

  @Test
  void isTheSameForTheSameRecordInEveryProcess() {
    // Fixed values: a change would break the filter of a server over an update of the SDK.
    MessageId ids = new MessageId(producer);

    assertThat(Long.toHexString(ids.low(1))).isEqualTo("990d2be98d015ec0");
    assertThat(Long.toHexString(ids.high(0, 1))).isEqualTo("10d1961b725506e0");
    assertThat(ids.low(1)).isEqualTo(new MessageId(producer.clone()).low(1));
  }

  @Test
  void differsForEverySequenceAndChannel() {
    MessageId ids = new MessageId(producer);
    Set<Long> lows = new HashSet<>();
    for (long sequence = 1; sequence <= 100_000; sequence++) {
      lows.add(ids.low(sequence));
    }

    assertThat(lows).hasSize(100_000);
    assertThat(ids.high(0, 1)).isNotEqualTo(ids.high(1, 1));
  }
}

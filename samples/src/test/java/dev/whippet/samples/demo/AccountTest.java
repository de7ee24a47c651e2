package dev.whippet.samples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.samples.sensor.Ledger.Line;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AccountTest {

  @Test
  void aCleanRunHasNothingLostDoubledOrOutOfOrder() {
    Account account =
        Account.of(List.of(line(1, 7), line(2, 8)), List.of(line(1, 7), line(2, 8), line(3, 9)));

    assertThat(account.clean()).isTrue();
    assertThat(account.entries()).containsExactly(new Account.Entry("sensor-1", 2, 3, 0, 0, 0));
  }

  @Test
  void aStoredRecordThatNeverArrivedIsLost() {
    Account account = Account.of(List.of(line(1, 7), line(2, 8)), List.of(line(1, 7)));

    assertThat(account.clean()).isFalse();
    assertThat(account.entries().get(0).lost()).isEqualTo(1);
  }

  @Test
  void aRecordThatArrivedWithAnotherPayloadIsLost() {
    Account account = Account.of(List.of(line(1, 7)), List.of(line(1, 8)));

    assertThat(account.entries().get(0).lost()).isEqualTo(1);
  }

  @Test
  void aRecordReceivedTwiceIsDoubledAndNotOutOfOrder() {
    Account account = Account.of(List.of(line(1, 7)), List.of(line(1, 7), line(2, 8), line(1, 7)));

    assertThat(account.entries().get(0).doubled()).isEqualTo(1);
    assertThat(account.entries().get(0).outOfOrder()).isZero();
  }

  @Test
  void aRecordReceivedAfterAHigherOneIsOutOfOrder() {
    Account account = Account.of(List.of(line(1, 7)), List.of(line(2, 8), line(1, 7)));

    assertThat(account.entries().get(0).outOfOrder()).isEqualTo(1);
    assertThat(account.entries().get(0).lost()).isZero();
  }

  @Test
  void anEmptyRunIsNotClean() {
    assertThat(Account.of(List.of(), List.of()).clean()).isFalse();
  }

  private static Line line(long sequence, long checksum) {
    return new Line("sensor-1", sequence, checksum);
  }
}

package dev.whippet.internal.call;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class HeartbeatTest {
  private final Heartbeat heartbeat = new Heartbeat(30_000, 10_000);

  @Test
  void pingsWhenNothingWasReceivedForTheInterval() {
    heartbeat.begin(30_000, 0);

    assertThat(heartbeat.pingDue(29_999)).isFalse();
    assertThat(heartbeat.pingDue(30_000)).isTrue();
    heartbeat.received(30_000);
    assertThat(heartbeat.pingDue(59_999)).isFalse();
    assertThat(heartbeat.deadlineMillis(false)).isEqualTo(60_000);
  }

  @Test
  void aPingOfTheBrokerIsASignOfLifeButNoProgress() {
    heartbeat.begin(30_000, 0);
    heartbeat.asked(20_000);
    heartbeat.heard(25_000);

    assertThat(heartbeat.pingDue(54_999)).isFalse();
    assertThat(heartbeat.pingDue(55_000)).isTrue();
    assertThat(heartbeat.isDead(30_000)).isTrue();
  }

  @Test
  void aRequestWithoutAnyProgressKillsTheLink() {
    heartbeat.begin(30_000, 0);
    heartbeat.asked(5_000);

    assertThat(heartbeat.isDead(14_999)).isFalse();
    assertThat(heartbeat.isDead(15_000)).isTrue();
    assertThat(heartbeat.deadlineMillis(true)).isEqualTo(15_000);
  }

  @Test
  void aLargeRequestOnASlowLinkLivesAsLongAsItsBytesMove() {
    heartbeat.begin(30_000, 0);
    heartbeat.asked(0);

    for (int i = 1; i <= 10; i++) {
      heartbeat.written(i * 100, 1_000, i * 9_000L);
      assertThat(heartbeat.isDead(i * 9_000L)).isFalse();
    }

    assertThat(heartbeat.isDead(99_999)).isFalse();
    assertThat(heartbeat.isDead(100_000)).isTrue();
  }

  @Test
  void whoeverKeepsAskingStillNoticesThatTheOldestIsNotAnswered() {
    heartbeat.begin(30_000, 0);
    heartbeat.asked(0);
    heartbeat.written(100, 100, 0);

    for (int i = 1; i <= 9; i++) {
      heartbeat.written(100 + i * 50, 100, i * 1_000L);
    }

    assertThat(heartbeat.isDead(10_000)).isTrue();
  }

  @Test
  void theBrokerMayAskForPingsMoreOften() {
    heartbeat.begin(30_000, 0);

    heartbeat.shorten(5_000);
    heartbeat.shorten(60_000);

    assertThat(heartbeat.pingDue(5_000)).isTrue();
  }
}

package dev.whippet.internal.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

final class BackoffTest {
  @Test
  void delaysAreUniformUpToALimitThatDoublesToTheMax() {
    long[] limits = {100, 200, 400, 800, 1_000, 1_000};
    for (int failure = 0; failure < limits.length; failure++) {
      long sum = 0;
      long longest = 0;
      for (int seed = 0; seed < 2_000; seed++) {
        Backoff backoff = new Backoff(100, 1_000, new Random(seed * 7_919L));
        long delay = 0;
        for (int i = 0; i <= failure; i++) {
          delay = backoff.nextDelayMillis();
        }
        sum += delay;
        longest = Math.max(longest, delay);
        assertThat(delay).isBetween(0L, limits[failure]);
      }
      assertThat(sum / 2_000.0).isBetween(limits[failure] * 0.45, limits[failure] * 0.55);
      assertThat(longest).isGreaterThan(limits[failure] * 95 / 100);
    }
  }

  @Test
  void neverGivesUpAndNeverOverflows() {
    Backoff backoff = new Backoff(86_400_000, 86_400_000, new Random(1));

    for (int i = 0; i < 100_000; i++) {
      assertThat(backoff.nextDelayMillis()).isBetween(0L, 86_400_000L);
    }
    assertThat(backoff.failures()).isEqualTo(100_000);
  }

  @Test
  void startsOverOnlyWhenReset() {
    Backoff backoff = new Backoff(1, 1_000_000, new Random(1));
    for (int i = 0; i < 30; i++) {
      backoff.nextDelayMillis();
    }

    backoff.reset();

    assertThat(backoff.nextDelayMillis()).isBetween(0L, 1L);
  }

  /** A broker restarts and 10,000 clients lost it in the same millisecond. */
  @Test
  void tenThousandClientsComeBackSpreadOut() {
    int clients = 10_000;
    Random random = new Random(42);
    int[] perSecond = new int[3_600];
    Session[] sessions = new Session[clients];
    for (int i = 0; i < clients; i++) {
      Backoff backoff = new Backoff(200, 30_000, random);
      sessions[i] = new Session(10_000, 10_000, backoff, new Backoff(200, 30_000, random));
      sessions[i].step(Session.Event.START, "", 0);
      sessions[i].step(Session.Event.LINK_LOST, "restart", 0);
    }

    // The broker stays down for ten minutes: every attempt fails at once.
    for (Session session : sessions) {
      long now = session.deadlineMillis();
      while (now < 600_000) {
        perSecond[(int) (now / 1_000)]++;
        session.step(Session.Event.TICK, "", now);
        session.step(Session.Event.LINK_LOST, "refused", now);
        now = session.deadlineMillis();
      }
    }

    int peak = 0;
    int late = 0;
    for (int second = 0; second < 600; second++) {
      peak = Math.max(peak, perSecond[second]);
      late = second >= 60 ? Math.max(late, perSecond[second]) : late;
    }
    System.out.println("connects per second: peak " + peak + ", after a minute " + late);
    assertThat(late).isLessThan(clients / 10);
    assertThat(perSecond[599]).isGreaterThan(clients / 60);
  }

  @Test
  void refusesNonsense() {
    assertThatThrownBy(() -> new Backoff(0, 1, new Random())).hasMessageContaining("0 to 1 ms");
    assertThatThrownBy(() -> new Backoff(5, 4, new Random()))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

package dev.whippet.internal.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.internal.segment.Channel;
import dev.whippet.testkit.MemoryDisk;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Sent = delivered + reported, whatever happens: lanes, ages, bounds, both drop policies,
 * encryption, turns, failing operations, power cuts. {@code -Dwhippet.rounds=N} runs N seeds,
 * {@code -Dwhippet.seed=S} begins with another one.
 */
@Timeout(300) // a hang is a failure
final class AccountTest {
  private static final long FIRST_SEED = Long.getLong("whippet.seed", 1);
  private static final int ROUNDS = Integer.getInteger("whippet.rounds", 60);
  private static final int STEPS = 60;

  private final Map<GapReport.Reason, Long> reported = new TreeMap<>();

  @Test
  void everyMessageIsDeliveredOrReported() {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
      try {
        run(seed);
      } catch (AssertionError | Exception failed) {
        throw new AssertionError("-Dwhippet.rounds=1 -Dwhippet.seed=" + seed, failed);
      }
    }
    System.out.println("AccountTest seed " + FIRST_SEED + ", " + ROUNDS + " rounds: " + reported);
    if (ROUNDS >= 60) {
      assertThat(reported)
          .containsKeys(
              GapReport.Reason.OVERFLOW,
              GapReport.Reason.REFUSED,
              GapReport.Reason.EXPIRED,
              GapReport.Reason.UNKNOWN_OUTCOME);
    }
  }

  private void run(long seed) throws Exception {
    Random random = new Random(seed);
    OutboxConfig.Builder config =
        OutboxModel.small().backlogBytesMax(16_384).backlogRecordsMax(20 + random.nextInt(100));
    switch (random.nextInt(4)) {
      case 0 -> config.dropNewest();
      case 1 -> config.reject();
      default -> config.dropOldest();
    }
    if (random.nextInt(3) == 0) {
      config.keys(new Keyring());
    }
    Account account = new Account(random, config, new MemoryDisk(seed));
    account.open();
    for (int step = 0; step < STEPS; step++) {
      step(account, random);
    }
    account.disk.failAt(Long.MAX_VALUE, 0);
    account.close();
    account.reported().forEach((reason, count) -> reported.merge(reason, count, Long::sum));
  }

  private static void step(Account account, Random random) throws Exception {
    switch (random.nextInt(16)) {
      case 0 ->
          account.disk.failAt(
              account.disk.operations() + 1 + random.nextInt(6), 1 + random.nextInt(3));
      case 1 -> reborn(account, random);
      case 2 -> account.pass(random.nextInt(2_000));
      case 3 -> account.outbox.turn(random.nextInt(Channel.LANES));
      case 4, 5, 6 -> account.drain(random.nextInt(Channel.COUNT), random.nextInt(30));
      case 7 -> account.settle();
      case 8 -> account.round();
      default -> burst(account, random);
    }
  }

  private static void burst(Account account, Random random) throws Exception {
    for (int i = random.nextInt(12); i >= 0; i--) {
      account.send();
    }
  }

  private static void reborn(Account account, Random random) throws Exception {
    if (random.nextBoolean()) {
      account.disk.failAt(Long.MAX_VALUE, 0);
      account.settle();
      account.reborn(true);
    } else {
      account.reborn(false);
    }
  }
}

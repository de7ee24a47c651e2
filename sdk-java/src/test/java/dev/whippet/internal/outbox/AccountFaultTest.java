package dev.whippet.internal.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.internal.segment.Channel;
import dev.whippet.testkit.MemoryDisk;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A workload of lanes, ages, drops and encryption: power cut at every operation, disk full. */
@Timeout(300) // a hang is a failure
final class AccountFaultTest {
  private static final long SEED = Long.getLong("whippet.seed", 1);

  private static Account account(MemoryDisk disk) {
    OutboxConfig.Builder config =
        OutboxModel.small().backlogRecordsMax(40).dropOldest().keys(new Keyring());
    return new Account(new Random(SEED), config, disk);
  }

  private static void work(Account account) throws Exception {
    account.open();
    for (int i = 0; i < 12; i++) {
      for (int j = 0; j < 6; j++) {
        account.send();
      }
      account.settle();
      account.pass(500);
      account.drain(i % Channel.COUNT, 4);
      if (i % 5 == 4) {
        account.outbox.turn(i % Channel.LANES);
      }
    }
  }

  @Test
  void powerCutAtEveryOperationLosesNothingInSilence() throws Exception {
    Account whole = account(new MemoryDisk(0));
    work(whole);
    long operations = whole.disk.operations();
    whole.close();
    assertThat(operations).isGreaterThan(80);

    for (long operation = 1; operation <= operations; operation++) {
      try {
        Account account = account(new MemoryDisk(operation + SEED).cutPowerAt(operation));
        try {
          work(account);
        } catch (OutboxException dark) {
          assertThat(account.disk.isOff()).isTrue();
        }
        account.afterTheCut();
        account.send();
        account.close();
      } catch (AssertionError | Exception failed) {
        throw new AssertionError("power cut at " + operation + ", seed " + SEED, failed);
      }
    }
  }

  @Test
  void fullDiskLosesNothingInSilenceAndWorksAgainWithRoom() throws Exception {
    for (long capacity = 8192 + 4096; capacity < 60_000; capacity += 512) {
      try {
        Account account = account(new MemoryDisk(capacity).capacity(capacity));
        work(account);
        account.disk.capacity(Long.MAX_VALUE);
        account.send();
        account.close();
      } catch (AssertionError | Exception failed) {
        throw new AssertionError("capacity " + capacity + ", seed " + SEED, failed);
      }
    }
  }
}

package dev.whippet.broker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.PartitionLog.ProducerMark;
import dev.whippet.broker.internal.log.PartitionLog.Published;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.LogCallback;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.format.Producer;
import dev.whippet.broker.testkit.MemoryDisk;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Senders without and with a sequence, interleaved with commits at random, and what must be true of
 * the log afterwards: everything acknowledged is there once and in order, nothing is invented.
 *
 * <p>Tags below {@link #PUBLISHED} come from append, in ascending order; the others are {@code
 * PUBLISHED * (producer + 1) + 100 * sequence}.
 */
final class PartitionWorkload {
  static final long PUBLISHED = 1_000_000;
  private static final int PRODUCERS = 2;

  private final Random random;
  private final Set<Long> submitted = new HashSet<>();
  private final Set<Long> acknowledged = new HashSet<>();
  private final long[] appended = new long[PRODUCERS];
  private long nextTag;

  PartitionWorkload(long seed) {
    random = new Random(seed);
  }

  /** Runs until it is done or the power goes. */
  void run(LogFixture fixture, PartitionLog log, int steps) {
    for (int step = 0; step < steps && !fixture.disk.isOff(); step++) {
      fixture.clock += random.nextInt(16) == 0 ? 600_000 : random.nextInt(3);
      fixture.timers.runDue();
      if (random.nextInt(3) == 0) {
        append(fixture, log);
      } else {
        publish(fixture, log, random.nextInt(PRODUCERS), random.nextInt(4) == 0);
      }
      if (random.nextBoolean()) {
        fixture.loop.runAll();
      } else {
        for (int turn = random.nextInt(4); turn > 0; turn--) {
          fixture.loop.runOne();
        }
      }
    }
    fixture.loop.runAll();
  }

  private void append(LogFixture fixture, PartitionLog log) {
    long[] tags = new long[1 + random.nextInt(3)];
    for (int i = 0; i < tags.length; i++) {
      tags[i] = nextTag++;
      submitted.add(tags[i]);
    }
    log.append(
        fixture.records(tags),
        tags.length,
        3,
        (base, failure) -> {
          if (failure == null) {
            for (long tag : tags) {
              acknowledged.add(tag);
            }
          }
        });
  }

  /** Sends the next sequences, or again some of those that were sent. */
  private void publish(LogFixture fixture, PartitionLog log, int producer, boolean again) {
    long back = again ? random.nextInt(3) : 0;
    long first = Math.max(1, appended[producer] + 1 - back);
    int count = 1 + random.nextInt(5);
    publish(fixture, log, producer, first, count);
  }

  private void publish(LogFixture fixture, PartitionLog log, int producer, long first, int count) {
    long[] tags = new long[count];
    for (int i = 0; i < count; i++) {
      tags[i] = tag(producer, first + i);
      submitted.add(tags[i]);
    }
    Publication publication = new Publication(producer(producer), 1, first - 1, first);
    LogCallback<Published> done =
        (published, failure) -> {
          if (failure == null) {
            for (long tag : tags) {
              acknowledged.add(tag);
            }
            assertThat(published.highestDurableSequence())
                .isGreaterThanOrEqualTo(first + count - 1);
          }
        };
    appended[producer] = Math.max(appended[producer], first + count - 1);
    log.publish(fixture.records(tags), count, publication, done);
  }

  private static long tag(int producer, long sequence) {
    return PUBLISHED * (producer + 1) + 100 * sequence;
  }

  private static Producer producer(int number) {
    return new Producer(3, number, 99, 0);
  }

  /** All that is promised, on a log that was recovered. */
  void check(LogFixture fixture, PartitionLog log) {
    List<Long> found = fixture.readAll(log);
    assertThat(found).as("nothing twice").doesNotHaveDuplicates();
    assertThat(submitted).as("nothing invented").containsAll(found);
    assertThat(found).as("nothing acknowledged is lost").containsAll(acknowledged);
    assertThat(log.endOffset()).as("offsets").isEqualTo(found.size());
    assertThat(log.messages()).isEqualTo(found.size());
    assertThat(ofSender(found, -1)).isSorted();
    for (int producer = 0; producer < PRODUCERS; producer++) {
      List<Long> own = ofSender(found, producer);
      assertThat(own).as("order and no gap").isEqualTo(first(producer, own.size()));
      Producer who = producer(producer);
      assertThat(fixture.<ProducerMark>run(done -> log.producerState(who, done)).value())
          .isEqualTo(new ProducerMark(!own.isEmpty(), own.size()));
    }
    assertThat(fixture.damage)
        .filteredOn(one -> one.kind() != Damage.Kind.TAIL_CUT)
        .allMatch(one -> one.kind() == Damage.Kind.READ_ONLY && log.readOnlyReason() != null);
  }

  /** What an outbox does after a reconnect: asks, sends what is not known, all of it arrives. */
  void resendAll(LogFixture fixture, PartitionLog log) {
    for (int number = 0; number < PRODUCERS; number++) {
      Producer who = producer(number);
      long known =
          fixture
              .<ProducerMark>run(done -> log.producerState(who, done))
              .value()
              .highestDurableSequence();
      acknowledged.addAll(first(number, (int) known));
      if (known < appended[number]) {
        publish(fixture, log, number, known + 1, (int) (appended[number] - known));
      }
      fixture.loop.runAll();
      assertThat(acknowledged).containsAll(first(number, (int) appended[number]));
    }
  }

  private static List<Long> ofSender(List<Long> tags, int producer) {
    return tags.stream().filter(tag -> tag / PUBLISHED == producer + 1).toList();
  }

  private static List<Long> first(int producer, int count) {
    List<Long> tags = new ArrayList<>();
    for (int sequence = 1; sequence <= count; sequence++) {
      tags.add(tag(producer, sequence));
    }
    return tags;
  }

  /** What a process has shown survives a power cut, although it wrote nothing since it started. */
  private void checkLasts(MemoryDisk disk, LogConfig config, List<Long> shown) {
    LogFixture fixture = new LogFixture(disk.afterPowerCut(1), config, LogFixture.MORTAL);
    PartitionLog log = fixture.recover();
    assertThat(fixture.readAll(log)).as("shown before the cut").isEqualTo(shown);
    fixture.close(log);
  }

  /** Starts a process on what is left of a disk and checks it, then goes on and checks again. */
  void checkAfter(MemoryDisk left, LogConfig config) {
    LogFixture fixture = new LogFixture(left, config, LogFixture.MORTAL);
    PartitionLog log = fixture.recover();
    check(fixture, log);
    checkLasts(left, config, fixture.readAll(log));
    resendAll(fixture, log);
    append(fixture, log);
    fixture.loop.runAll();
    check(fixture, log);
    fixture.close(log);

    LogFixture later = new LogFixture(left, config, LogFixture.MORTAL);
    PartitionLog again = later.recover();
    check(later, again);
    later.close(again);
  }
}

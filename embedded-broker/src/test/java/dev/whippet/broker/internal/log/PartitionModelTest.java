package dev.whippet.broker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.LogFixture.Answer;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.Records;
import dev.whippet.broker.testkit.MemoryDisk;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random appends and reads, some of them at the same time, against a list. */
class PartitionModelTest {
  private static final int STEPS = 1_500;

  /** With leak detection, which notes every access to a buffer. */
  private static final int STEPS_WATCHED = 100;

  private LogFixture fixture;
  private PartitionLog log;

  /** Tag and time of each durable message. */
  private final List<long[]> model = new ArrayList<>();

  private final List<long[]> underWay = new ArrayList<>();
  private final List<Answer<Long>> answers = new ArrayList<>();
  private long nextTag;

  @AfterEach
  void close() {
    fixture.close(log);
    assertThat(fixture.logs.spareBytes()).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void readsWhatWasAppended(long seed) {
    Random random = new Random(seed);
    LogConfig config =
        LogConfig.DEFAULT
            .withSegmentBytes(16L << 10 << random.nextInt(3))
            .withTailBytesMax(random.nextInt(3) * 20_000L);
    boolean watched = seed == 1;
    fixture =
        watched
            ? LogFixture.onEmptyDisk(config)
            : new LogFixture(new MemoryDisk(seed, LogFixture.ROOT), config, LogFixture.MORTAL);
    log = PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);

    for (int step = 0; step < (watched ? STEPS_WATCHED : STEPS); step++) {
      try {
        step(random);
      } catch (AssertionError e) {
        throw new AssertionError("seed " + seed + ", step " + step, e);
      }
    }
    settle();
    List<Long> tags = model.stream().map(one -> one[0]).toList();
    assertThat(fixture.readAll(log)).isEqualTo(tags);
    assertThat(fixture.readAll(log, 7, 900)).isEqualTo(tags);
    assertThat(fixture.damage).isEmpty();
  }

  private void step(Random random) {
    switch (random.nextInt(12)) {
      case 0, 1, 2, 3, 4 -> append(random);
      case 5, 6, 7, 8 -> read(random);
      case 9 -> settle();
      case 10 -> {
        settle();
        findTime(random);
      }
      default -> {
        if (random.nextInt(20) == 0) {
          reopen();
        }
      }
    }
  }

  private void append(Random random) {
    fixture.clock += random.nextInt(3);
    long[] tags = new long[1 + random.nextInt(random.nextInt(10) == 0 ? 60 : 3)];
    for (int i = 0; i < tags.length; i++) {
      tags[i] = nextTag++;
      underWay.add(new long[] {tags[i], fixture.clock});
    }
    Answer<Long> answer = new Answer<>();
    answers.add(answer);
    log.append(fixture.records(tags), tags.length, 3, answer);
    for (int turn = random.nextInt(3); turn > 0; turn--) {
      fixture.loop.runOne();
    }
  }

  private void settle() {
    fixture.loop.runAll();
    answers.forEach(Answer::value);
    answers.clear();
    model.addAll(underWay);
    underWay.clear();
    assertThat(log.endOffset()).isEqualTo(model.size());
    assertThat(log.messages()).isEqualTo(model.size());
  }

  /** The read and appends are under way together; it sees a prefix that was durable. */
  private void read(Random random) {
    long durable = log.endOffset();
    long from = random.nextInt((int) durable + 2);
    int countMax = 1 + random.nextInt(40);
    int bytesMax = 1 + random.nextInt(5_000);
    Answer<Records> answer = new Answer<>();
    log.read(from, countMax, bytesMax, answer);
    append(random);
    fixture.loop.runAll();
    Records found = answer.value();
    settle();
    assertThat(found.count()).isLessThanOrEqualTo(countMax);
    assertThat(found.count() == 0).isEqualTo(from >= durable);
    assertThat(found.count() <= 1 || found.bytes() <= bytesMax).isTrue();
    if (found.count() > 0) {
      List<Long> tags = LogFixture.tags(found, from);
      for (int i = 0; i < tags.size(); i++) {
        assertThat(tags.get(i)).isEqualTo(model.get((int) from + i)[0]);
      }
      boolean bounded = found.count() == countMax || found.lastOffset() + 1 >= durable;
      assertThat(bounded || found.bytes() + 64 + 8 + 99 + 2 > bytesMax).as("filled").isTrue();
    }
    found.release();
  }

  private void findTime(Random random) {
    long time = 1_000_000 + random.nextInt((int) (fixture.clock - 1_000_000) + 3);
    long expected = 0;
    while (expected < model.size() && model.get((int) expected)[1] < time) {
      expected++;
    }
    assertThat(fixture.<Long>run(done -> log.offsetAtOrAfter(time, done)).value())
        .isEqualTo(expected);
  }

  private void reopen() {
    settle();
    fixture.close(log);
    log = fixture.recover();
    assertThat(log.endOffset()).isEqualTo(model.size());
    assertThat(log.messages()).isEqualTo(model.size());
  }
}

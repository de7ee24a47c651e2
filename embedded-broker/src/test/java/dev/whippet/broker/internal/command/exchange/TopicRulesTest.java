package dev.whippet.broker.internal.command.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.catalog.TopicEntry.Settings;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.log.PartitionSettings;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.internal.log.retain.Retention;
import dev.whippet.broker.internal.log.space.DiskBudget;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopicRulesTest {
  private static final long ALL_ONES = -1;

  @ParameterizedTest(name = "{0} / {1} fits {2} / {3}: {4}")
  @CsvSource({
    "a, b, a, b, true",
    "a, b, a, bb, false",
    "a, b, A, b, false",
    "*, *, anything, at all, true",
    "a*, b, a, b, true",
    "a*c, *, abbc, x, true",
    "a*c, *, abbcd, x, false",
    "*a*b*, *, xaxbx, x, true",
    "*a*b*, *, xbxax, x, false",
    "a.c, *, abc, x, false",
    "[a], \\, [a], \\, true",
  })
  void aStarStandsForAnyCharactersAndNothingElseDoes(
      String stream, String topic, String streamName, String topicName, boolean fits) {
    TopicRules rules = rules(TopicRules.Named.of(stream, topic, Durability.PROCESS));

    assertThat(rules.durability(streamName, topicName) == Durability.PROCESS).isEqualTo(fits);
  }

  @Test
  void theFirstPatternThatFitsCounts() {
    TopicRules rules =
        rules(
            TopicRules.Named.of("a", "*", Durability.INTERVAL),
            TopicRules.Named.of("*", "*", Durability.PROCESS));

    assertThat(rules.durability("a", "x")).isEqualTo(Durability.INTERVAL);
    assertThat(rules.durability("b", "x")).isEqualTo(Durability.PROCESS);
    assertThat(rules().durability("b", "x")).isEqualTo(Durability.POWER);
  }

  @Test
  void zeroIsTheServersDefaultAndEverythingElseStays() {
    TopicRules rules = new TopicRules(Durability.POWER, List.of(), 77, 1 << 20, 1);

    assertThat(rules.resolve(new Request.TopicSettings(1, 0, 0, 0)))
        .isEqualTo(new Settings(1, 77, 1 << 20, 1));
    assertThat(rules.resolve(new Request.TopicSettings(2, ALL_ONES, ALL_ONES, 3)))
        .isEqualTo(new Settings(2, ALL_ONES, ALL_ONES, 3));
  }

  @Test
  void anUpdateKeepsZeroAndZeroStillIsTheServersDefault() {
    TopicRules rules = new TopicRules(Durability.POWER, List.of(), 77, 1 << 20, 1);

    Settings settings = rules.literal(new Request.TopicSettings(1, 0, 0, 0));

    assertThat(settings).isEqualTo(new Settings(1, 0, 0, 1));
    assertThat(rules.retention(settings).isExpired(0, 77)).isTrue();
    assertThat(rules.retention(settings).isExpired(0, 76)).isFalse();
    assertThat(rules.retention(settings).topic().bytesMax()).isEqualTo(1 << 20);
  }

  @Test
  void partitionsShareTheRetentionOfTheirTopicAndHaveFloorsOfTheirOwn() {
    Retention retention = rules().retention(new Settings(1, 500, 9_000, 1));
    List<PartitionSettings> all =
        rules().partitions("s", "t", retention, new long[] {4, 5}, floor -> floor * 10);

    assertThat(all).extracting(PartitionSettings::incarnation).containsExactly(4L, 5L);
    assertThat(all).extracting(PartitionSettings::offsetFloor).containsExactly(40L, 50L);
    assertThat(all).extracting(PartitionSettings::retention).containsOnly(retention);
    assertThat(retention.isExpired(0, 500)).isTrue();
    assertThat(retention.isExpired(0, 499)).isFalse();
    assertThat(retention.topic().bytesMax()).isEqualTo(9_000);
  }

  @Test
  void anUpdateChangesWhatPartitionsInUseGoBy() {
    Retention retention = rules().retention(new Settings(1, 500, 9_000, 1));

    rules().change(retention, new Settings(1, 700, 10_000, 1));

    assertThat(retention.isExpired(0, 699)).isFalse();
    assertThat(retention.topic().bytesMax()).isEqualTo(10_000);
  }

  @Test
  void withoutLimitIsWithoutLimit() {
    Retention retention = rules().retention(new Settings(1, ALL_ONES, ALL_ONES, 1));

    assertThat(retention.isExpired(0, Long.MAX_VALUE - 1)).isFalse();
    assertThat(retention.topic().bytesMax()).isEqualTo(DiskBudget.UNLIMITED);
  }

  private static TopicRules rules(TopicRules.Named... named) {
    return new TopicRules(
        Durability.POWER,
        List.of(named),
        TopicRules.WITHOUT_LIMIT,
        TopicRules.WITHOUT_LIMIT,
        1 << 20);
  }
}

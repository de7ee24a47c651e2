package dev.whippet.broker.internal.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.Settings;
import dev.whippet.internal.wire.XxHash32;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Placement (iggy-classic.md 6.4). */
final class TopicEntryTest {

  private static TopicEntry topic(int partitions) {
    List<PartitionEntry> entries = new ArrayList<>();
    for (int id = 0; id < partitions; id++) {
      entries.add(new PartitionEntry(id, 1, 100 + id));
    }
    return new TopicEntry(0, 1, "t", new Settings(1, -1, -1, 1), entries);
  }

  @ParameterizedTest(name = "key {0}: {1} of 3, {2} of 10")
  @CsvSource({
    "'', 1, 9",
    "61, 0, 0", // a
    "757365722d31, 0, 7", // user-1
    "757365722d32, 2, 5", // user-2
    "6f726465722d3432, 1, 9", // order-42
    "01000000, 2, 5",
    "15cd5b0700000000, 2, 9",
  })
  void keyPicksItsPartition(String key, int ofThree, int ofTen) {
    byte[] bytes = HexFormat.of().parseHex(key);
    int hash = XxHash32.hash(bytes, 0, bytes.length);

    assertThat(topic(3).keyed(hash).id()).isEqualTo(ofThree);
    assertThat(topic(10).keyed(hash).id()).isEqualTo(ofTen);
  }

  @Test
  void consumerNameAndClientIdReferenceValues() {
    byte[] name = "billing".getBytes(StandardCharsets.US_ASCII);
    byte[] address = "127.0.0.1:54321".getBytes(StandardCharsets.US_ASCII);

    assertThat(Integer.toUnsignedLong(XxHash32.hash(name, 0, name.length))).isEqualTo(1795796488L);
    assertThat(Integer.toUnsignedLong(XxHash32.hash(address, 0, address.length)))
        .isEqualTo(2650268133L);
  }

  @Test
  void balancedStartsAtZeroAndGoesRound() {
    TopicEntry topic = topic(3);

    List<Integer> round = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      round.add(topic.nextBalanced().id());
    }

    assertThat(round).containsExactly(0, 1, 2, 0, 1, 2, 0);
  }

  @Test
  void withoutPartitionsThereIsNoPlace() {
    assertThat(topic(0).nextBalanced()).isNull();
    assertThat(topic(0).keyed(7)).isNull();
    assertThat(topic(0).partition(0)).isNull();
    assertThat(topic(2).partition(2)).isNull();
    assertThat(topic(2).partition(-1)).isNull();
  }
}

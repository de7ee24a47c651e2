package dev.whippet.broker.internal.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.broker.internal.catalog.CatalogChange.PartitionsAdded;
import dev.whippet.broker.internal.catalog.CatalogChange.PartitionsAre;
import dev.whippet.broker.internal.catalog.CatalogChange.PartitionsRemoved;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamCreated;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamRenamed;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicCreated;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicIs;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicUpdated;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.Settings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Entries of streams, topics and partitions, and what they lead to. */
final class CatalogEntryTest {
  private static final Settings SETTINGS = new Settings(2, 0, -1, 255);

  static List<CatalogChange> changes() {
    return List.of(
        new StreamRenamed(7, "é"),
        new TopicUpdated(3, 4, "t", SETTINGS),
        new PartitionsAdded(1, 2, 99, 1000, 1L << 40),
        new PartitionsRemoved(1, 2, 5),
        new PartitionsAre(1, 2, List.of()),
        new TopicIs(
            new TopicCreated(1, 2, 5, "t", SETTINGS, 0, 0),
            List.of(new PartitionEntry(0, 5, 9, 3))),
        new PartitionsAre(
            1, 2, List.of(new PartitionEntry(0, 5, 9, 3), new PartitionEntry(1, 6, 1L << 50, 4))));
  }

  private static CatalogChange decoded(byte[] entry) {
    List<CatalogChange> found = new ArrayList<>();
    CatalogEntry.decode(entry, found::add, (producer, opening) -> {});
    return found.get(0);
  }

  @ParameterizedTest
  @MethodSource("changes")
  void whatIsWrittenIsRead(CatalogChange change) {
    assertThat(decoded(CatalogEntry.encode(change))).isEqualTo(change);
  }

  @ParameterizedTest
  @MethodSource("changes")
  void everyCutIsRefused(CatalogChange change) {
    byte[] entry = CatalogEntry.encode(change);

    for (int bytes = 0; bytes < entry.length; bytes++) {
      byte[] cut = Arrays.copyOf(entry, bytes);
      assertThatThrownBy(() -> decoded(cut)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static CatalogState withTopic(int partitions) {
    return CatalogState.EMPTY
        .with(new StreamCreated(0, 1, "s"))
        .with(new TopicCreated(0, 0, 1, "t", SETTINGS, partitions, 1));
  }

  private static TopicEntry topic(CatalogState state) {
    return state.streams().get(0).topics().get(0);
  }

  @Test
  void aSnapshotLeadsToTheSamePartitions() {
    CatalogState state =
        withTopic(2)
            .with(new PartitionsAdded(0, 0, 8, 1, 10))
            .with(
                new PartitionsAre(
                    0,
                    0,
                    topic(withTopic(2)).partitions().stream()
                        .map(p -> p.purged(20 + p.id()))
                        .toList()))
            .with(new PartitionsAdded(0, 0, 9, 2, 30))
            .with(new PartitionsRemoved(0, 0, 1));

    CatalogState again = CatalogState.EMPTY;
    for (CatalogChange change : state.asChanges()) {
      again = again.with(decoded(CatalogEntry.encode(change)));
    }

    assertThat(topic(again).partitions())
        .isEqualTo(topic(state).partitions())
        .containsExactly(
            new PartitionEntry(0, 1, 20, 1),
            new PartitionEntry(1, 1, 21, 2),
            new PartitionEntry(2, 9, 30, 30));
    assertThat(again.nextIncarnation()).isEqualTo(state.nextIncarnation()).isEqualTo(32);
  }

  @Test
  void theRoundOfBalancedSendsOutlivesUpdatesAndPurges() {
    CatalogState before = withTopic(3);
    assertThat(topic(before).nextBalanced().id()).isZero();

    CatalogState after =
        before
            .with(new TopicUpdated(0, 0, "u", SETTINGS))
            .with(new PartitionsAre(0, 0, topic(before).partitions()));

    assertThat(topic(after).nextBalanced().id()).isEqualTo(1);
    assertThat(topic(after).name()).isEqualTo("u");
  }

  @Test
  void whatDoesNotFitIsRefused() {
    CatalogState state = withTopic(2);

    assertThatThrownBy(() -> state.with(new PartitionsRemoved(0, 0, 3)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> state.with(new PartitionsRemoved(0, 0, -1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> state.with(new PartitionsAdded(0, 1, 1, 1, 9)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> state.with(new StreamRenamed(1, "x")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> state.with(new PartitionsAre(0, 0, List.of(new PartitionEntry(1, 1, 5, 5)))))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

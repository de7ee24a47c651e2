package dev.whippet.broker.internal.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.catalog.ConsumerOffsets.Owner;
import dev.whippet.broker.internal.log.engine.LogFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stores that wait together, and what is on disk of them. */
final class ConsumerOffsetsTest {
  private static final Owner OWNER = new Owner(false, 5);
  private static final int STORES = 4_000;

  @TempDir Path directory;

  private JournaledCatalog open() throws Exception {
    Files.createDirectories(directory.resolve("catalog"));
    Files.createDirectories(directory.resolve("offsets"));
    return new JournaledCatalog(directory, new Random(1));
  }

  private JournaledCatalog openWithTopic() throws Exception {
    JournaledCatalog subject = open();
    subject.<Void>complete(
        done -> {
          Catalog catalog = subject.catalog;
          catalog.commit(catalog.latest().newStream("s", 1), () -> {}, (v, failure) -> {});
          StreamEntry stream = catalog.latest().streams().get(0);
          CatalogChange.TopicCreated topic =
              catalog.latest().newTopic(stream, "t", new TopicEntry.Settings(1, -1, -1, 1), 1, 1);
          catalog.commit(topic, () -> subject.offsets.admit(topic.firstIncarnation()), done);
        });
    return subject;
  }

  private long journalBytes() throws Exception {
    try (Stream<Path> files = Files.list(directory.resolve("offsets"))) {
      long bytes = 0;
      for (Path file : files.toList()) {
        bytes += Files.size(file);
      }
      return bytes;
    }
  }

  @Test
  void storesOfOneConsumerThatWaitBecomeOneEntryTheLast() throws Exception {
    JournaledCatalog subject = openWithTopic();
    List<Long> answered = new ArrayList<>();

    subject.<Void>complete(
        done -> {
          subject.offsets.admitGroup(5);
          for (long offset = 0; offset < STORES; offset++) {
            long stored = offset;
            subject.offsets.store(
                1,
                OWNER,
                offset,
                (nothing, failure) -> {
                  assertThat(failure).isNull();
                  answered.add(stored);
                  assertThat(subject.offsets.stored(1, OWNER))
                      .as("what was stored first is not shown after what came later")
                      .isGreaterThanOrEqualTo(stored);
                });
          }
          subject.offsets.store(1, new Owner(true, 5), 1, done);
        });

    assertThat(answered).hasSize(STORES).isSorted();
    assertThat(subject.offsets.stored(1, OWNER)).isEqualTo(STORES - 1);
    assertThat(journalBytes()).as("not an entry each").isLessThan(STORES * 64L);
    subject.close();
    JournaledCatalog again = open();
    assertThat(again.offsets.stored(1, OWNER)).isEqualTo(STORES - 1);
    again.close();
  }

  @Test
  void aStoreAfterADeletionThatWaitsIsNotJoinedWithOneBefore() throws Exception {
    JournaledCatalog subject = openWithTopic();
    subject.<Void>complete(done -> subject.offsets.store(1, OWNER, 3, done));
    List<LogFailure> failures = new ArrayList<>();

    subject.<Void>complete(
        done -> {
          subject.offsets.store(1, OWNER, 4, (nothing, failure) -> failures.add(failure));
          subject.offsets.store(1, OWNER, 5, (nothing, failure) -> failures.add(failure));
          subject.offsets.delete(1, OWNER, (was, failure) -> failures.add(failure));
          subject.offsets.store(1, OWNER, 6, done);
        });

    assertThat(failures).containsOnlyNulls().hasSize(3);
    assertThat(subject.offsets.stored(1, OWNER)).isEqualTo(6);
    subject.close();
    JournaledCatalog again = open();
    assertThat(again.offsets.stored(1, OWNER)).isEqualTo(6);
    again.close();
  }
}

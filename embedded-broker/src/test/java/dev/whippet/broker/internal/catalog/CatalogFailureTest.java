package dev.whippet.broker.internal.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.catalog.CatalogChange.StreamCreated;
import dev.whippet.broker.internal.catalog.Producers.Opening;
import dev.whippet.broker.internal.catalog.Producers.ProducerKey;
import dev.whippet.broker.internal.log.engine.LogCallback;
import dev.whippet.broker.internal.log.engine.LogFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is under way, and what happens when the journal takes nothing more. */
final class CatalogFailureTest {

  private static final Runnable NOTHING = () -> {};

  @TempDir Path directory;

  private JournaledCatalog open() throws Exception {
    Files.createDirectories(directory.resolve("catalog"));
    Files.createDirectories(directory.resolve("offsets"));
    return new JournaledCatalog(directory, new Random(1));
  }

  @Test
  void changesUnderWayAreCheckedAgainstButNotSeen() throws Exception {
    JournaledCatalog subject = open();
    List<String> order = new ArrayList<>();

    this.<Void>complete(
        subject,
        done -> {
          Catalog catalog = subject.catalog;
          StreamCreated a = catalog.latest().newStream("a", 1);
          catalog.commit(
              a,
              () -> order.add("before a: " + catalog.visible().streams().size()),
              (nothing, failure) -> order.add("a: " + catalog.visible().streams().size()));
          StreamCreated b = catalog.latest().newStream("b", 1);
          assertThat(b.id()).isEqualTo(1);
          assertThat(catalog.visible().streams().size()).isZero();
          catalog.commit(b, NOTHING, (nothing, failure) -> order.add("b"));
          catalog.settle(
              (nothing, failure) -> {
                order.add("settled");
                done.done(null, null);
              });
        });

    assertThat(order).containsExactly("before a: 0", "a: 1", "b", "settled");
    subject.close();
  }

  @Test
  void failedChangesAreNeverSeenAndLeaveTheCatalogReadable() throws Exception {
    JournaledCatalog subject = open();
    StreamCreated kept = subject.onLoop(() -> subject.catalog.latest().newStream("kept", 1));
    this.<Void>complete(subject, done -> subject.catalog.commit(kept, NOTHING, done));
    this.<Void>complete(subject, subject.catalog::close);

    List<LogFailure.Reason> reasons = new ArrayList<>();
    this.<Void>complete(
        subject,
        done -> {
          Catalog catalog = subject.catalog;
          for (String name : new String[] {"lost", "lost too"}) {
            catalog.commit(
                catalog.latest().newStream(name, 1),
                () -> reasons.add(null),
                (nothing, failure) -> reasons.add(failure.reason()));
          }
          catalog.greet(
              new ProducerKey(0, 1, 1),
              new Opening(1, 1, 1),
              (welcome, failure) -> {
                reasons.add(failure.reason());
                done.done(null, null);
              });
        });

    assertThat(reasons).hasSize(3).containsOnly(LogFailure.Reason.CLOSED);
    assertThat(subject.catalog.visible().streams().all())
        .extracting(StreamEntry::name)
        .containsExactly("kept");
    assertThat(subject.onLoop(subject.catalog::latest)).isSameAs(subject.catalog.visible());
    assertThat(subject.catalog.producers().fenced(new ProducerKey(0, 1, 1), new Opening(0, 1, 1)))
        .isFalse();
    subject.close();
  }

  private <T> T complete(JournaledCatalog subject, Consumer<LogCallback<T>> operation) {
    return subject.complete(operation);
  }
}

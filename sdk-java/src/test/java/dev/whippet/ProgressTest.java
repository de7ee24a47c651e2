package dev.whippet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ProgressTest {
  private final Receipt.Progress progress = new Receipt.Progress();

  private static Gap gap(long first, long last) {
    return new Gap(Gap.Kind.NOT_STORED, first, last, last - first + 1, "test", 0);
  }

  @Test
  void statesFollowTheTwoMarks() {
    progress.stored(5);
    progress.delivered(3, Guarantee.ONCE);

    assertThat(progress.state(3)).isEqualTo(Receipt.State.DELIVERED);
    assertThat(progress.state(4)).isEqualTo(Receipt.State.STORED);
    assertThat(progress.state(6)).isEqualTo(Receipt.State.QUEUED);
    assertThat(progress.guarantee(4)).isNull();
  }

  @Test
  void aDroppedRangeIsRememberedEvenWhenTheMarksPassIt() throws Exception {
    progress.dropped(gap(2, 3));
    progress.stored(5);
    progress.delivered(5, Guarantee.ONCE);

    assertThat(progress.state(2)).isEqualTo(Receipt.State.DROPPED);
    assertThat(progress.state(4)).isEqualTo(Receipt.State.DELIVERED);
    assertThat(progress.await(3, Receipt.State.STORED, 0)).isFalse();
    assertThat(progress.awaitAll(new long[] {5, 0, 0, 0, 0, 0}, 0)).isTrue();
  }

  @Test
  void theWeakerGuaranteeIsSaidOfWhatIsForgotten() {
    progress.delivered(10, Guarantee.ONCE);
    progress.delivered(20, Guarantee.AT_LEAST_ONCE);
    assertThat(progress.guarantee(10)).isEqualTo(Guarantee.ONCE);
    assertThat(progress.guarantee(11)).isEqualTo(Guarantee.AT_LEAST_ONCE);

    for (int i = 3; i < 3 + Receipt.Progress.GUARANTEES_MAX; i++) {
      progress.delivered(i * 10, i % 2 == 0 ? Guarantee.AT_LEAST_ONCE : Guarantee.ONCE);
    }

    assertThat(progress.guarantee(10)).isEqualTo(Guarantee.AT_LEAST_ONCE);
    assertThat(progress.guarantee(35)).isEqualTo(Guarantee.AT_LEAST_ONCE);
    assertThat(progress.guarantee(45)).isEqualTo(Guarantee.ONCE);
  }

  @Test
  void listenersAreToldEachStateOnceAndLetGo() {
    List<String> told = new ArrayList<>();
    for (long sequence = 1; sequence <= 3; sequence++) {
      progress.watch(
          new Receipt(progress, sequence),
          receipt -> told.add(receipt.sequence() + " " + receipt.state()));
    }

    progress.stored(2);
    progress.dropped(gap(3, 3));
    progress.stored(3);
    progress.delivered(3, Guarantee.ONCE);
    progress.delivered(4, Guarantee.ONCE);

    assertThat(told)
        .containsExactly("1 STORED", "2 STORED", "3 DROPPED", "1 DELIVERED", "2 DELIVERED");
  }

  @Test
  void aListenerThatThrowsDisturbsNobody() {
    List<Long> told = new ArrayList<>();
    progress.watch(
        new Receipt(progress, 1),
        receipt -> {
          throw new IllegalStateException("listener");
        });
    progress.watch(new Receipt(progress, 2), receipt -> told.add(receipt.sequence()));

    progress.delivered(2, Guarantee.ONCE);

    assertThat(told).contains(2L);
  }

  @Test
  void theEndWakesEveryWait() {
    progress.stored(1);
    progress.undeliverable(new WhippetException(WhippetException.Code.FENCED, "fenced"));

    assertThatThrownBy(() -> progress.await(1, Receipt.State.DELIVERED, 60_000))
        .hasMessageContaining("fenced");
    progress.end(new WhippetException(WhippetException.Code.CLOSED, "closed"));
    assertThatThrownBy(() -> progress.await(2, Receipt.State.STORED, 60_000))
        .isInstanceOfSatisfying(
            WhippetException.class,
            e -> assertThat(e.code()).isEqualTo(WhippetException.Code.CLOSED));
  }
}

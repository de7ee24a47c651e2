package dev.whippet.broker.internal.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.catalog.Producers.Opening;
import dev.whippet.broker.internal.catalog.Producers.ProducerKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table of whippet-extension.md 3.3, and the bound of 3.5. */
final class ProducersTest {

  private static ProducerKey producer(long id) {
    return new ProducerKey(0, id, id);
  }

  @ParameterizedTest(name = "highest ({0}, {1}), then ({2}, {3}): fenced {4}")
  @CsvSource({
    "5, 7, 5, 7, false",
    "5, 7, 6, 8, false",
    "5, 7, 6, 7, false",
    "5, 7, 5, 8, true",
    "5, 7, 4, 7, true",
    "5, 7, 4, 8, true",
    "5, 7, 0, 7, true",
    // epochs are unsigned
    "2147483647, 1, -2147483648, 1, false",
    "-1, 1, 1, 1, true",
  })
  void lowerEpochOrOtherInstanceIsFenced(
      int highestEpoch, long highestInstance, int epoch, long instance, boolean fenced) {
    Producers producers = new Producers();
    Opening highest = new Opening(highestEpoch, 0, highestInstance);
    producers.propose(producer(1), highest);
    producers.confirm(producer(1), highest);

    assertThat(producers.fenced(producer(1), new Opening(epoch, 0, instance))).isEqualTo(fenced);
  }

  @Test
  void unknownProducersAndOtherUsersAreNotFenced() {
    Producers producers = new Producers();
    Opening highest = new Opening(5, 0, 1);
    producers.propose(producer(1), highest);
    producers.confirm(producer(1), highest);

    assertThat(producers.fenced(producer(2), new Opening(1, 0, 1))).isFalse();
    assertThat(producers.fenced(new ProducerKey(1, 1, 1), new Opening(1, 0, 1))).isFalse();
  }

  @Test
  void whatIsNotDurableFencesNobody() {
    Producers producers = new Producers();
    Opening one = new Opening(1, 0, 1);
    producers.propose(producer(1), one);
    producers.confirm(producer(1), one);
    producers.propose(producer(1), new Opening(2, 0, 2));

    assertThat(producers.fenced(producer(1), one)).isFalse();
    producers.withdraw();
    assertThat(producers.proposed(producer(1))).isEqualTo(one);
    assertThat(producers.fenced(producer(1), new Opening(1, 0, 9))).isTrue();
  }

  @Test
  void longestUnheardProducerIsForgottenFirst() {
    Producers producers = new Producers(2);
    Opening opening = new Opening(9, 0, 1);
    for (long id = 1; id <= 2; id++) {
      producers.propose(producer(id), opening);
      producers.confirm(producer(id), opening);
    }
    producers.proposed(producer(1)); // heard again

    producers.propose(producer(3), opening);
    producers.confirm(producer(3), opening);

    Opening lower = new Opening(1, 0, 1);
    assertThat(producers.fenced(producer(2), lower)).isFalse();
    assertThat(producers.fenced(producer(1), lower)).isTrue();
    assertThat(producers.fenced(producer(3), lower)).isTrue();
  }

  @Test
  void idsOfSixteenBytesKeepTheirOrder() {
    byte[] id = new byte[16];
    id[0] = 1;
    id[15] = 2;

    assertThat(ProducerKey.of(3, id)).isEqualTo(new ProducerKey(3, 1L << 56, 2));
    assertThat(Opening.of(4, id)).isEqualTo(new Opening(4, 1L << 56, 2));
  }
}

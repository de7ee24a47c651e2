package dev.whippet.broker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.format.Producer;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class ProducerTableTest {
  private static final Producer ONE = new Producer(-1, Long.MIN_VALUE, 2, 65_535);
  private static final Producer TWO = new Producer(1, 3, 4, 0);

  private final ProducerTable table = new ProducerTable(3);

  @Test
  void aRollBackForgetsWhatWasAppendedOnly() {
    ProducerTable.Marks one = table.add(ONE);
    one.appended = 9;
    one.durable = 4;
    table.add(TWO).appended = 5;

    table.rollBack();

    assertThat(one.appended).isEqualTo(4);
    assertThat(table.find(TWO)).isNull();
  }

  @Test
  void aSnapshotRepeatsTheDurableMarksInOrderOfHearing() {
    ProducerTable.Marks one = table.add(ONE);
    one.durable = 4;
    one.appended = 9;
    one.epoch = -2;
    ProducerTable.Marks two = table.add(TWO);
    two.durable = 7;
    two.appended = 7;
    table.add(new Producer(5, 5, 5, 5)).appended = 1;
    table.find(ONE);
    byte[] snapshot = table.snapshot();

    ProducerTable copy = new ProducerTable(2);
    copy.readSnapshot(Unpooled.wrappedBuffer(snapshot), 0, 2);
    copy.add(new Producer(6, 6, 6, 6));

    assertThat(snapshot).hasSize(2 * ProducerTable.ENTRY_BYTES);
    assertThat(copy.find(TWO)).as("heard least recently").isNull();
    assertThat(copy.find(ONE).durable).isEqualTo(4);
    assertThat(copy.find(ONE).appended).isEqualTo(4);
    assertThat(copy.find(ONE).epoch).isEqualTo(-2);
    assertThat(copy.evicted()).isEqualTo(1);
  }
}

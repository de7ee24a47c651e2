package dev.whippet.broker.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** iggy-classic.md 5.3: which of several faults is answered. */
final class BatchValidatorTest {
  private static final int ENTRY = 16;

  private final ByteBuf index = Unpooled.buffer();
  private final ByteBuf records = Unpooled.buffer();
  private final List<Integer> starts = new ArrayList<>();

  @Test
  void soundBatchesPass() {
    add(0, 0);
    add(5, 3);
    add(64_000_000 / 1000, 100_000);

    assertThat(indexed()).isZero();
    assertThat(plain()).isZero();
  }

  @Test
  void noMessageIs4009() {
    assertThat(indexed()).isEqualTo(4009);
    assertThat(plain()).isEqualTo(4009);
  }

  @Test
  void theFirstMessageWithAFaultDecides() {
    add(4, 0);
    add(4, 0);
    index.setIntLE(ENTRY, 1);
    records.setIntLE(52, 1000);

    assertThat(indexed()).isEqualTo(4033);
  }

  @Test
  void withinOneMessageTheOrderOfTheTableDecides() {
    add(4, 0);
    add(4, 0);
    index.setIntLE(ENTRY, 1);
    index.setLongLE(ENTRY + 8, 1);
    index.setIntLE(ENTRY + 4, 0);
    records.setLongLE(24, 7);
    records.setIntLE(68 + 52, 1000);

    assertThat(indexed()).isEqualTo(4031);
    index.setIntLE(ENTRY, 0);
    assertThat(indexed()).isEqualTo(4032);
    index.setLongLE(ENTRY + 8, 0);
    assertThat(indexed()).isEqualTo(4033);
    records.setIntLE(68 + 52, 4);
    assertThat(indexed()).isEqualTo(4100);
    records.setLongLE(24, 0);
    assertThat(indexed()).isEqualTo(10011);
    index.setIntLE(ENTRY + 4, 136);
    assertThat(indexed()).isZero();
  }

  @Test
  void aPayloadAboveTheLimitIs4022BeforeUserHeadersAboveTheirs() {
    add(64_000_001, 100_001);

    assertThat(indexed()).isEqualTo(4022);
    assertThat(plain()).isEqualTo(4022);
  }

  @Test
  void payloadAndUserHeadersOfExactlyTheLimitsPass() {
    add(64_000_000, 100_000);

    assertThat(indexed()).isZero();
  }

  @Test
  void userHeadersAboveTheLimitAre4017() {
    add(0, 100_001);

    assertThat(indexed()).isEqualTo(4017);
    assertThat(plain()).isEqualTo(4017);
  }

  @Test
  void lengthsThatOnlyTogetherOverflowAre4033() {
    add(4, 0);
    records.setIntLE(48, -1);
    records.setIntLE(52, -1);

    assertThat(indexed()).isEqualTo(4033);
    assertThat(plain()).isEqualTo(4033);
  }

  @Test
  void bytesLeftBetweenOrAfterTheRecordsAre4036() {
    add(4, 0);
    records.setIntLE(52, 3);

    assertThat(indexed()).isEqualTo(4036);
    assertThat(plain()).isEqualTo(4036);
  }

  @Test
  void offsetsAndPositionsAreComparedUnsigned() {
    add(0, 0);
    add(0, 0);
    records.setLongLE(24, 5);
    records.setLongLE(64 + 24, -1);
    index.setIntLE(ENTRY + 4, -1);

    assertThat(indexed()).isZero();
    assertThat(plain()).isZero();
  }

  @Test
  void moreMessagesThanRecordsAre4033() {
    add(0, 0);

    assertThat(statusOf(() -> BatchValidator.plain(records, 0, 0xFFFF_FFFFL))).isEqualTo(4033);
  }

  private void add(int payloadBytes, int headersBytes) {
    starts.add(records.writerIndex());
    records.writeZero(48).writeIntLE(headersBytes).writeIntLE(payloadBytes).writeZero(8);
    records.ensureWritable(payloadBytes + headersBytes);
    records.writerIndex(records.writerIndex() + payloadBytes + headersBytes);
    index.writeIntLE(0).writeIntLE(records.writerIndex()).writeLongLE(0);
  }

  private int indexed() {
    ByteBuf both = Unpooled.wrappedBuffer(index.duplicate(), records.duplicate());
    int recordsAt = index.readableBytes();
    return statusOf(() -> BatchValidator.indexed(both, 0, recordsAt, starts.size()));
  }

  private int plain() {
    return statusOf(() -> BatchValidator.plain(records, 0, starts.size()));
  }

  private static int statusOf(Check check) {
    try {
      check.run();
      return 0;
    } catch (Refusal refusal) {
      return refusal.status();
    }
  }

  private interface Check {
    void run() throws Refusal;
  }
}

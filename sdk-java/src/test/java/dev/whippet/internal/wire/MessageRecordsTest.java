package dev.whippet.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.testkit.WireVector;
import okio.Buffer;
import org.junit.jupiter.api.Test;

final class MessageRecordsTest {
  private static final Identifier STREAM = Identifier.numeric(1);

  private final MessageRecords records = new MessageRecords();
  private final Buffer out = new Buffer();

  @Test
  void layARecordOutAsTheWireWantsIt() {
    records.add(0x0807060504030201L, 0x100F0E0D0C0B0A09L, 5, new byte[] {'p', 'q'}, new byte[] {7});

    records.moveTo(out);
    assertThat(out.readByteArray())
        .isEqualTo(
            WireVector.bytes(
                "0000000000000000"
                    + "0102030405060708090a0b0c0d0e0f10"
                    + "0000000000000000"
                    + "0000000000000000"
                    + "0500000000000000"
                    + "01000000"
                    + "02000000"
                    + "0000000000000000"
                    + "7071"
                    + "07"));
  }

  @Test
  void takeABufferLikeBytesAndEmptyIt() {
    MessageRecords fromBytes = new MessageRecords();
    fromBytes.add(1, 2, 3, new byte[] {4, 5}, null);
    Buffer payload = new Buffer().write(new byte[] {4, 5});

    records.add(1, 2, 3, payload, null);

    Buffer expected = new Buffer();
    fromBytes.moveTo(expected);
    records.moveTo(out);
    assertThat(out).isEqualTo(expected);
    assertThat(payload.size()).isZero();
  }

  @Test
  void countMessagesAndBytesAndRememberEachEnd() throws Exception {
    for (int i = 0; i < 200; i++) {
      records.add(0, 0, 0, new byte[i], null);
    }

    assertThat(records.count()).isEqualTo(200);
    assertThat(records.byteCount()).isEqualTo(200 * 64 + 199 * 200 / 2);
    records.writeIndexTo(out);
    long end = 0;
    for (int i = 0; i < 200; i++) {
      end += MessageRecords.recordBytes(i, 0);
      assertThat(out.readByteArray(16)).isEqualTo(indexEntry(end));
    }
  }

  @Test
  void areEmptyAndReusableAfterTheMoveIntoARequest() {
    records.add(1, 0, 0, new byte[] {1}, null);
    Requests.sendMessages(out, STREAM, STREAM, Partitioning.balanced(), records);
    byte[] first = out.readByteArray();

    assertThat(records.count()).isZero();
    assertThat(records.byteCount()).isZero();
    records.add(1, 0, 0, new byte[] {1}, null);
    Requests.sendMessages(out, STREAM, STREAM, Partitioning.balanced(), records);
    assertThat(out.readByteArray()).isEqualTo(first);
  }

  @Test
  void refuseWhatTheServerWouldRefuseAndStayAsTheyWere() {
    records.add(1, 0, 0, new byte[] {1}, null);
    byte[] payload = new byte[Limits.MESSAGE_PAYLOAD_BYTES_MAX + 1];
    byte[] headers = new byte[Limits.USER_HEADERS_BYTES_MAX + 1];

    assertThatThrownBy(() -> records.add(1, 0, 0, payload, null))
        .hasMessageContaining("payload has 64000001 bytes");
    assertThatThrownBy(() -> records.add(1, 0, 0, new byte[0], headers))
        .hasMessageContaining("user headers have 100001 bytes");
    assertThat(records.count()).isEqualTo(1);
    assertThat(records.byteCount()).isEqualTo(65);
  }

  @Test
  void refuseABatchAboveItsLimit() {
    records.add(1, 0, 0, new byte[Limits.MESSAGE_PAYLOAD_BYTES_MAX], null);

    assertThatThrownBy(() -> records.add(1, 0, 0, new byte[4_000_000], null))
        .hasMessageContaining("limit is " + Limits.BATCH_PAYLOAD_BYTES_MAX);
    assertThat(records.count()).isEqualTo(1);
  }

  private static byte[] indexEntry(long end) {
    return new Buffer().writeIntLe(0).writeIntLe((int) end).writeLongLe(0).readByteArray();
  }
}

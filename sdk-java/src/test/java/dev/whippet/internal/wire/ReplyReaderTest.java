package dev.whippet.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import okio.Buffer;
import org.junit.jupiter.api.Test;

final class ReplyReaderTest {
  @Test
  void waitsUntilAReplyIsComplete() throws Exception {
    ReplyReader reader = new ReplyReader(100);
    Buffer frame = frame(0, "abc");
    Buffer source = new Buffer();

    for (int i = 0; i < 10; i++) {
      source.write(frame, 1);
      assertThat(reader.next(source)).isNull();
    }
    source.write(frame, 1);
    Reply reply = reader.next(source);

    assertThat(reply.ok()).isTrue();
    assertThat(reply.payload().readUtf8()).isEqualTo("abc");
    assertThat(reader.next(source)).isNull();
  }

  @Test
  void takesOneReplyAtATimeInOrder() throws Exception {
    ReplyReader reader = new ReplyReader(100);
    Buffer source = new Buffer();
    source.writeAll(frame(1012, ""));
    source.writeAll(frame(Status.DELIVERY, "push"));
    source.writeAll(frame(0, ""));

    assertThat(reader.next(source).status()).isEqualTo(1012);
    Reply delivery = reader.next(source);
    assertThat(delivery.status()).isEqualTo(Status.DELIVERY);
    assertThat(delivery.payload().readUtf8()).isEqualTo("push");
    assertThat(reader.next(source).payload().size()).isZero();
    assertThat(reader.next(source)).isNull();
  }

  @Test
  void takesAPayloadOfExactlyTheLimit() throws Exception {
    ReplyReader reader = new ReplyReader(3);

    assertThat(reader.next(frame(0, "abc")).payload().size()).isEqualTo(3);
  }

  @Test
  void refusesAPayloadAboveTheLimitAtTheHeaderAndForEver() {
    ReplyReader reader = new ReplyReader(3);
    Buffer header = new Buffer().writeIntLe(0).writeIntLe(4);

    assertThatThrownBy(() -> reader.next(header))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("4 bytes announced, limit is 3");
    assertThatThrownBy(() -> reader.next(new Buffer())).isInstanceOf(ProtocolException.class);
  }

  @Test
  void readsTheLengthAsUnsigned() {
    ReplyReader reader = new ReplyReader(Integer.MAX_VALUE);
    Buffer header = new Buffer().writeIntLe(0).writeIntLe(-1);

    assertThatThrownBy(() -> reader.next(header)).hasMessageContaining("4294967295 bytes");
  }

  private static Buffer frame(int status, String payload) {
    return new Buffer().writeIntLe(status).writeIntLe(payload.length()).writeUtf8(payload);
  }
}

package dev.whippet.conformance.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The reference itself against all vectors: it may only judge others when it is right. */
class ReferenceCodecTest {
  static Stream<Vector> wellFormed() throws IOException {
    return Vector.all().stream().filter(vector -> !vector.malformed());
  }

  static Stream<Vector> malformed() throws IOException {
    return Vector.all().stream().filter(Vector::malformed);
  }

  @ParameterizedTest
  @MethodSource("wellFormed")
  void fieldsEncodeToTheBytes(Vector vector) {
    byte[] frame =
        vector.request()
            ? ReferenceCodec.encodeRequest(vector.code(), vector.fields())
            : ReferenceCodec.encodeResponse(vector.code(), vector.status(), vector.fields());

    assertThat(frame).isEqualTo(vector.frame());
  }

  @ParameterizedTest
  @MethodSource("wellFormed")
  void bytesDecodeToTheFields(Vector vector) {
    var fields =
        vector.request()
            ? ReferenceCodec.decodeRequest(vector.frame())
            : ReferenceCodec.decodeResponse(vector.code(), vector.status(), vector.payload());

    assertThat(fields).isEqualTo(vector.fields());
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void malformedVectorsAreRefused(Vector vector) {
    assertThatThrownBy(() -> ReferenceCodec.decodeRequest(vector.frame()))
        .isInstanceOf(MalformedFrame.class);
  }

  @ParameterizedTest
  @MethodSource("wellFormed")
  void everyCutFrameIsRefused(Vector vector) {
    byte[] frame = vector.frame();
    if (!vector.request() || frame.length == 8) {
      return;
    }

    for (int length = 8; length < frame.length; length++) {
      byte[] cut = Arrays.copyOf(frame, length);
      cut[0] = (byte) (length - 4);
      cut[1] = (byte) ((length - 4) >>> 8);

      assertThatThrownBy(() -> ReferenceCodec.decodeRequest(cut))
          .describedAs("%d of %d bytes", cut.length, frame.length)
          .isInstanceOf(MalformedFrame.class);
    }
  }

  @Test
  void thereAre152Vectors() throws IOException {
    List<Vector> all = Vector.all();

    assertThat(all).hasSize(152).extracting(Vector::name).doesNotHaveDuplicates();
  }
}

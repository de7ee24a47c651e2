package dev.whippet.broker.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.internal.wire.Limits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** iggy-classic.md 1.4, 1.5, 3.1: what the 8 header bytes decide. */
final class AdmissionTest {
  @ParameterizedTest
  @CsvSource({
    // ping, get_me, get_streams carry nothing: extra bytes are forgotten
    "1, 0, TAKE, TAKE",
    "1, 4, DRAIN_AND_TAKE, DRAIN_AND_TAKE",
    "1, 10485760, DRAIN_AND_TAKE, DRAIN_AND_TAKE",
    "1, 10485761, CLOSE 3, CLOSE 3",
    "1, 4294967291, CLOSE 3, CLOSE 3",
    "20, 4, DRAIN_AND_TAKE, DRAIN_AND_TAKE",
    "201, 10485761, CLOSE 3, CLOSE 3",
    // a length field of 0 and 3
    "1, -4, DRAIN 3, DRAIN 3",
    "101, -1, DRAIN 3, DRAIN 3",
    // logins are short
    "38, 8192, TAKE, TAKE",
    "38, 8193, DRAIN 3, DRAIN 3",
    "44, 8193, DRAIN 3, DRAIN 3",
    // other control commands are decoded before the login is asked for, if they are short
    "202, 0, TAKE, TAKE",
    "202, 8192, TAKE, TAKE",
    "202, 8193, DRAIN 40, TAKE",
    "33, 10485760, DRAIN 40, TAKE",
    "33, 10485761, CLOSE 3, CLOSE 3",
    "1464336385, 48, TAKE, TAKE",
    // batches
    "101, 0, DRAIN 40, TAKE",
    "101, 67108864, DRAIN 40, TAKE",
    "101, 67108865, CLOSE 3, CLOSE 3",
    "1464336386, 100, DRAIN 40, TAKE",
    "1464336386, 67108865, CLOSE 3, CLOSE 3",
    // unknown codes, the extension's subscriptions among them
    "9999, 0, DRAIN 3, DRAIN 3",
    "9999, 150, DRAIN 3, DRAIN 3",
    "9999, 10485761, CLOSE 3, CLOSE 3",
    "-1, 0, DRAIN 3, DRAIN 3",
    "1464336400, 10, DRAIN 3, DRAIN 3"
  })
  void theHeaderDecides(int code, long payloadLength, String before, String loggedIn) {
    assertThat(words(Admission.of(code, payloadLength, false))).isEqualTo(before);
    assertThat(words(Admission.of(code, payloadLength, true))).isEqualTo(loggedIn);
  }

  @Test
  void theLimitOfBatchesIsTheCallers() {
    assertThat(words(Admission.of(101, 1000, true, 1000))).isEqualTo("TAKE");
    assertThat(words(Admission.of(101, 1001, true, 1000))).isEqualTo("CLOSE 3");
  }

  @Test
  void theDefaultLimitHoldsTheLargestMessageWithEverythingAroundIt() {
    int identifier = 2 + Limits.NAME_BYTES_MAX;
    long largest =
        4L
            + 3 * identifier
            + 4
            + Limits.INDEX_ENTRY_BYTES
            + Limits.MESSAGE_HEADER_BYTES
            + Limits.MESSAGE_PAYLOAD_BYTES_MAX
            + Limits.USER_HEADERS_BYTES_MAX;

    assertThat(words(Admission.of(101, largest, true))).isEqualTo("TAKE");
  }

  private static String words(Admission admission) {
    return admission.action() + (admission.status() == 0 ? "" : " " + admission.status());
  }
}

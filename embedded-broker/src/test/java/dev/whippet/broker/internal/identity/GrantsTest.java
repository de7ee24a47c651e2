package dev.whippet.broker.internal.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.broker.internal.identity.Grants.Global;
import dev.whippet.broker.internal.identity.Grants.OfStream;
import dev.whippet.broker.internal.identity.Grants.OfTopic;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

final class GrantsTest {

  /** Two streams, the higher one first; flags of any value but 0; the lower one has a topic. */
  private static final String UNORDERED =
      "00 ff 00 00 00 00 00 02 00 00 01"
          + "09 00 00 00 00 01 00 00 00 00 00 01"
          + "05 00 00 00 01 00 00 00 00 00 01 07 00 00 00 00 00 01 00 00 00";

  private static final String ORDERED =
      "00 01 00 00 00 00 00 01 00 00 01"
          + "05 00 00 00 01 00 00 00 00 00 01 07 00 00 00 00 00 01 00 00 01"
          + "09 00 00 00 00 01 00 00 00 00 00 00";

  @Test
  void entriesAreWrittenInOrderAndFlagsAsOne() {
    Grants grants = Grants.decoded(hex(UNORDERED));

    assertThat(grants.encoded()).isEqualTo(hex(ORDERED));
    assertThat(Grants.decoded(grants.encoded())).isEqualTo(grants);
    assertThat(grants.entries()).isEqualTo(3);
  }

  @Test
  void flagsAreFoundWhereTheyWereGiven() {
    Grants grants = Grants.decoded(hex(UNORDERED));

    assertThat(grants.global())
        .isEqualTo(Grants.mask(EnumSet.of(Global.READ_SERVERS, Global.READ_TOPICS)));
    assertThat(grants.stream(5)).isEqualTo(Grants.mask(EnumSet.of(OfStream.MANAGE_STREAM)));
    assertThat(grants.stream(9)).isEqualTo(Grants.mask(EnumSet.of(OfStream.READ_STREAM)));
    assertThat(grants.topic(5, 7)).isEqualTo(Grants.mask(EnumSet.of(OfTopic.POLL_MESSAGES)));
    assertThat(grants.stream(6)).isZero();
    assertThat(grants.topic(5, 8)).isZero();
    assertThat(grants.topic(9, 7)).isZero();
  }

  @Test
  void entryOfADeletedStreamIsToldAndGrantsNothing() {
    Grants grants = Grants.decoded(hex(UNORDERED));

    Grants after = grants.ending(5);

    assertThat(after.encoded()).isEqualTo(hex(ORDERED));
    assertThat(after.stream(5)).isZero();
    assertThat(after.topic(5, 7)).isZero();
    assertThat(after.stream(9)).isNotZero();
    assertThat(after.ended()).containsExactly(5);
    assertThat(after).isNotEqualTo(grants);
    assertThat(grants.ending(6)).isSameAs(grants);
  }

  @Test
  void everyCutIsRefusedAndSoIsTooMuch() {
    byte[] block = hex(ORDERED);
    for (int length = 0; length < block.length; length++) {
      byte[] cut = Arrays.copyOf(block, length);
      assertThatThrownBy(() -> Grants.decoded(cut)).isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> Grants.decoded(Arrays.copyOf(block, block.length + 1)))
        .hasMessageContaining("too many");
  }

  @Test
  void entriesAreBounded() {
    byte[] most = block(Grants.ENTRIES_MAX);
    byte[] more = block(Grants.ENTRIES_MAX + 1);

    assertThat(Grants.decoded(most).entries()).isEqualTo(Grants.ENTRIES_MAX);
    assertThatThrownBy(() -> Grants.decoded(more)).hasMessageContaining("more than");
  }

  @Test
  void rootHasAllGlobalFlags() {
    assertThat(Grants.ALL.encoded()).isEqualTo(hex("01 01 01 01 01 01 01 01 01 01 00"));
  }

  /** That many streams without topics. */
  private static byte[] block(int streams) {
    byte[] block = new byte[11 + 12 * streams];
    block[10] = 1;
    for (int i = 0; i < streams; i++) {
      int at = 11 + 12 * i;
      for (int shift = 0; shift < 4; shift++) {
        block[at + shift] = (byte) (i >> 8 * shift);
      }
      block[at + 11] = (byte) (i < streams - 1 ? 1 : 0);
    }
    return block;
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text.replace(" ", ""));
  }
}

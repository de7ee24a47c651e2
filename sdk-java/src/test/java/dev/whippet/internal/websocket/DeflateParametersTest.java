package dev.whippet.internal.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeflateParametersTest {
  private static final String NAME = "permessage-deflate";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      value = {
        "permessage-deflate | permessage-deflate",
        "permessage-deflate; client_max_window_bits | permessage-deflate",
        "permessage-deflate; client_max_window_bits=8 | permessage-deflate",
        "permessage-deflate;client_max_window_bits=\"10\" | permessage-deflate",
        "permessage-deflate; server_no_context_takeover"
            + " | permessage-deflate; server_no_context_takeover",
        "permessage-deflate; client_no_context_takeover; client_max_window_bits"
            + " | permessage-deflate; client_no_context_takeover",
        "permessage-deflate; server_max_window_bits=8"
            + " | permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; server_max_window_bits=\"1\\5\""
            + " | permessage-deflate; server_max_window_bits=15",
        "permessage-deflate; server_max_window_bits=9; server_no_context_takeover"
            + " | permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
        "x-other; a=b; c, permessage-deflate | permessage-deflate",
        "permessage-deflate; server_max_window_bits=7, permessage-deflate | permessage-deflate",
        "permessage-deflate; a, permessage-deflate; server_no_context_takeover"
            + " | permessage-deflate; server_no_context_takeover",
        ", ,permessage-deflate , | permessage-deflate",
        "permessage-deflate; server_max_window_bits | none",
        "permessage-deflate; server_max_window_bits=16 | none",
        "permessage-deflate; server_max_window_bits=08 | none",
        "permessage-deflate; client_max_window_bits=7 | none",
        "permessage-deflate; client_max_window_bits=99999999999 | none",
        "permessage-deflate; server_no_context_takeover=1 | none",
        "permessage-deflate; client_no_context_takeover=\"\\1\" | none",
        "permessage-deflate; client_max_window_bits; client_max_window_bits=9 | none",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover | none",
        "permessage-deflate; other | none",
        "x-webkit-deflate-frame | none",
        "PerMessage-Deflate | none",
        "'' | none"
      })
  void theServerTakesTheFirstSoundOffer(String offers, String answer) throws Exception {
    DeflateParameters accepted = DeflateParameters.accept(Collections.singletonList(offers));

    assertThat(accepted == null ? null : accepted.answer()).isEqualTo(answer);
  }

  @Test
  void offersMayStandInSeveralHeaders() throws Exception {
    assertThat(DeflateParameters.accept(Arrays.asList("a; b", NAME)).answer()).isEqualTo(NAME);
    assertThat(DeflateParameters.accept(Collections.<String>emptyList())).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ";",
        "a;",
        "a b",
        "a=b",
        "a; =b",
        "a; b=",
        "a; b=\"",
        "a; b=\"c d\"",
        "a; b=\"\"",
        "a; b=\"c\\",
        "\"a\"",
        "a; b;",
        "a,b c",
        "(a)"
      })
  void offersThatAreNotInTheGrammarFailTheHandshake(String offers) {
    assertThatThrownBy(() -> DeflateParameters.accept(Collections.singletonList(offers)))
        .isInstanceOf(WebSocketException.class)
        .hasMessageStartingWith("Sec-WebSocket-Extensions: ");
  }

  @Test
  void theClientKeepsNoWindowWhateverTheAnswer() throws Exception {
    DeflateParameters agreed = DeflateParameters.agreed(Collections.singletonList(NAME));

    assertThat(agreed.clientTakeover()).isFalse();
    assertThat(agreed.serverTakeover()).isTrue();
    assertThat(DeflateParameters.agreed(Collections.<String>emptyList())).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "permessage-deflate; client_max_window_bits=8",
        "permessage-deflate; client_max_window_bits=15; server_max_window_bits=15",
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
      })
  void theClientTakesWhatItOffered(String answer) throws Exception {
    assertThat(DeflateParameters.agreed(Collections.singletonList(answer))).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; a",
        "permessage-deflate, permessage-deflate",
        "permessage-deflate; server_no_context_takeover=x",
        "x-other"
      })
  void theClientRefusesWhatItDidNotOffer(String answer) {
    assertThatThrownBy(() -> DeflateParameters.agreed(Collections.singletonList(answer)))
        .isInstanceOf(WebSocketException.class);
  }
}

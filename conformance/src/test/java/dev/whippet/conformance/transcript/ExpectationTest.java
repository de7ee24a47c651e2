package dev.whippet.conformance.transcript;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whippet.conformance.wire.Answer;
import dev.whippet.conformance.wire.Answer.Outcome;
import dev.whippet.conformance.wire.WireTransport;
import java.io.IOException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** The judge must be able to say no. */
class ExpectationTest {
  private static final String RECORD =
      "051a25b6f68cb7196ba7b8109dad41d180b400c04fd430c8"
          + "07000000000000001e402046484706000000000000000000"
          + "0000000005000000000000000000000068656c6c6f";

  private final Captures captures = new Captures();
  private final Expectation expectation = new Expectation(captures, WireTransport.WS);

  @Test
  void onlyMaskedBytesMayDiffer() throws IOException {
    JsonNode expect = json("{'status':0,'payload':'0102030405','masks':[[1,1,'x',2,2]]}");

    assertThat(expectation.difference(expect, ok("01ff03ff05"))).isNull();
    assertThat(expectation.difference(expect, ok("01ff04ff05"))).contains("offset 2");
    assertThat(expectation.difference(expect, ok("01ff03ff")))
        .contains("expected 5 bytes, found 4");
    assertThat(expectation.difference(expect, ok("01ff03ff0500")))
        .contains("expected 5 bytes, found 6");
  }

  @Test
  void referencesStandForCapturedBytes() throws IOException {
    captures.take(json("[{'name':'n','offset':1,'length':2}]"), HexFormat.of().parseHex("00abcd"));
    JsonNode expect =
        json(
            "{'status':0,'payload':'00000000','refs':[{'name':'n','offset':2,'length':2}],"
                + "'masks':[[0,4,'x']]}");

    assertThat(expectation.difference(expect, ok("1111abcd"))).isNull();
    assertThat(expectation.difference(expect, ok("1111abce"))).contains("offset 3");
  }

  @Test
  void statusesAndMissingAnswersAreCompared() throws IOException {
    JsonNode expect = json("{'status':1009}");

    assertThat(expectation.difference(expect, answer(1009, ""))).isNull();
    assertThat(expectation.difference(expect, answer(2010, ""))).contains("topic_id_not_found");
    assertThat(expectation.difference(expect, answer(1009, "00"))).contains("1 bytes");
    assertThat(expectation.difference(expect, Answer.NONE)).contains("no answer");
    assertThat(expectation.difference(expect, Answer.CLOSED)).contains("the end");
  }

  @Test
  void alternativesAreComparedExactly() throws IOException {
    JsonNode alternatives = json("[{'status':5},{'status':0,'payload':'00'},{'closed':true}]");

    assertThat(Expectation.matches(alternatives, answer(5, ""))).isTrue();
    assertThat(Expectation.matches(alternatives, ok("00"))).isTrue();
    assertThat(Expectation.matches(alternatives, Answer.CLOSED)).isTrue();
    assertThat(Expectation.matches(alternatives, ok(""))).isFalse();
    assertThat(Expectation.matches(alternatives, answer(6, ""))).isFalse();
    assertThat(Expectation.matches(alternatives, Answer.NONE)).isFalse();
  }

  @Test
  void usersAreComparedByName() throws IOException {
    String root = "00000000" + "11".repeat(8) + "01" + "0469676779";
    String bob = "02000000" + "22".repeat(8) + "01" + "03626f62";
    String eve = "01000000" + "33".repeat(8) + "02" + "03657665";
    JsonNode expect = json("{'status':0,'list':'users','payload':'" + root + eve + bob + "'}");

    assertThat(expectation.difference(expect, ok(root + eve + bob))).isNull();
    assertThat(expectation.difference(expect, ok(root + bob + eve))).contains("ascend");
    assertThat(expectation.difference(expect, ok(root + eve))).contains("[iggy, eve]");
    assertThat(expectation.difference(expect, ok(root + eve + bob.replace("22", "21"))))
        .contains("record bob");
  }

  @Test
  void recordsAreVerifiedByTheirChecksum() throws IOException {
    byte[] poll = HexFormat.of().parseHex("00".repeat(16) + RECORD);

    String difference = Expectation.unsoundRecord(poll);
    poll[poll.length - 1] ^= 1;
    String damaged = Expectation.unsoundRecord(poll);

    assertThat(difference).isNull();
    assertThat(damaged).contains("checksum of record 0");
  }

  private static Answer ok(String hex) {
    return answer(0, hex);
  }

  private static Answer answer(int status, String hex) {
    return new Answer(Outcome.RESPONSE, status, HexFormat.of().parseHex(hex));
  }

  private static JsonNode json(String text) throws IOException {
    return new ObjectMapper().readTree(text.replace('\'', '"'));
  }
}

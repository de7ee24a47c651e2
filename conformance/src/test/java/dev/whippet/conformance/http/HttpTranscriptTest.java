package dev.whippet.conformance.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.conformance.server.BrokerUnderTest;
import dev.whippet.conformance.transcript.StepResult;
import dev.whippet.conformance.transcript.StepResult.Verdict;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Our broker answers over HTTP as a stock 0.8.0 server did: one test per scenario. */
class HttpTranscriptTest {
  private static BrokerUnderTest broker;
  private static HttpReplay replay;
  private static int equal;

  @BeforeAll
  static void start() throws Exception {
    broker = BrokerUnderTest.start();
    replay = new HttpReplay("http://127.0.0.1:" + broker.address().getPort());
  }

  @AfterAll
  static void stop() {
    System.out.println("transcripts over http: " + equal + " equal");
    broker.close();
  }

  @TestFactory
  Stream<DynamicTest> overHttp() throws IOException {
    return HttpScenario.all().stream()
        .map(scenario -> DynamicTest.dynamicTest(scenario.name(), () -> replay(scenario)));
  }

  private static void replay(HttpScenario scenario) throws Exception {
    List<StepResult> results = replay.play(scenario);

    equal += (int) results.stream().filter(each -> each.verdict() == Verdict.EQUAL).count();
    assertThat(results).noneMatch(result -> result.verdict() == Verdict.DIFFERENT);
  }
}

package dev.whippet.conformance.transcript;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.conformance.server.BrokerUnderTest;
import dev.whippet.conformance.transcript.StepResult.Verdict;
import dev.whippet.conformance.wire.WireTransport;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Our broker answers as a stock 0.8.0 server did: one test per scenario and transport. */
class TranscriptReplayTest {
  private static BrokerUnderTest broker;
  private static TranscriptReplay replay;

  @BeforeAll
  static void start() throws Exception {
    broker = BrokerUnderTest.start();
    Server server = new Server(broker.address(), broker.address());
    replay = new TranscriptReplay(server);
  }

  @AfterAll
  static void stop() {
    replay.printTallies(System.out);
    broker.close();
  }

  @TestFactory
  Stream<DynamicTest> overTcp() throws IOException {
    return scenarios(WireTransport.TCP);
  }

  @TestFactory
  Stream<DynamicTest> overWebSocket() throws IOException {
    return scenarios(WireTransport.WS);
  }

  private static Stream<DynamicTest> scenarios(WireTransport transport) throws IOException {
    return Scenario.all().stream()
        .filter(scenario -> scenario.isFor(transport))
        .map(
            scenario ->
                DynamicTest.dynamicTest(scenario.name(), () -> replay(scenario, transport)));
  }

  private static void replay(Scenario scenario, WireTransport transport) throws IOException {
    assertThat(replay.play(scenario, transport))
        .noneMatch(result -> result.verdict() == Verdict.DIFFERENT);
  }
}

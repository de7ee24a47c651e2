package dev.whippet.conformance.transcript;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whippet.conformance.server.BrokerUnderTest;
import dev.whippet.conformance.server.BuiltCommands;
import dev.whippet.conformance.transcript.StepResult.Verdict;
import dev.whippet.conformance.wire.WireTransport;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Our broker answers as a stock 0.8.0 server did: one test per scenario and transport. Scenarios
 * that need commands which are not built yet run up to the first of them and are then skipped.
 */
class TranscriptReplayTest {
  private static BrokerUnderTest broker;
  private static TranscriptReplay replay;

  @BeforeAll
  static void start() throws Exception {
    broker = BrokerUnderTest.start();
    Server server = new Server(broker.address(), broker.address());
    replay = new TranscriptReplay(server, BuiltCommands.NAMES);
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
    List<StepResult> results = replay.play(scenario, transport);

    assertThat(results).noneMatch(result -> result.verdict() == Verdict.DIFFERENT);
    Set<String> missing = scenario.missing(BuiltCommands.NAMES);
    long played = results.stream().filter(r -> r.verdict() != Verdict.SKIPPED).count();
    assumeTrue(
        missing.isEmpty() || played == results.size(),
        () -> played + " of " + results.size() + " steps equal, not built: " + missing);
  }
}

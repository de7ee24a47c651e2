package dev.whippet.conformance.transcript;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.BrokerConfig;
import dev.whippet.conformance.server.BrokerUnderTest;
import dev.whippet.conformance.transcript.StepResult.Verdict;
import dev.whippet.conformance.wire.WireTransport;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The loops that are not the default here answer alike: epoll and NIO, with files on a thread. */
class EveryLoopTest {
  private static final Set<String> SCENARIOS =
      Set.of(
          "malformed-frames",
          "pipelining",
          "split-requests",
          "payload-sizes",
          "batch-of-1000",
          "partitioning-key",
          "poll-strategies",
          "ws-fragmented",
          "ws-control-frames",
          "ws-protocol-errors",
          "ws-large-message");

  @ParameterizedTest
  @EnumSource(names = {"EPOLL", "NIO"})
  void answersAlike(BrokerConfig.Transport loop) throws Exception {
    try (BrokerUnderTest broker = BrokerUnderTest.start(loop)) {
      Server server = new Server(broker.address(), broker.address());
      TranscriptReplay replay = new TranscriptReplay(server);
      for (Scenario scenario : Scenario.all()) {
        for (WireTransport transport : WireTransport.values()) {
          if (SCENARIOS.contains(scenario.name()) && scenario.isFor(transport)) {
            assertThat(replay.play(scenario, transport))
                .describedAs("%s over %s", scenario.name(), transport)
                .noneMatch(result -> result.verdict() == Verdict.DIFFERENT);
          }
        }
      }
    }
  }
}

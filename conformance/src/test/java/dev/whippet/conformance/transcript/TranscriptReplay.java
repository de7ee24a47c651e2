package dev.whippet.conformance.transcript;

import dev.whippet.conformance.transcript.StepResult.Verdict;
import dev.whippet.conformance.wire.WireTransport;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Replays what a real 0.8.0 server answered (classic-transcripts.json) against any server of that
 * wire and counts the steps: equal, allowed, different, skipped. One thread.
 *
 * <p>As a program: {@code --tcp host:port --ws host:port [--only name]}. The server has the root
 * user iggy with password iggy, no other user and no stream. Exit status 1 when a step differs.
 */
public final class TranscriptReplay {
  private final Server server;
  private final Map<WireTransport, Tally> tallies = new EnumMap<>(WireTransport.class);

  public TranscriptReplay(Server server) {
    this.server = server;
  }

  /** Plays one scenario and counts its steps. */
  public List<StepResult> play(Scenario scenario, WireTransport transport) throws IOException {
    List<StepResult> results = new ScenarioRun(scenario, server, transport).play();
    tallies.computeIfAbsent(transport, t -> new Tally()).add(results);
    return results;
  }

  /** One line per transport. */
  public void printTallies(PrintStream out) {
    tallies.forEach(
        (transport, tally) -> out.println("transcripts over " + transport.label() + ": " + tally));
  }

  boolean anyDifferent() {
    return tallies.values().stream().anyMatch(tally -> tally.count(Verdict.DIFFERENT) > 0);
  }

  public static void main(String[] args) throws IOException {
    InetSocketAddress tcp = null;
    InetSocketAddress ws = null;
    String only = null;
    for (int i = 0; i + 1 < args.length; i += 2) {
      switch (args[i]) {
        case "--tcp" -> tcp = address(args[i + 1]);
        case "--ws" -> ws = address(args[i + 1]);
        case "--only" -> only = args[i + 1];
        default -> throw new IllegalArgumentException("unknown option " + args[i]);
      }
    }
    if (tcp == null && ws == null) {
      System.err.println("usage: --tcp host:port --ws host:port [--only name]");
      System.exit(2);
    }
    TranscriptReplay replay = new TranscriptReplay(new Server(tcp, ws));
    for (Scenario scenario : Scenario.all()) {
      if (only == null || only.equals(scenario.name())) {
        replay.playAndPrint(scenario, WireTransport.TCP, tcp);
        replay.playAndPrint(scenario, WireTransport.WS, ws);
      }
    }
    replay.printTallies(System.out);
    System.exit(replay.anyDifferent() ? 1 : 0);
  }

  private void playAndPrint(Scenario scenario, WireTransport transport, InetSocketAddress address)
      throws IOException {
    if (address == null || !scenario.isFor(transport)) {
      return;
    }
    for (StepResult result : play(scenario, transport)) {
      if (result.verdict() == Verdict.DIFFERENT || result.verdict() == Verdict.ALLOWED) {
        System.out.println(
            scenario.name()
                + " over "
                + transport.label()
                + ", step "
                + result.n()
                + " "
                + result.verdict()
                + ": "
                + result.detail());
      }
    }
  }

  private static InetSocketAddress address(String hostAndPort) {
    int colon = hostAndPort.lastIndexOf(':');
    return new InetSocketAddress(
        hostAndPort.substring(0, colon), Integer.parseInt(hostAndPort.substring(colon + 1)));
  }
}

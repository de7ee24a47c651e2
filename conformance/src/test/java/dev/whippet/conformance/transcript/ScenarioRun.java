package dev.whippet.conformance.transcript;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whippet.conformance.codec.ReferenceCodec;
import dev.whippet.conformance.transcript.StepResult.Verdict;
import dev.whippet.conformance.wire.Answer;
import dev.whippet.conformance.wire.Pause;
import dev.whippet.conformance.wire.WireConnection;
import dev.whippet.conformance.wire.WireTransport;
import dev.whippet.conformance.wire.WsConnection;
import dev.whippet.conformance.wire.WsFrame;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Plays one scenario on one transport, step by step (classic-transcripts.md section 2). It ends
 * early when a connection gave no answer, when an allowed end of it was taken, or at the first
 * command that the server under test does not have yet. One thread.
 */
final class ScenarioRun {
  private static final int ANSWER_TIMEOUT_MILLIS = 10_000;
  private static final int ABSENCE_TIMEOUT_MILLIS = 1_000;
  private static final int RETRY_EVERY_MILLIS = 100;
  private static final int PING = 1;

  private final Scenario scenario;
  private final Server server;
  private final WireTransport transport;
  private final Captures captures = new Captures();
  private final Expectation expectation;
  private final Map<String, WireConnection> connections = new HashMap<>();
  private final List<StepResult> results = new ArrayList<>();
  private boolean over;

  ScenarioRun(Scenario scenario, Server server, WireTransport transport) {
    this.scenario = scenario;
    this.server = server;
    this.transport = transport;
    this.expectation = new Expectation(captures, transport);
  }

  List<StepResult> play() throws IOException {
    server.clean(scenario, transport);
    try {
      for (String name : scenario.connections()) {
        open(name);
      }
      for (JsonNode step : scenario.steps()) {
        if (over) {
          add(step, Verdict.SKIPPED, "not reached");
        } else {
          play(step);
        }
      }
    } finally {
      for (WireConnection connection : connections.values()) {
        connection.close();
      }
      server.clean(scenario, transport);
    }
    return results;
  }

  private void play(JsonNode step) throws IOException {
    switch (step.get("do").textValue()) {
      case "request" -> request(step);
      case "send" -> send(step);
      case "recv" -> judge(step, receive(step));
      case "silence" -> check(step, connection(step).silentFor(millis(step)), "something arrived");
      case "closed" ->
          check(step, connection(step).closedWithin(millis(step)), "not ended by the server");
      case "close", "out_of_sync" -> {
        connection(step).close();
        check(step, true, "");
      }
      case "open" -> {
        open(step.get("conn").textValue());
        check(step, true, "");
      }
      case "sleep" -> {
        Pause.millis(millis(step));
        check(step, true, "");
      }
      case "ws_send" -> webSocketSend(step);
      case "ws_expect" -> webSocketExpect(step);
      case "ws_handshake" -> webSocketHandshake(step);
      default -> add(step, Verdict.DIFFERENT, "unknown step " + step.get("do"));
    }
  }

  private void request(JsonNode step) {
    byte[] frame = ByteParts.parse(step.get("request"));
    captures.fill(step.path("refs"), frame);
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(step.path("retry_ms").asLong());
    while (true) {
      connection(step).send(frame);
      Answer answer = receive(step);
      boolean equal = expectation.difference(step.get("expect"), answer) == null;
      if (equal || !answer.isResponse() || System.nanoTime() >= end) {
        judge(step, answer);
        return;
      }
      Pause.millis(RETRY_EVERY_MILLIS);
    }
  }

  private Answer receive(JsonNode step) {
    boolean mayStaySilent = false;
    for (JsonNode alternative : step.path("alternatives")) {
      mayStaySilent |= alternative.path("no_answer").asBoolean();
    }
    return connection(step).receive(mayStaySilent ? ABSENCE_TIMEOUT_MILLIS : ANSWER_TIMEOUT_MILLIS);
  }

  private void judge(JsonNode step, Answer answer) {
    String difference = expectation.difference(step.get("expect"), answer);
    if (difference == null) {
      captures.take(step.path("capture"), answer.payload());
      add(step, Verdict.EQUAL, "");
    } else if (Expectation.matches(step.path("alternatives"), answer)) {
      over = !answer.isResponse();
      add(step, Verdict.ALLOWED, answer + "; " + step.path("divergence_allowed").asText());
    } else if (Divergence.allows(scenario, step, answer, expectation) != null) {
      String reason = Divergence.allows(scenario, step, answer, expectation);
      add(step, Verdict.ALLOWED, answer + "; " + reason);
    } else {
      over = !answer.isResponse();
      add(step, Verdict.DIFFERENT, difference);
    }
  }

  private void send(JsonNode step) {
    byte[] data = ByteParts.parse(step.get("data"));
    int at = 0;
    for (JsonNode size : step.path("chunks")) {
      int end = Math.min(data.length, at + size.intValue());
      connection(step).send(Arrays.copyOfRange(data, at, end));
      Pause.millis(step.path("gap_ms").asLong());
      at = end;
    }
    if (at < data.length) {
      connection(step).send(Arrays.copyOfRange(data, at, data.length));
    }
    check(step, true, "");
  }

  private void webSocketSend(JsonNode step) {
    List<WsFrame> frames = new ArrayList<>();
    for (JsonNode frame : step.get("frames")) {
      frames.add(
          new WsFrame(
              frame.get("opcode").intValue(),
              ByteParts.parse(frame.path("payload")),
              frame.path("fin").asInt(1) == 1,
              frame.path("rsv").asInt(),
              frame.path("masked").asBoolean(true),
              frame.path("declared_length").asLong(-1)));
    }
    ((WsConnection) connection(step)).sendFrames(frames);
    check(step, true, "");
  }

  private void webSocketExpect(JsonNode step) {
    WsFrame frame = ((WsConnection) connection(step)).receiveOther(ANSWER_TIMEOUT_MILLIS);
    int opcode = step.get("opcode").intValue();
    if (frame == null || frame.opcode() != opcode) {
      String found = frame == null ? "none" : "opcode " + frame.opcode();
      check(step, false, "expected opcode " + opcode + ", found " + found);
    } else {
      byte[] payload = ByteParts.parse(step.path("payload"));
      boolean equal = !step.has("payload") || Arrays.equals(payload, frame.payload());
      check(step, equal, "another payload");
    }
  }

  private void webSocketHandshake(JsonNode step) throws IOException {
    List<String> headers = new ArrayList<>();
    step.get("headers").forEach(header -> headers.add(header.textValue()));
    try (WsConnection connection =
        WsConnection.handshake(server.address(transport), step.get("path").textValue(), headers)) {
      WsConnection.Handshake handshake = connection.handshake();
      String wrong = "";
      if (handshake.status() != step.get("expect_status").intValue()) {
        wrong = "status " + handshake.status();
      } else if (!handshake.acceptKeyRight()) {
        wrong = "wrong accept key";
      }
      for (JsonNode absent : step.path("absent_headers")) {
        for (String line : handshake.headerLines()) {
          wrong = line.startsWith(absent.textValue() + ":") ? "header " + line : wrong;
        }
      }
      if (wrong.isEmpty()) {
        byte[] ping = ReferenceCodec.encodeRequest(PING, scenario.json());
        Answer answer = connection.ask(ping, ANSWER_TIMEOUT_MILLIS);
        wrong = answer.isResponse() && answer.status() == 0 ? "" : "ping: " + answer;
      }
      check(step, wrong.isEmpty(), wrong);
    }
  }

  private void open(String name) throws IOException {
    connections.put(name, WireConnection.open(transport, server.address(transport)));
  }

  private WireConnection connection(JsonNode step) {
    return connections.get(step.get("conn").textValue());
  }

  private static long millis(JsonNode step) {
    return step.get("ms").longValue();
  }

  private void check(JsonNode step, boolean equal, String detail) {
    add(step, equal ? Verdict.EQUAL : Verdict.DIFFERENT, equal ? "" : detail);
  }

  private void add(JsonNode step, Verdict verdict, String detail) {
    String what = step.path("call").asText(step.get("do").textValue());
    results.add(
        new StepResult(
            step.get("n").intValue(), verdict, detail.isEmpty() ? "" : what + ": " + detail));
  }
}

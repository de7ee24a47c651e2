package dev.whippet.conformance.wire;

import dev.whippet.conformance.codec.Statuses;

/** What came back: a response, the end of the connection, or nothing in time (status -1). */
public record Answer(Outcome outcome, int status, byte[] payload) {
  public enum Outcome {
    RESPONSE,
    CLOSED,
    NONE
  }

  public static final Answer CLOSED = new Answer(Outcome.CLOSED, -1, new byte[0]);
  public static final Answer NONE = new Answer(Outcome.NONE, -1, new byte[0]);

  static Answer response(int status, byte[] payload) {
    return new Answer(Outcome.RESPONSE, status, payload);
  }

  public boolean isResponse() {
    return outcome == Outcome.RESPONSE;
  }

  @Override
  public String toString() {
    return switch (outcome) {
      case CLOSED -> "the end of the connection";
      case NONE -> "no answer";
      case RESPONSE ->
          "status "
              + status
              + (status == 0 ? "" : " " + Statuses.name(status))
              + ", "
              + payload.length
              + " bytes";
    };
  }
}

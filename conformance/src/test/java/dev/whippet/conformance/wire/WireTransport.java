package dev.whippet.conformance.wire;

/** The two binary transports; {@code code} is what client_details reports (3.4.3). */
public enum WireTransport {
  TCP("tcp", 1),
  WS("ws", 4);

  private final String label;
  private final int code;

  WireTransport(String label, int code) {
    this.label = label;
    this.code = code;
  }

  public String label() {
    return label;
  }

  public int code() {
    return code;
  }
}

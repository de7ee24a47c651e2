package dev.whippet.broker.internal.websocket;

/** Why a request does not become a WebSocket: a status, and a sentence for whoever sent it. */
final class HandshakeRefusal extends Exception {
  private final int status;

  HandshakeRefusal(int status, String sentence) {
    super(sentence, null, false, false);
    this.status = status;
  }

  int status() {
    return status;
  }
}

package dev.whippet.broker.internal.websocket;

import java.util.function.BiFunction;

/**
 * What a listener's WebSockets are: how they are opened, how messages leave, and who takes what
 * comes.
 *
 * @param rules of the handshake
 * @param fragmentBytes the longest payload of one frame; a longer message leaves in several
 * @param application makes the sink of each WebSocket's messages; {@code null} for the broker's own
 *     request decoder
 */
public record WebSocketService(
    HandshakeRules rules,
    int fragmentBytes,
    BiFunction<Opening, WebSocketOutput, MessageSink> application) {

  /** A control frame waits for one fragment at most; its header is 10 bytes. */
  public static final int FRAGMENT_BYTES = 256 << 10;

  /** The broker's own requests, with the default rules. */
  public static final WebSocketService DEFAULT =
      new WebSocketService(HandshakeRules.DEFAULT, FRAGMENT_BYTES, null);
}

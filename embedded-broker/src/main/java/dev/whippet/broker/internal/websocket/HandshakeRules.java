package dev.whippet.broker.internal.websocket;

import java.util.List;

/**
 * What a server's handshake agrees to.
 *
 * @param origins which pages of browsers may connect
 * @param subProtocols that a client may be given: the one it names first; none is needed
 * @param compression whether permessage-deflate is taken up when offered
 */
public record HandshakeRules(Origins origins, List<String> subProtocols, boolean compression) {
  /** Pages of the same host, no sub-protocol, no compression. */
  public static final HandshakeRules DEFAULT =
      new HandshakeRules(Origins.SAME_HOST, List.of(), false);
}

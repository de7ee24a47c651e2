package dev.whippet.internal.websocket;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/** What a client may choose about its WebSocket. Immutable. */
public final class WebSocketOptions {
  /** A control frame waits for one fragment at most; its header is 14 bytes. */
  public static final int FRAGMENT_BYTES = 256 << 10;

  private final Map<String, String> headers;
  private final List<String> subProtocols;
  private final boolean compression;
  private final int fragmentBytes;

  /** No sub-protocol, no compression, fragments of {@link #FRAGMENT_BYTES}. */
  public WebSocketOptions(Map<String, String> headers) {
    this(headers, Collections.<String>emptyList(), false, FRAGMENT_BYTES);
  }

  /**
   * @param headers more headers of the handshake, such as Authorization
   * @param subProtocols offered, the dearest first; tokens of HTTP, each once
   * @param compression whether permessage-deflate is offered
   * @param fragmentBytes payload of one frame; longer messages are sent in several
   */
  public WebSocketOptions(
      Map<String, String> headers,
      List<String> subProtocols,
      boolean compression,
      int fragmentBytes) {
    for (String name : subProtocols) {
      if (!HttpText.isToken(name)) {
        throw new IllegalArgumentException("sub-protocol: " + name);
      }
    }
    if (new LinkedHashSet<>(subProtocols).size() < subProtocols.size()) {
      throw new IllegalArgumentException("sub-protocols: one stands there twice: " + subProtocols);
    }
    if (fragmentBytes < 1) {
      throw new IllegalArgumentException("fragmentBytes < 1: " + fragmentBytes);
    }
    this.headers = new LinkedHashMap<>(headers);
    this.subProtocols = new ArrayList<>(subProtocols);
    this.compression = compression;
    this.fragmentBytes = fragmentBytes;
  }

  Map<String, String> headers() {
    return headers;
  }

  List<String> subProtocols() {
    return subProtocols;
  }

  boolean compression() {
    return compression;
  }

  int fragmentBytes() {
    return fragmentBytes;
  }
}

package dev.whippet.internal.websocket;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What two ends agreed on for permessage-deflate (RFC 7692 7.1). Immutable.
 *
 * <table>
 *   <caption>Parameters</caption>
 *   <tr><td>server_no_context_takeover</td><td>granted when asked for</td></tr>
 *   <tr><td>client_no_context_takeover</td><td>a hint in an offer, which we hold the client to
 *       </td></tr>
 *   <tr><td>server_max_window_bits</td><td>8 to 15, granted as asked for</td></tr>
 *   <tr><td>client_max_window_bits</td><td>a hint in an offer; nothing is asked of the client: any
 *       window inflates here</td></tr>
 * </table>
 *
 * <p>Java's compressor knows only windows of 15 bits. For a smaller one it looks for no repetitions
 * at all ({@link MessageDeflater}), which every window can inflate: no offer is refused for it.
 */
public final class DeflateParameters {
  static final String NAME = "permessage-deflate";
  static final int WINDOW_BITS_MAX = 15;

  /**
   * What a client of ours offers: it keeps no window between messages, whatever the answer, and
   * takes any window size from the server and for itself.
   */
  static final String OFFER = NAME + "; client_no_context_takeover; client_max_window_bits";

  private static final String SERVER_NO_TAKEOVER = "server_no_context_takeover";
  private static final String CLIENT_NO_TAKEOVER = "client_no_context_takeover";
  private static final String SERVER_BITS = "server_max_window_bits";
  private static final String CLIENT_BITS = "client_max_window_bits";
  private static final int WINDOW_BITS_MIN = 8;
  private static final int NOT_GIVEN = 0;

  private boolean serverTakeover = true;
  private boolean clientTakeover = true;
  private int serverBits = NOT_GIVEN;
  private int clientBits = NOT_GIVEN;

  private DeflateParameters() {}

  /**
   * The server's side: the first offer that is sound, or null when there is none.
   *
   * @param headers all values of Sec-WebSocket-Extensions
   * @throws WebSocketException when they are not in the grammar
   */
  public static DeflateParameters accept(List<String> headers) throws WebSocketException {
    for (Extension offer : Extension.parse(headers)) {
      DeflateParameters parameters = offer.name().equals(NAME) ? read(offer, true) : null;
      if (parameters != null) {
        return parameters;
      }
    }
    return null;
  }

  /** The server's answer to the offer that was accepted. */
  public String answer() {
    return NAME
        + (serverTakeover ? "" : "; " + SERVER_NO_TAKEOVER)
        + (clientTakeover ? "" : "; " + CLIENT_NO_TAKEOVER)
        + (serverBits == NOT_GIVEN ? "" : "; " + SERVER_BITS + "=" + serverBits);
  }

  /**
   * The client's side: what the server made of {@link #OFFER}; null when it took it not up.
   *
   * @throws WebSocketException when it says something that was not offered
   */
  static DeflateParameters agreed(List<String> headers) throws WebSocketException {
    List<Extension> extensions = Extension.parse(headers);
    if (extensions.isEmpty()) {
      return null;
    }
    DeflateParameters parameters = null;
    if (extensions.size() == 1 && extensions.get(0).name().equals(NAME)) {
      parameters = read(extensions.get(0), false);
    }
    if (parameters == null) {
      throw new WebSocketException(
          CloseCode.MANDATORY_EXTENSION, "an extension was selected that was not offered");
    }
    parameters.clientTakeover = false; // as the offer said
    return parameters;
  }

  /** Null for an unknown parameter, one that stands there twice, or a value out of range. */
  private static DeflateParameters read(Extension extension, boolean offer) {
    DeflateParameters read = new DeflateParameters();
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < extension.parameters().size(); i++) {
      String name = extension.parameters().get(i);
      if (!seen.add(name) || !read.take(name, extension.value(i), offer)) {
        return null;
      }
    }
    return read;
  }

  private boolean take(String name, String value, boolean offer) {
    switch (name) {
      case SERVER_NO_TAKEOVER:
        serverTakeover = false;
        return value == null;
      case CLIENT_NO_TAKEOVER:
        clientTakeover = false;
        return value == null;
      case SERVER_BITS:
        serverBits = bits(value);
        return serverBits != NOT_GIVEN;
      case CLIENT_BITS:
        clientBits = value == null && offer ? WINDOW_BITS_MAX : bits(value);
        return clientBits != NOT_GIVEN;
      default:
        return false;
    }
  }

  /** 8 to 15 without a leading zero; 0 for anything else. */
  private static int bits(String value) {
    for (int bits = WINDOW_BITS_MIN; bits <= WINDOW_BITS_MAX; bits++) {
      if (Integer.toString(bits).equals(value)) {
        return bits;
      }
    }
    return NOT_GIVEN;
  }

  /** For what the server sends; the caller closes it. */
  public MessageDeflater serverDeflater() {
    return new MessageDeflater(serverTakeover, serverBits == NOT_GIVEN ? 15 : serverBits);
  }

  /** For what a client sends; the caller closes it. */
  MessageDeflater clientDeflater() {
    return new MessageDeflater(clientTakeover, clientBits == NOT_GIVEN ? 15 : clientBits);
  }

  /**
   * For what the client sends; the caller closes it.
   *
   * @param messageBytesMax the longest message after inflating; longer is violation 1009
   */
  public MessageInflater clientInflater(long messageBytesMax) {
    return new MessageInflater(clientTakeover, messageBytesMax);
  }

  /** For what the server sends; as {@link #clientInflater}. */
  MessageInflater serverInflater(long messageBytesMax) {
    return new MessageInflater(serverTakeover, messageBytesMax);
  }

  /** Whether the server's window lives on from message to message. */
  public boolean serverTakeover() {
    return serverTakeover;
  }

  /** Whether the client's window lives on from message to message. */
  public boolean clientTakeover() {
    return clientTakeover;
  }
}

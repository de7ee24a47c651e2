package dev.whippet.internal.wire;

import java.io.IOException;

/**
 * The peer sent bytes that are not the protocol; the connection can't be used any more. The message
 * says what was expected and what was found.
 */
public final class ProtocolException extends IOException {
  private static final long serialVersionUID = 1L;

  public ProtocolException(String message) {
    super(message);
  }
}

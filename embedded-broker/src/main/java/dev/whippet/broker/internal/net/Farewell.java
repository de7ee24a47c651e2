package dev.whippet.broker.internal.net;

import dev.whippet.internal.websocket.CloseCode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * The last thing a connection says, after the replies that are due.
 *
 * @param stopping true for the frame with status 8 that says "the server stops"
 * @param closeCode of the Close frame that follows on a WebSocket, or {@link #SILENT}
 * @param reason of the Close frame; heap memory outside every pool
 */
record Farewell(boolean stopping, int closeCode, ByteBuf reason) {
  private static final int SILENT = 0;

  /** The peer is gone or needs no explanation. */
  static final Farewell NONE = new Farewell(false, SILENT, Unpooled.EMPTY_BUFFER);

  /** iggy-classic.md 1.2 rule 5; RFC 6455 7.4.1: 1001 going away. */
  static final Farewell STOP = new Farewell(true, CloseCode.GOING_AWAY, Unpooled.EMPTY_BUFFER);

  /** After a reply that ends the connection. */
  static final Farewell REPLIED = closing(CloseCode.POLICY_VIOLATION, "refused");

  /** Our own words, at most 123 bytes of ASCII. */
  static Farewell closing(int code, String reason) {
    byte[] ascii = reason.getBytes(StandardCharsets.US_ASCII);
    return answer(code, Unpooled.wrappedBuffer(ascii, 0, Math.min(ascii.length, 123)));
  }

  /** The answer to a Close frame. */
  static Farewell answer(int code, ByteBuf reason) {
    return new Farewell(false, code, reason);
  }

  boolean hasCloseFrame() {
    return closeCode != SILENT;
  }
}

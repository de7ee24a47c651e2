package dev.whippet.broker.internal.net;

import dev.whippet.internal.websocket.CloseCode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * The last thing a connection says, after the replies that are due.
 *
 * <pre>
 *   NONE      no word: the peer is gone or needs no explanation
 *   GOODBYE   a Close frame (over TCP nothing); the peer's own is waited for
 *   STOP      the frame with status 8 that says "the server stops", then as GOODBYE
 *   VIOLATION a Close frame with the fault's code
 *   ANSWER    the answer to the peer's Close frame, which a large reply under way does not hold up
 * </pre>
 *
 * @param closeCode of the Close frame
 * @param reason of the Close frame; heap memory outside every pool
 */
record Farewell(Manner manner, int closeCode, ByteBuf reason) {
  enum Manner {
    NONE,
    GOODBYE,
    STOP,
    VIOLATION,
    ANSWER
  }

  static final Farewell NONE =
      new Farewell(Manner.NONE, CloseCode.NO_STATUS, Unpooled.EMPTY_BUFFER);

  /** iggy-classic.md 1.2 rule 5; RFC 6455 7.4.1: 1001 going away. */
  static final Farewell STOP =
      new Farewell(Manner.STOP, CloseCode.GOING_AWAY, Unpooled.EMPTY_BUFFER);

  /** After a reply that ends the connection. */
  static final Farewell REPLIED =
      new Farewell(Manner.GOODBYE, CloseCode.POLICY_VIOLATION, ascii("refused"));

  /** Our own words, at most 123 bytes of ASCII. */
  static Farewell closing(int code, String reason) {
    return new Farewell(Manner.VIOLATION, code, ascii(reason));
  }

  /** The answer to a Close frame. */
  static Farewell answer(int code, ByteBuf reason) {
    return new Farewell(Manner.ANSWER, code, reason);
  }

  private static ByteBuf ascii(String text) {
    byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
    return Unpooled.wrappedBuffer(ascii, 0, Math.min(ascii.length, 123));
  }

  boolean stopping() {
    return manner == Manner.STOP;
  }

  boolean hasCloseFrame() {
    return manner != Manner.NONE;
  }

  /** True when the peer is to answer our Close frame with its own. */
  boolean awaitsAnswer() {
    return manner == Manner.STOP || manner == Manner.GOODBYE;
  }

  /** True when the peer wants to hear no more. */
  boolean isAnswer() {
    return manner == Manner.ANSWER;
  }
}

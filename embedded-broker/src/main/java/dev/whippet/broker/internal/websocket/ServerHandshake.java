package dev.whippet.broker.internal.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * The server's opening handshake (RFC 6455 4.2): one request head of at most {@link
 * #HEAD_BYTES_MAX} bytes, one answer. Any path, origin and offer is fine; no sub-protocol and no
 * extension is selected (iggy-classic.md section 2).
 *
 * <pre>
 *   read(in) -> null            the head is not complete
 *   read(in) -> Answer 101      send it; what is left in `in` is the first frame's
 *   read(in) -> Answer 4xx/505  send it, then end the connection
 * </pre>
 *
 * <p>Owner: the connection's loop, which also bounds the time. Holds what came of the head in plain
 * heap memory, so there is nothing to release when the connection ends halfway.
 */
public final class ServerHandshake {
  /** Request line and headers together; more is answered with 431. */
  public static final int HEAD_BYTES_MAX = 8 << 10;

  /**
   * What to send.
   *
   * @param status 101, or the status of the refusal, for logs and counters
   * @param response the whole answer; the receiver releases it
   */
  public record Answer(int status, ByteBuf response) {
    /** True when the connection is a WebSocket from here on. */
    public boolean accepted() {
      return status == 101;
    }
  }

  /**
   * Takes bytes of the request up to the end of its head.
   *
   * @return the answer, or null while more bytes are needed; after an answer no more calls
   */
  public Answer read(ByteBuf in, ByteBufAllocator alloc) {
    throw new UnsupportedOperationException();
  }
}

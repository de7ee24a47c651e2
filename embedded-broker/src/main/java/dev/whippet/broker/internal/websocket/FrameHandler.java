package dev.whippet.broker.internal.websocket;

import io.netty.buffer.ByteBuf;

/**
 * Where a {@link FrameParser} delivers; called from within {@link FrameParser#parse}, on the
 * connection's loop. A handler that wants no more calls, because it ends the connection, calls
 * {@link FrameParser#stop}.
 *
 * <p>Payloads of control frames are plain heap buffers outside every pool: they may be kept or
 * passed on, and need no release.
 */
public interface FrameHandler {

  /**
   * Bytes of a binary message, as they arrive. The callee takes exactly {@code length} (at least 1)
   * bytes from {@code in}, at its reader index, and unmasks them in the one copy it makes ({@link
   * MaskedCopy}).
   *
   * @param mask the key, rotated so that its uppermost byte is for the first byte; 0 when the bytes
   *     are plain
   */
  void data(ByteBuf in, int length, int mask);

  /**
   * Bytes of a text message, checked to be UTF-8 so far; same rules as {@link #data}. They are
   * thrown away unless this is overridden, as a 0.8.0 server does (iggy-classic.md section 2).
   */
  default void text(ByteBuf in, int length, int mask) {
    in.skipBytes(length);
  }

  /**
   * A message ended, maybe an empty one. Means nothing to the classic wire.
   *
   * @param opcode TEXT or BINARY of {@link dev.whippet.internal.websocket.Opcode}
   */
  default void messageEnd(int opcode) {}

  /** To be answered once, by a Pong with the same payload. */
  void ping(ByteBuf payload);

  /** An answer to a Ping, or unasked for. */
  void pong(ByteBuf payload);

  /**
   * The client's last frame, to be answered by a Close frame with the same code and reason; later
   * bytes are thrown away.
   *
   * @param code a code that may be sent back, or NO_STATUS (1005) when the frame was empty
   */
  void close(int code, ByteBuf reason);
}

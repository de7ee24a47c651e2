package dev.whippet.broker.internal.websocket;

import io.netty.buffer.ByteBuf;

/**
 * Where the messages of one WebSocket go: to the request decoder, or to what stands in its place.
 * Called on the connection's loop.
 */
public interface MessageSink {

  /**
   * Bytes of a message, as they arrive; text was checked to be UTF-8 so far. The callee takes
   * exactly {@code length} (at least 1) bytes from {@code in}, at its reader index.
   *
   * @param opcode TEXT or BINARY
   * @param mask to be applied ({@link MaskedCopy}); 0 when the bytes are plain
   */
  void data(int opcode, ByteBuf in, int length, int mask);

  /**
   * A message ended, maybe an empty one.
   *
   * @param opcode TEXT or BINARY
   */
  void messageEnd(int opcode);

  /** The connection is gone. */
  void gone();
}

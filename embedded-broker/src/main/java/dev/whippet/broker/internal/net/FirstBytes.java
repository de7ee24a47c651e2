package dev.whippet.broker.internal.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * The first four bytes of a connection decide what it speaks (architecture.md 4.3).
 *
 * <pre>
 *   47 45 54 20  "GET "   a WebSocket handshake
 *   00 00 00 00           a newer generation of the wire: closed
 *   anything else         the length of a classic frame
 * </pre>
 */
final class FirstBytes implements Stage {
  private static final int BYTES = 4;
  private static final int GET = 0x47455420;
  private static final int NEWER_GENERATION = 0;

  private final Connection connection;
  private int value;
  private int count;

  FirstBytes(Connection connection) {
    this.connection = connection;
  }

  @Override
  public void read(ByteBuf in) {
    while (count < BYTES && in.isReadable()) {
      value = value << 8 | in.readUnsignedByte();
      count++;
    }
    if (count < BYTES) {
      return;
    }
    ByteBuf first = Unpooled.buffer(BYTES).writeInt(value);
    switch (value) {
      case GET -> connection.startHandshake(first);
      case NEWER_GENERATION -> connection.refuseNewerGeneration();
      default -> connection.startFrames(first);
    }
  }
}

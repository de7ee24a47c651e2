package dev.whippet.broker.internal.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * The first four bytes of a connection decide what it speaks (architecture.md 4.3).
 *
 * <pre>
 *   47 45 54 20  "GET "    a WebSocket handshake, or HTTP
 *   "POST", "PUT ", ...    HTTP, as every word of capital letters: as the length of a first frame
 *                          it would be too large, since that is a login. "PRI " is HTTP/2
 *   00 00 00 00            a newer generation of the wire: closed
 *   16 03 01..04 xx        TLS: closed. As the length it would be too large, too
 *   anything else          the length of a classic frame
 * </pre>
 */
final class FirstBytes implements Stage {
  private static final int BYTES = 4;
  private static final int GET = 0x47455420;
  private static final int NEWER_GENERATION = 0;
  private static final int TLS_HANDSHAKE = 0x1603;
  private static final int TLS_VERSION_LAST = 4;

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
    if (value == GET) {
      connection.startHandshake(first);
    } else if (isMethod()) {
      connection.startHttp(first);
    } else if (value == NEWER_GENERATION) {
      connection.refuseNewerGeneration();
    } else if (isTls()) {
      connection.refuseTls();
    } else {
      connection.startFrames(first);
    }
  }

  /** Three capital letters, and one more or a blank. */
  private boolean isMethod() {
    for (int shift = 24; shift > 0; shift -= 8) {
      if (!isLetter(value >>> shift & 0xff)) {
        return false;
      }
    }
    return isLetter(value & 0xff) || (value & 0xff) == ' ';
  }

  private static boolean isLetter(int octet) {
    return octet >= 'A' && octet <= 'Z';
  }

  private boolean isTls() {
    int version = value >>> 8 & 0xff;
    return value >>> 16 == TLS_HANDSHAKE && version > 0 && version <= TLS_VERSION_LAST;
  }
}

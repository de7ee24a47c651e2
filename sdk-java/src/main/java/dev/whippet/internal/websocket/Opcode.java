package dev.whippet.internal.websocket;

/** What a frame is (RFC 6455 5.2, 11.8). 3 to 7 and 11 to 15 are reserved. */
public final class Opcode {
  public static final int CONTINUATION = 0x0;
  public static final int TEXT = 0x1;
  public static final int BINARY = 0x2;
  public static final int CLOSE = 0x8;
  public static final int PING = 0x9;
  public static final int PONG = 0xA;

  private Opcode() {}

  /** True for the upper half, 8 to 15: never fragmented, never longer than 125 bytes. */
  public static boolean isControl(int opcode) {
    return (opcode & 0x8) != 0;
  }

  /** False for the reserved ones. */
  public static boolean isKnown(int opcode) {
    return (opcode >= CONTINUATION && opcode <= BINARY) || (opcode >= CLOSE && opcode <= PONG);
  }
}

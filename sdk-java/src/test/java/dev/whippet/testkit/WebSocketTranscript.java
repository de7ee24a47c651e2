package dev.whippet.testkit;

import java.util.zip.CRC32;
import okio.Buffer;
import okio.ByteString;

/**
 * What a reader of frames told its handler, as lines that can be compared. Chunks of a message are
 * joined, because where a message was cut is not an outcome.
 *
 * <pre>
 *   text Hello | binary 0102 | binary 70000 bytes, crc 1a2b3c4d
 *   ping 6869 | pong | close 1000 bye | violation 1002
 *   open text Hel          a message that has begun and not ended
 * </pre>
 */
public final class WebSocketTranscript {
  private static final int SHOWN_BYTES_MAX = 64;

  private final StringBuilder lines = new StringBuilder();
  private final Buffer message = new Buffer();
  private int opcode;

  public void data(int opcode, byte[] payload) {
    this.opcode = opcode;
    message.write(payload);
  }

  public void messageEnd(int opcode) {
    this.opcode = opcode;
    line(describe());
  }

  public void ping(byte[] payload) {
    line(("ping " + ByteString.of(payload).hex()).trim());
  }

  public void pong(byte[] payload) {
    line(("pong " + ByteString.of(payload).hex()).trim());
  }

  public void close(int code, String reason) {
    line(("close " + code + " " + reason).trim());
  }

  public void violation(int closeCode) {
    line("violation " + closeCode);
  }

  private void line(String line) {
    lines.append(lines.length() == 0 ? "" : "\n").append(line);
  }

  private String describe() {
    byte[] bytes = message.readByteArray();
    if (opcode == WebSocketBytes.TEXT && bytes.length <= SHOWN_BYTES_MAX) {
      return ("text " + ByteString.of(bytes).utf8()).trim();
    }
    String kind = opcode == WebSocketBytes.TEXT ? "text " : "binary ";
    if (bytes.length <= SHOWN_BYTES_MAX) {
      return (kind + ByteString.of(bytes).hex()).trim();
    }
    return kind + describeLong(bytes);
  }

  /** How this class shows a payload of more than 64 bytes. */
  public static String describeLong(byte[] bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return bytes.length + " bytes, crc " + Long.toHexString(crc.getValue());
  }

  /** All lines; what is left of an open message comes last. */
  @Override
  public String toString() {
    if (message.size() > 0) {
      line("open " + describe());
    }
    return lines.toString();
  }
}

package dev.whippet.testkit;

import java.util.zip.Deflater;
import okio.Buffer;

/**
 * Payloads of compressed messages (RFC 7692), made by the JDK's compressor alone; one object for
 * one direction with context takeover, {@link #alone} without.
 */
public final class Deflated {
  private static final int TAIL_BYTES = 4;

  private final Deflater deflater;

  public Deflated(int level, int strategy) {
    deflater = new Deflater(level, true);
    deflater.setStrategy(strategy);
  }

  /** A message that needs none before it. */
  public static byte[] alone(byte[] message) {
    Deflated deflated = new Deflated(6, Deflater.DEFAULT_STRATEGY);
    byte[] payload = deflated.next(message);
    deflated.deflater.end();
    return payload;
  }

  /** The next message of the direction; at least a byte long. */
  public byte[] next(byte[] message) {
    if (message.length == 0) {
      return new byte[1];
    }
    Buffer out = new Buffer();
    byte[] piece = new byte[4096];
    deflater.setInput(message);
    while (!deflater.needsInput()) { // the first call may only set the strategy
      out.write(piece, 0, deflater.deflate(piece, 0, piece.length, Deflater.NO_FLUSH));
    }
    int count = deflater.deflate(piece, 0, piece.length, Deflater.SYNC_FLUSH);
    while (count > 0) {
      out.write(piece, 0, count);
      count = deflater.deflate(piece, 0, piece.length, Deflater.SYNC_FLUSH);
    }
    Buffer payload = new Buffer();
    payload.write(out, out.size() - TAIL_BYTES);
    return payload.readByteArray();
  }

  /** A message as one block that says it is the last, as RFC 7692 7.2.3.4 has it. */
  public static byte[] lastBlock(byte[] message) {
    Deflater deflater = new Deflater(6, true);
    deflater.setInput(message);
    deflater.finish();
    Buffer out = new Buffer();
    byte[] piece = new byte[4096];
    while (!deflater.finished()) {
      out.write(piece, 0, deflater.deflate(piece));
    }
    deflater.end();
    return out.writeByte(0).readByteArray();
  }

  /** About {@code messageBytes / 1032} bytes that inflate to so many zeros. */
  public static byte[] zeros(long messageBytes) {
    Deflater deflater = new Deflater(9, true);
    Buffer out = new Buffer();
    byte[] zeros = new byte[1 << 20];
    byte[] piece = new byte[8192];
    for (long left = messageBytes; left > 0; left -= zeros.length) {
      deflater.setInput(zeros, 0, (int) Math.min(left, zeros.length));
      int flush = left <= zeros.length ? Deflater.SYNC_FLUSH : Deflater.NO_FLUSH;
      int count = deflater.deflate(piece, 0, piece.length, flush);
      while (count > 0) {
        out.write(piece, 0, count);
        count = deflater.deflate(piece, 0, piece.length, flush);
      }
    }
    deflater.end();
    Buffer payload = new Buffer();
    payload.write(out, out.size() - TAIL_BYTES);
    return payload.readByteArray();
  }
}

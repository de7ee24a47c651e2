package dev.whippet.broker.internal.http;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/** The body of one request as it arrives; memory is taken as it does. Owner: the loop. */
final class HttpBody {
  private static final int BYTES_AT_FIRST = 512;
  private static final byte[] NOTHING = {};

  private final int bytesMax;
  private byte[] bytes = NOTHING;
  private int count;

  HttpBody(int bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** False, and nothing is taken, when it would be too long. */
  boolean append(ByteBuf piece) {
    int more = piece.readableBytes();
    if (more > bytesMax - count) {
      return false;
    }
    if (more > bytes.length - count) {
      long doubled = Math.max(BYTES_AT_FIRST, 2L * bytes.length);
      long wanted = Math.max(count + more, doubled);
      bytes = Arrays.copyOf(bytes, (int) Math.min(wanted, bytesMax));
    }
    piece.readBytes(bytes, count, more);
    count += more;
    return true;
  }

  /** All that came. */
  byte[] bytes() {
    return count == bytes.length ? bytes : Arrays.copyOf(bytes, count);
  }
}

package dev.whippet.internal.websocket;

import java.util.zip.Deflater;

/**
 * Compresses one direction's messages (RFC 7692 7.2.1), piece by piece.
 *
 * <pre>
 *   input(bytes)  output(out, false) ... == 0   more input
 *                 output(out, true)  ... == 0   the message is over
 * </pre>
 *
 * <p>Everything that came out, less its last {@link #TAIL_BYTES} bytes, is the message's payload.
 * For windows below 15 bits it only codes letters by how often they come ({@link
 * Deflater#HUFFMAN_ONLY}) and refers to nothing before.
 *
 * <p>Between messages without context takeover, and before the first, nothing is held. Otherwise
 * {@link #STATE_BYTES}, outside the heap. Not thread-safe; to be closed.
 */
public final class MessageDeflater {
  /** Left away at the end of each message: 00 00 ff ff. */
  public static final int TAIL_BYTES = 4;

  /** What zlib holds for a window of 15 bits and its default tables. */
  public static final int STATE_BYTES = 264 << 10;

  /** Records in batches: more effort costs several times the time and saves some per cent. */
  private static final int LEVEL = Deflater.BEST_SPEED;

  /** An empty message (RFC 7692 7.2.3.6) with its tail; a compressor gives nothing for nothing. */
  private static final byte[] EMPTY = {0, 0, 0, (byte) 0xff, (byte) 0xff};

  private final boolean takeover;
  private final boolean lettersOnly;

  private Deflater deflater;
  private boolean anything;
  private boolean flushed;

  MessageDeflater(boolean takeover, int windowBits) {
    this.takeover = takeover;
    this.lettersOnly = windowBits < DeflateParameters.WINDOW_BITS_MAX;
  }

  /** Gives the next bytes of a message; all before are used up. They are not copied. */
  public void input(byte[] bytes, int offset, int length) {
    if (deflater == null) {
      deflater = new Deflater(LEVEL, true);
      if (lettersOnly) {
        deflater.setStrategy(Deflater.HUFFMAN_ONLY);
      }
    }
    anything |= length > 0;
    deflater.setInput(bytes, offset, length);
  }

  /**
   * Compresses into {@code out}, which has room for at least 16 bytes.
   *
   * @param last whether the message ends with the input that was given
   * @return how many bytes; 0 when all input is used up and, if last, the message is over
   */
  public int output(byte[] out, boolean last) {
    if (!last) {
      return anything ? deflate(out, Deflater.NO_FLUSH) : 0;
    }
    int count = 0;
    if (!flushed && anything) {
      count = deflate(out, Deflater.SYNC_FLUSH);
      flushed = count < out.length;
    } else if (!flushed) {
      System.arraycopy(EMPTY, 0, out, 0, EMPTY.length);
      count = EMPTY.length;
      flushed = true;
    }
    if (count == 0) {
      over();
    }
    return count;
  }

  /** A call that only sets the strategy may give nothing and leave the input as it is. */
  private int deflate(byte[] out, int flush) {
    int count;
    do {
      count = deflater.deflate(out, 0, out.length, flush);
    } while (count == 0 && !deflater.needsInput());
    return count;
  }

  private void over() {
    anything = false;
    flushed = false;
    if (!takeover) {
      close();
    }
  }

  /** Gives its memory back. */
  public void close() {
    if (deflater != null) {
      deflater.end();
      deflater = null;
    }
  }
}

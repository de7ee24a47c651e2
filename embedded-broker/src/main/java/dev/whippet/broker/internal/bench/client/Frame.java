package dev.whippet.broker.internal.bench.client;

import dev.whippet.internal.websocket.FrameWriter;
import java.io.EOFException;
import java.nio.ByteBuffer;
import okio.Buffer;

/**
 * One request as its bytes go on the socket, made once and sent many times: a classic frame over
 * TCP, the same in masked WebSocket frames over ws.
 *
 * <p>A frame that is sent again keeps its masking key. A client must not do that towards peers it
 * does not trust (RFC 6455 10.3); here it keeps the load side from becoming what is measured. One
 * thread at a time.
 */
public final class Frame {

  private static final int MASK_BYTES = 4;

  private final ByteBuffer bytes;
  private final int payloadStart;
  private final int classicBytes;

  private Frame(ByteBuffer bytes, int payloadStart, int classicBytes) {
    this.bytes = bytes;
    this.payloadStart = payloadStart;
    this.classicBytes = classicBytes;
  }

  /**
   * Takes the bytes of one classic request out of {@code classic}.
   *
   * @param writer masks and frames for ws; null = TCP
   */
  static Frame of(Buffer classic, FrameWriter writer) {
    int classicBytes = (int) classic.size();
    Buffer out = classic;
    if (writer != null) {
      out = new Buffer();
      writer.binary(classic, out);
    }
    ByteBuffer bytes = ByteBuffer.allocateDirect((int) out.size());
    try {
      while (bytes.hasRemaining()) {
        if (out.read(bytes) < 0) {
          throw new EOFException("buffer ends before its size");
        }
      }
    } catch (java.io.IOException e) {
      throw new IllegalStateException(e);
    }
    bytes.flip();
    return new Frame(bytes, writer == null ? 0 : headerBytes(bytes), classicBytes);
  }

  /** Length of the classic request, without WebSocket's headers. */
  public int classicBytes() {
    return classicBytes;
  }

  /** Bytes on the socket. */
  public int wireBytes() {
    return bytes.capacity();
  }

  /** What is written, from its start. */
  ByteBuffer bytes() {
    return bytes.duplicate();
  }

  /**
   * Overwrites eight bytes of the classic request, little-endian, masked as the rest.
   *
   * @param position from the start of the classic request, inside the first WebSocket frame
   */
  public void putLong(int position, long value) {
    for (int i = 0; i < Long.BYTES; i++) {
      int plain = (int) (value >>> (8 * i)) & 0xff;
      int at = payloadStart + position + i;
      int mask =
          payloadStart == 0 ? 0 : bytes.get(payloadStart - MASK_BYTES + ((position + i) & 3));
      bytes.put(at, (byte) (plain ^ mask));
    }
  }

  private static int headerBytes(ByteBuffer bytes) {
    int length = bytes.get(1) & 0x7f;
    int lengthBytes = length < 126 ? 0 : length == 126 ? 2 : 8;
    return 2 + lengthBytes + MASK_BYTES;
  }
}

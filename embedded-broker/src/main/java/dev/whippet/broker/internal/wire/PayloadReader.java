package dev.whippet.broker.internal.wire;

import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.internal.wire.Status;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads the fields of one request payload (iggy-classic.md section 0) between two positions and
 * never outside; leaves the buffer's own indexes alone.
 *
 * <pre>
 * field cut off, bad UTF-8, unknown code             Refusal 3
 * empty name, numeric identifier not of 4 bytes      Refusal 4        (11.5)
 * </pre>
 *
 * <p>Belongs to one decoding call. What it returns is copied out.
 */
final class PayloadReader {
  private static final int KIND_NUMERIC = 1;
  private static final int KIND_STRING = 2;

  private final ByteBuf in;
  private final int end;
  private int position;

  PayloadReader(ByteBuf payload) {
    this(payload, payload.readerIndex(), payload.writerIndex());
  }

  /** Reads {@code [start, end)}. */
  PayloadReader(ByteBuf in, int start, int end) {
    this.in = in;
    this.position = start;
    this.end = end;
  }

  int position() {
    return position;
  }

  int remaining() {
    return end - position;
  }

  int u8() throws Refusal {
    return in.getUnsignedByte(advance(1));
  }

  /** A flag for which any value but 0 is true: fsync, auto-commit. */
  boolean flag() throws Refusal {
    return u8() != 0;
  }

  /** A presence flag, for which only 1 is true. */
  boolean present() throws Refusal {
    return u8() == 1;
  }

  int u16() throws Refusal {
    return in.getUnsignedShortLE(advance(Short.BYTES));
  }

  /** An unsigned 32-bit id. */
  int u32() throws Refusal {
    return in.getIntLE(advance(Integer.BYTES));
  }

  /** An unsigned 32-bit count. */
  long count32() throws Refusal {
    return in.getUnsignedIntLE(advance(Integer.BYTES));
  }

  long u64() throws Refusal {
    return in.getLongLE(advance(Long.BYTES));
  }

  byte[] bytes(int length) throws Refusal {
    int at = advance(length);
    byte[] bytes = new byte[length];
    in.getBytes(at, bytes);
    return bytes;
  }

  /** {@code name}: 1 to 255 bytes of UTF-8. */
  String name() throws Refusal {
    return text(nonZero(u8()));
  }

  /** {@code pstr8}: 0 to 255 bytes of UTF-8. */
  byte[] secret() throws Refusal {
    byte[] bytes = bytes(u8());
    decodeUtf8(bytes);
    return bytes;
  }

  /** {@code str32}: UTF-8, may be empty. */
  String text32() throws Refusal {
    long length = count32();
    if (length > remaining()) {
      throw new Refusal(Status.INVALID_COMMAND);
    }
    return text((int) length);
  }

  /** iggy-classic.md 4.1. */
  Identifier identifier() throws Refusal {
    int kind = u8();
    if (kind != KIND_NUMERIC && kind != KIND_STRING) {
      throw new Refusal(Status.INVALID_COMMAND);
    }
    int length = u8();
    if (kind == KIND_STRING) {
      return new Identifier.Named(text(nonZero(length)));
    }
    if (length != Integer.BYTES) {
      throw new Refusal(Status.INVALID_FORMAT);
    }
    return new Identifier.Numeric(u32());
  }

  private String text(int length) throws Refusal {
    return decodeUtf8(bytes(length));
  }

  private static int nonZero(int length) throws Refusal {
    if (length == 0) {
      throw new Refusal(Status.INVALID_FORMAT);
    }
    return length;
  }

  /** Strict: malformed input is refused, not replaced. */
  private static String decodeUtf8(byte[] bytes) throws Refusal {
    for (byte b : bytes) {
      if (b < 0) {
        return decodeBeyondAscii(bytes);
      }
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static String decodeBeyondAscii(byte[] bytes) throws Refusal {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new Refusal(Status.INVALID_COMMAND);
    }
  }

  /** The position of the next {@code length} bytes, which are then behind us. */
  private int advance(int length) throws Refusal {
    if (length > end - position) {
      throw new Refusal(Status.INVALID_COMMAND);
    }
    int at = position;
    position += length;
    return at;
  }
}

package dev.whippet.internal.wire;

import java.io.EOFException;
import okio.Buffer;

/**
 * Reads the fields of one reply payload; every length is checked against what is left before memory
 * is taken. Little-endian, iggy-classic.md section 0.
 *
 * <p>Belongs to one decoding call. {@code what} names the structure in messages.
 */
final class Fields {
  private final Buffer in;
  private final String what;

  Fields(Buffer in, String what) {
    this.in = in;
    this.what = what;
  }

  boolean atEnd() {
    return in.size() == 0;
  }

  long remaining() {
    return in.size();
  }

  int u8() throws ProtocolException {
    require(1);
    try {
      return in.readByte() & 0xFF;
    } catch (EOFException e) {
      throw impossible(e);
    }
  }

  int u16() throws ProtocolException {
    require(Short.BYTES);
    try {
      return in.readShortLe() & 0xFFFF;
    } catch (EOFException e) {
      throw impossible(e);
    }
  }

  int u32() throws ProtocolException {
    require(Integer.BYTES);
    try {
      return in.readIntLe();
    } catch (EOFException e) {
      throw impossible(e);
    }
  }

  /** A {@code u32} that counts or measures and must be below 2^31. */
  int size32() throws ProtocolException {
    int value = u32();
    if (value < 0) {
      throw fault("size " + (value & 0xFFFFFFFFL) + " is too large");
    }
    return value;
  }

  /** A {@code u32} count of elements that take at least {@code elementBytesMin} each. */
  int count(int elementBytesMin) throws ProtocolException {
    int count = size32();
    if ((long) count * elementBytesMin > in.size()) {
      throw fault(count + " elements announced in " + in.size() + " bytes");
    }
    return count;
  }

  long u64() throws ProtocolException {
    require(Long.BYTES);
    try {
      return in.readLongLe();
    } catch (EOFException e) {
      throw impossible(e);
    }
  }

  byte[] bytes(int length) throws ProtocolException {
    require(length);
    try {
      return in.readByteArray(length);
    } catch (EOFException e) {
      throw impossible(e);
    }
  }

  String name() throws ProtocolException {
    int length = u8();
    if (length == 0) {
      throw fault("empty name");
    }
    return text(length);
  }

  String text32() throws ProtocolException {
    return text(size32());
  }

  void expectEnd() throws ProtocolException {
    if (!atEnd()) {
      throw fault(in.size() + " bytes after the end");
    }
  }

  ProtocolException fault(String detail) {
    return new ProtocolException(what + ": " + detail);
  }

  private String text(int length) throws ProtocolException {
    require(length);
    try {
      return in.readUtf8(length);
    } catch (EOFException e) {
      throw impossible(e);
    }
  }

  /** Okio 3 declares what {@link #require} has excluded. */
  private static AssertionError impossible(EOFException cause) {
    AssertionError error = new AssertionError("read beyond what was checked");
    error.initCause(cause);
    return error;
  }

  private void require(int length) throws ProtocolException {
    if (in.size() < length) {
      throw fault(length + " bytes expected, " + in.size() + " left");
    }
  }
}

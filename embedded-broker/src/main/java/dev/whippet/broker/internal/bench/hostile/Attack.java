package dev.whippet.broker.internal.bench.hostile;

import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.internal.websocket.MessageDeflater;
import dev.whippet.internal.wire.Command;
import dev.whippet.internal.wire.Requests;
import java.nio.charset.StandardCharsets;
import java.util.zip.Deflater;
import okio.Buffer;

/**
 * What one hostile peer does over WebSocket: says its opening, then the same again and again. All
 * keys are zero: masking is the server's work, not the attack.
 *
 * <pre>
 *   handshake | login | first bytes | unit, unit, unit ...
 * </pre>
 */
public enum Attack {
  /** Never comes to the end of its handshake: closed after {@code firstFrameMillisMax}. */
  SLOW_HANDSHAKE(Opening.NOTHING, 1_000),
  /** Drips a request before its login: closed after {@code frameMillisMax}. */
  BYTE_A_SECOND(Opening.HANDSHAKE, 1_000),
  /** Announces a request of 60 MB and drips it: closed by its rate, sooner when others wait. */
  ANNOUNCED_REQUEST(Opening.LOGIN, 1_000),
  /** One message, a byte a fragment, for ever: bounded by its share of the loop's turns. */
  ONE_BYTE_FRAGMENTS(Opening.HANDSHAKE, 0),
  /** Fragments without a byte: {@code IDLE_FRAMES_PER_SECOND_MAX}, close code 1008. */
  EMPTY_FRAGMENTS(Opening.HANDSHAKE, 0),
  /** The same. */
  PINGS(Opening.HANDSHAKE, 0),
  /** Requests as fast as they go, each answered: bounded by its share. */
  REQUESTS(Opening.LOGIN, 0),
  /** Announces a frame of 2^63 - 1 bytes: close code 1009. */
  HUGE_LENGTH(Opening.HANDSHAKE, 1_000),
  /** Asks and takes no reply: not read above {@code unwrittenBytesMax}, then closed. */
  NEVER_READS(Opening.LOGIN, 0),
  /**
   * Compressed messages, a thousand times as long when inflated: bounded by its share of the loop's
   * turns. Where the server does not compress: close code 1002.
   */
  COMPRESSION_BOMB(Opening.HANDSHAKE, 0),
  /** Comes and goes without a word of farewell. */
  ABRUPT_CLOSE(Opening.LOGIN, 1_000);

  /** How far it behaves. */
  enum Opening {
    NOTHING,
    HANDSHAKE,
    LOGIN
  }

  /** An abrupt one stays for so long. */
  static final long ABRUPT_MILLIS = 50;

  private static final int ANNOUNCED_BYTES = 60_000_000;
  private static final int FRAME_BYTES = 1 << 20;
  private static final int BOMB_BYTES = 16 << 20;

  private final Opening opening;
  private final long unitMillis;

  Attack(Opening opening, long unitMillis) {
    this.opening = opening;
    this.unitMillis = unitMillis;
  }

  /** Between two units; 0 = as fast as the link takes them. */
  long unitMillis() {
    return unitMillis;
  }

  boolean reads() {
    return this != NEVER_READS;
  }

  /** Lower case with dashes, as in reports. */
  public String label() {
    return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
  }

  /** Sent once, after connecting. */
  byte[] opening(Target target) {
    Buffer out = new Buffer();
    if (opening != Opening.NOTHING) {
      out.writeUtf8("GET " + target.path() + " HTTP/1.1\r\nHost: " + target.host() + "\r\n");
      out.writeUtf8("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
      if (this == COMPRESSION_BOMB) {
        out.writeUtf8("Sec-WebSocket-Extensions: permessage-deflate\r\n");
      }
      out.writeUtf8("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
    }
    if (opening == Opening.LOGIN) {
      Buffer login = new Buffer();
      Requests.login(login, target.user(), target.password(), "bench", null);
      frame(out, 0x82, login);
    }
    switch (this) {
      case BYTE_A_SECOND -> header(out, 0x82, FRAME_BYTES).writeIntLe(4 + 100);
      case ANNOUNCED_REQUEST ->
          header(out, 0x82, FRAME_BYTES)
              .writeIntLe(4 + ANNOUNCED_BYTES)
              .writeIntLe(Command.SEND_MESSAGES);
      case ONE_BYTE_FRAGMENTS, EMPTY_FRAGMENTS -> frame(out, 0x02, new Buffer());
      case HUGE_LENGTH -> out.writeByte(0x82).writeByte(0xff).writeLong(Long.MAX_VALUE).writeInt(0);
      default -> {}
    }
    return out.readByteArray();
  }

  /** Repeated. */
  byte[] unit() {
    Buffer out = new Buffer();
    Buffer request = new Buffer();
    switch (this) {
      case SLOW_HANDSHAKE -> out.write("G".getBytes(StandardCharsets.US_ASCII));
      case ONE_BYTE_FRAGMENTS -> frame(out, 0x00, new Buffer().writeByte(0));
      case EMPTY_FRAGMENTS -> frame(out, 0x00, request);
      case PINGS -> frame(out, 0x89, new Buffer().writeLong(0));
      case REQUESTS -> {
        Requests.ping(request);
        frame(out, 0x82, request);
      }
      case COMPRESSION_BOMB -> frame(out, 0xc1, bomb());
      case NEVER_READS -> {
        Requests.getStreams(request);
        frame(out, 0x82, request);
      }
      default -> out.writeByte(0);
    }
    return out.readByteArray();
  }

  private static Buffer header(Buffer out, int first, long length) {
    out.writeByte(first);
    if (length < 126) {
      out.writeByte(0x80 | (int) length);
    } else if (length <= 0xffff) {
      out.writeByte(0xfe).writeShort((int) length);
    } else {
      out.writeByte(0xff).writeLong(length);
    }
    return out.writeInt(0);
  }

  /** Zeros, which are text too, compressed as far as it goes (RFC 7692 7.2.1). */
  private static Buffer bomb() {
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
    deflater.setInput(new byte[BOMB_BYTES]);
    byte[] out = new byte[BOMB_BYTES / 512];
    int length = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
    deflater.end();
    return new Buffer().write(out, 0, length - MessageDeflater.TAIL_BYTES);
  }

  private static void frame(Buffer out, int first, Buffer payload) {
    header(out, first, payload.size()).write(payload, payload.size());
  }
}

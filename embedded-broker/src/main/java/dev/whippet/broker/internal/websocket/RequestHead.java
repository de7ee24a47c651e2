package dev.whippet.broker.internal.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects the head of one HTTP request, up to and with its empty line, and has Netty's codec read
 * it. What RFC 9112 lets a server refuse and what a codec might forgive is refused here, at the
 * byte where it shows: control characters, a line feed alone, a folded line, blanks in the request
 * line.
 */
final class RequestHead {
  private static final int BYTES_AT_FIRST = 512;

  private final int bytesMax;
  private final ByteBuf head;

  private int blanks;
  private int lineBytes;
  private boolean inRequestLine = true;
  private byte previous;

  RequestHead(int bytesMax) {
    this.bytesMax = bytesMax;
    // Unpooled heap memory: the collector takes it back when a connection ends halfway.
    this.head = Unpooled.buffer(Math.min(BYTES_AT_FIRST, bytesMax), bytesMax);
  }

  /** Takes bytes up to the end of the head; true when it is complete. */
  boolean collect(ByteBuf in) throws HandshakeRefusal {
    while (in.isReadable()) {
      byte b = in.readByte();
      if (head.readableBytes() == bytesMax) {
        throw new HandshakeRefusal(431, "The request's head is longer than 8 KiB.");
      }
      head.writeByte(b);
      if (accept(b)) {
        return true;
      }
    }
    return false;
  }

  private boolean accept(byte b) throws HandshakeRefusal {
    byte before = previous;
    previous = b;
    if ((b == '\n') != (before == '\r')) {
      throw new HandshakeRefusal(400, "Lines end with CR and LF together.");
    }
    if (b == '\n') {
      boolean empty = lineBytes == 0;
      inRequestLine = false;
      lineBytes = 0;
      return empty;
    }
    if (b == '\r') {
      return false;
    }
    if ((b >= 0 && b < ' ' && b != '\t') || b == 0x7f) {
      throw new HandshakeRefusal(400, "There is a control character in the request's head.");
    }
    boolean blank = b == ' ' || b == '\t';
    if (inRequestLine && (b < 0 || b == '\t' || (blank && ++blanks > 2))) {
      throw new HandshakeRefusal(400, "The request line is: method, target, version.");
    }
    if (blank && lineBytes == 0) {
      throw new HandshakeRefusal(400, "A header can't be folded into two lines.");
    }
    lineBytes++;
    return false;
  }

  /** The complete head, as it came; heap memory outside every pool. */
  ByteBuf bytes() {
    return head.duplicate();
  }

  /** The complete head, read. */
  HttpRequest decode() throws HandshakeRefusal {
    HttpRequest request = new Decoder(bytesMax).decode(head.duplicate());
    if (request.decoderResult().isFailure()) {
      throw new HandshakeRefusal(400, "The request's head is not HTTP/1.1.");
    }
    return request;
  }

  /** Netty's codec without a pipeline: its decode method needs no context. */
  private static final class Decoder extends HttpRequestDecoder {
    Decoder(int bytesMax) {
      super(
          new HttpDecoderConfig()
              .setMaxInitialLineLength(bytesMax)
              .setMaxHeaderSize(bytesMax)
              .setInitialBufferSize(BYTES_AT_FIRST)
              .setChunkedSupported(false)
              .setStrictLineParsing(true));
    }

    HttpRequest decode(ByteBuf head) throws HandshakeRefusal {
      List<Object> out = new ArrayList<>(2);
      try {
        decode(null, head, out);
      } catch (Exception e) {
        throw new HandshakeRefusal(400, "The request's head is not HTTP/1.1.");
      }
      if (out.isEmpty() || !(out.get(0) instanceof HttpRequest request)) {
        throw new HandshakeRefusal(400, "The request's head is not HTTP/1.1.");
      }
      return request;
    }
  }
}

package dev.whippet.internal.link;

import dev.whippet.internal.websocket.ClientHandshake;
import dev.whippet.internal.websocket.CloseCode;
import dev.whippet.internal.websocket.FrameReader;
import dev.whippet.internal.websocket.FrameWriter;
import dev.whippet.internal.websocket.Opcode;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.Map;
import okio.Buffer;
import okio.ByteString;

/**
 * What lies between the classic wire's bytes and the socket's: nothing (TCP), or WebSocket binary
 * messages, one per request; on input the boundaries mean nothing (iggy-classic.md 2). One object
 * per link; owned by the net thread.
 */
public abstract class Framing {
  Framing() {}

  /** For an endpoint, with more headers for the WebSocket handshake. */
  public static Framing of(Endpoint endpoint, Map<String, String> headers, SecureRandom random) {
    return endpoint.isWebSocket() ? new WebSocket(endpoint, headers, random) : new Plain();
  }

  /** The connection is there: queues what opens the conversation. */
  abstract void begin(Buffer out);

  /** Whether the conversation is open; consumes the handshake from {@code raw}. */
  abstract boolean handshake(Buffer raw) throws IOException;

  /** Moves a request into {@code out}. */
  abstract void encode(Buffer request, Buffer out);

  /**
   * Moves what arrived into {@code in}; may queue an answer of its own.
   *
   * @return why the peer ended the conversation; null if it goes on
   */
  abstract String decode(Buffer raw, Buffer in, Buffer out) throws IOException;

  /** Queues a goodbye. */
  abstract void end(Buffer out);

  private static final class Plain extends Framing {
    @Override
    void begin(Buffer out) {}

    @Override
    boolean handshake(Buffer raw) {
      return true;
    }

    @Override
    void encode(Buffer request, Buffer out) {
      out.write(request, request.size());
    }

    @Override
    String decode(Buffer raw, Buffer in, Buffer out) {
      in.write(raw, raw.size());
      return null;
    }

    @Override
    void end(Buffer out) {}
  }

  private static final class WebSocket extends Framing implements FrameReader.Handler {
    /** Pongs to a peer that pings and does not read are dropped above this. */
    private static final long PONG_BACKLOG_BYTES_MAX = 64 << 10;

    private final ClientHandshake handshake;
    private final FrameWriter writer;
    private final FrameReader reader = new FrameReader();
    private Buffer in;
    private Buffer out;
    private String closed;

    WebSocket(Endpoint endpoint, Map<String, String> headers, SecureRandom random) {
      handshake =
          new ClientHandshake(endpoint.host(), endpoint.port(), endpoint.path(), headers, random);
      writer = new FrameWriter(random);
    }

    @Override
    void begin(Buffer out) {
      handshake.writeRequest(out);
    }

    @Override
    boolean handshake(Buffer raw) throws IOException {
      return raw.size() > 0 && handshake.read(raw);
    }

    @Override
    void encode(Buffer request, Buffer out) {
      writer.binary(request, out);
    }

    @Override
    String decode(Buffer raw, Buffer in, Buffer out) throws IOException {
      this.in = in;
      this.out = out;
      reader.read(raw, this);
      return closed;
    }

    @Override
    void end(Buffer out) {
      writer.close(CloseCode.NORMAL, "", out);
    }

    @Override
    public void data(int opcode, Buffer chunk, boolean last) {
      if (opcode == Opcode.BINARY) {
        in.write(chunk, chunk.size());
      }
    }

    @Override
    public void ping(ByteString payload) {
      if (out.size() < PONG_BACKLOG_BYTES_MAX) {
        writer.pong(payload, out);
      }
    }

    @Override
    public void pong(ByteString payload) {}

    @Override
    public void close(int code, String reason) {
      closed =
          "the server closed the WebSocket, code " + code + (reason.isEmpty() ? "" : ", " + reason);
    }
  }
}

package dev.whippet.internal.link;

import dev.whippet.internal.websocket.ClientHandshake;
import dev.whippet.internal.websocket.ClientWebSocket;
import dev.whippet.internal.websocket.CloseCode;
import dev.whippet.internal.websocket.Opcode;
import dev.whippet.internal.websocket.WebSocketOptions;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.Collections;
import java.util.Map;
import okio.Buffer;

/**
 * What lies between the classic wire's bytes and the socket's: nothing (TCP), or WebSocket binary
 * messages, one per request; on input the boundaries mean nothing (iggy-classic.md 2). One object
 * per link; owned by the net thread.
 */
public abstract class Framing {
  private Framing() {}

  /**
   * For an endpoint.
   *
   * @param headers more headers for the WebSocket handshake
   * @param compression whether permessage-deflate is offered to a WebSocket's server
   */
  public static Framing of(
      Endpoint endpoint, Map<String, String> headers, boolean compression, SecureRandom random) {
    if (!endpoint.isWebSocket()) {
      return new Plain();
    }
    WebSocketOptions options =
        new WebSocketOptions(
            headers, Collections.<String>emptyList(), compression, WebSocketOptions.FRAGMENT_BYTES);
    return new WebSocket(endpoint, options, random, null);
  }

  /** Throws unless a caller may add this header to the WebSocket handshake. */
  public static void checkHeader(String name, String value) {
    ClientHandshake.checkHeader(name, value);
  }

  /** For a WebSocket that carries something else than requests. */
  public static Framing of(
      Endpoint endpoint,
      WebSocketOptions options,
      SecureRandom random,
      ClientWebSocket.Messages messages) {
    return new WebSocket(endpoint, options, random, messages);
  }

  /** The connection is there: queues what opens the conversation. */
  abstract void begin(Buffer out);

  /** Whether the conversation is open; consumes the handshake from {@code raw}. */
  abstract boolean handshake(Buffer raw) throws IOException;

  /** Takes over a message. */
  abstract void send(int opcode, Buffer message);

  /** Bytes of messages that {@link #next} has not moved. */
  abstract long queuedBytes();

  /** Moves the next piece of what was queued to {@code out}; false when nothing is. */
  abstract boolean next(Buffer out);

  /** True when much more may come out of {@link #decode} than goes in. */
  abstract boolean inflates();

  /**
   * Moves what arrived into {@code in}; may queue an answer of its own.
   *
   * @return why the peer ended the conversation; null if it goes on
   */
  abstract String decode(Buffer raw, Buffer in, Buffer out) throws IOException;

  /** Queues a goodbye; true when the peer answers it. */
  abstract boolean end(Buffer out);

  /** Gives memory back. */
  abstract void release();

  private static final class Plain extends Framing {
    private final Buffer queued = new Buffer();

    @Override
    void begin(Buffer out) {}

    @Override
    boolean handshake(Buffer raw) {
      return true;
    }

    @Override
    void send(int opcode, Buffer message) {
      queued.write(message, message.size());
    }

    @Override
    long queuedBytes() {
      return queued.size();
    }

    @Override
    boolean next(Buffer out) {
      boolean any = queued.size() > 0;
      out.write(queued, queued.size());
      return any;
    }

    @Override
    boolean inflates() {
      return false;
    }

    @Override
    String decode(Buffer raw, Buffer in, Buffer out) {
      in.write(raw, raw.size());
      return null;
    }

    @Override
    boolean end(Buffer out) {
      return false;
    }

    @Override
    void release() {
      queued.clear();
    }
  }

  private static final class WebSocket extends Framing implements ClientWebSocket.Messages {
    private final ClientWebSocket webSocket;
    private Buffer in;

    /** Binary messages are requests and replies if {@code messages} is null; text is nothing. */
    WebSocket(
        Endpoint endpoint,
        WebSocketOptions options,
        SecureRandom random,
        ClientWebSocket.Messages messages) {
      ClientHandshake handshake =
          new ClientHandshake(endpoint.host(), endpoint.port(), endpoint.path(), options, random);
      webSocket =
          new ClientWebSocket(handshake, options, random, messages == null ? this : messages);
    }

    @Override
    public void data(int opcode, Buffer chunk, boolean last) {
      if (opcode == Opcode.BINARY) {
        in.write(chunk, chunk.size());
      }
    }

    @Override
    void begin(Buffer out) {
      webSocket.begin(out);
    }

    @Override
    boolean handshake(Buffer raw) throws IOException {
      return webSocket.handshake(raw);
    }

    @Override
    void send(int opcode, Buffer message) {
      webSocket.send(opcode, message);
    }

    @Override
    long queuedBytes() {
      return webSocket.queuedBytes();
    }

    @Override
    boolean next(Buffer out) {
      return webSocket.next(out);
    }

    @Override
    boolean inflates() {
      return webSocket.inflates();
    }

    @Override
    String decode(Buffer raw, Buffer in, Buffer out) throws IOException {
      this.in = in;
      return webSocket.receive(raw, out);
    }

    @Override
    boolean end(Buffer out) {
      webSocket.close(CloseCode.NORMAL, "", out);
      return true;
    }

    @Override
    void release() {
      webSocket.release();
    }
  }
}

package dev.whippet.broker.internal.net;

import dev.whippet.internal.websocket.ClientHandshake;
import dev.whippet.internal.websocket.FrameReader;
import dev.whippet.internal.websocket.FrameWriter;
import dev.whippet.internal.wire.Reply;
import dev.whippet.internal.wire.ReplyReader;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import okio.Buffer;
import okio.ByteString;

/** A blocking client of the wire for tests: TCP, or WebSocket over it. */
final class WireClient implements Closeable {
  enum Wire {
    TCP,
    WEBSOCKET
  }

  private static final int TIMEOUT_MILLIS = 170_000;

  final Socket socket = new Socket();
  private final FrameWriter writer = new FrameWriter(new SecureRandom());
  private final FrameReader frames = new FrameReader();
  private final ReplyReader replies = new ReplyReader(128L << 20);
  private final boolean webSocket;
  private final Buffer received = new Buffer();
  private final Buffer stream = new Buffer();
  private final Buffer answers = new Buffer();
  private final Deque<Buffer> messages = new ArrayDeque<>();
  private Buffer message = new Buffer();

  /** Code of the Close frame that came, or 0. */
  int closeCode;

  /** Payload of the last Pong that came. */
  String pong;

  /** Pings that came, and how they are answered: not, rightly, or with a payload of our own. */
  int pings;

  Answer answer = Answer.NONE;

  enum Answer {
    NONE,
    RIGHT,
    WRONG
  }

  WireClient(InetSocketAddress address, Wire wire) throws IOException {
    this(address, wire, 0);
  }

  WireClient(InetSocketAddress address, Wire wire, int receiveBytes) throws IOException {
    webSocket = wire == Wire.WEBSOCKET;
    if (receiveBytes > 0) {
      socket.setReceiveBufferSize(receiveBytes);
    }
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.connect(address, TIMEOUT_MILLIS);
    if (webSocket) {
      ClientHandshake handshake =
          new ClientHandshake("localhost", address.getPort(), "/", Map.of(), new SecureRandom());
      Buffer request = new Buffer();
      handshake.writeRequest(request);
      sendRaw(request);
      while (!handshake.read(received)) {
        if (!fill()) {
          throw new IOException("closed during the handshake");
        }
      }
    }
  }

  /** The bytes as they go to the socket: masked frames, or themselves. */
  Buffer framed(Buffer requests) {
    Buffer out = new Buffer();
    if (webSocket) {
      writer.binary(requests, out);
    } else {
      out.write(requests, requests.size());
    }
    return out;
  }

  void send(Buffer requests) throws IOException {
    sendRaw(framed(requests));
  }

  void sendRaw(Buffer bytes) throws IOException {
    bytes.copyTo(socket.getOutputStream());
    bytes.clear();
  }

  void sendPing(String payload) throws IOException {
    Buffer out = new Buffer();
    writer.ping(ByteString.encodeUtf8(payload), out);
    sendRaw(out);
  }

  void sendClose(int code, String reason) throws IOException {
    Buffer out = new Buffer();
    writer.close(code, reason, out);
    sendRaw(out);
  }

  /** The next reply, or {@code null} when the broker has closed. */
  Reply reply() throws IOException {
    while (true) {
      Reply reply = replies.next(stream);
      if (reply != null) {
        return reply;
      }
      if (received.exhausted() && !fill()) {
        return null;
      }
      unframe();
    }
  }

  int status() throws IOException {
    Reply reply = reply();
    if (reply == null) {
      throw new IOException("closed instead of a reply");
    }
    return reply.status();
  }

  /** Reads to the end and returns what came that was no complete reply. */
  Buffer rest() throws IOException {
    while (fill()) {
      unframe();
    }
    unframe();
    return stream;
  }

  /** Binary messages as they came, not yet taken by {@link #reply}. */
  Deque<Buffer> messages() throws IOException {
    unframe();
    return messages;
  }

  /** Reads what is there, at least one byte; false at the end. */
  boolean readOnce() throws IOException {
    boolean more = fill();
    unframe();
    return more;
  }

  private void unframe() throws IOException {
    if (!webSocket) {
      stream.write(received, received.size());
      return;
    }
    frames.read(
        received,
        new FrameReader.Handler() {
          @Override
          public void data(int opcode, Buffer chunk, boolean last) {
            chunk.copyTo(stream, 0, chunk.size());
            message.write(chunk, chunk.size());
            if (last) {
              messages.add(message);
              message = new Buffer();
            }
          }

          @Override
          public void ping(ByteString payload) {
            pings++;
            if (answer == Answer.RIGHT) {
              writer.pong(payload, answers);
            } else if (answer == Answer.WRONG) {
              writer.pong(ByteString.encodeUtf8("wrong 8b"), answers);
            }
          }

          @Override
          public void pong(ByteString payload) {
            pong = payload.utf8();
          }

          @Override
          public void close(int code, String reason) {
            closeCode = code;
          }
        });
    if (answers.size() > 0) {
      sendRaw(answers);
    }
  }

  private boolean fill() throws IOException {
    byte[] bytes = new byte[64 << 10];
    int count = socket.getInputStream().read(bytes);
    if (count > 0) {
      received.write(bytes, 0, count);
    }
    return count >= 0;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

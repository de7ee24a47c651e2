package dev.whippet.conformance.wire;

import dev.whippet.conformance.wire.RawSocket.Filled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * A small raw WebSocket client that may also misbehave. Payloads of binary messages gather as one
 * byte stream; every other frame waits in a queue. One thread.
 */
public final class WsConnection implements WireConnection {
  private static final String ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int HANDSHAKE_TIMEOUT_MILLIS = 10_000;
  private static final int HANDSHAKE_BYTES_MAX = 16 * 1024;

  /** What the server answered to a handshake: status and lower-case header lines. */
  public record Handshake(int status, List<String> headerLines, boolean acceptKeyRight) {}

  private final RawSocket socket;
  private final Deque<WsFrame> others = new ArrayDeque<>();
  private byte[] stream = new byte[0];
  private byte[] lastPong;
  private Handshake handshake;

  private WsConnection(InetSocketAddress address) throws IOException {
    socket = new RawSocket(address);
  }

  /** Connects and insists on a correct upgrade. */
  public static WsConnection open(InetSocketAddress address) throws IOException {
    WsConnection connection = handshake(address, "/", List.of());
    if (connection.handshake.status != 101 || !connection.handshake.acceptKeyRight) {
      connection.close();
      throw new IOException("no WebSocket at " + address + ": " + connection.handshake);
    }
    return connection;
  }

  /** Connects with this request target and these extra header lines; any answer is kept. */
  public static WsConnection handshake(
      InetSocketAddress address, String target, List<String> extraHeaders) throws IOException {
    WsConnection connection = new WsConnection(address);
    byte[] nonce = new byte[16];
    ThreadLocalRandom.current().nextBytes(nonce);
    String key = Base64.getEncoder().encodeToString(nonce);
    StringBuilder request = new StringBuilder("GET " + target + " HTTP/1.1\r\n");
    request.append("Host: ").append(address.getHostString()).append(':').append(address.getPort());
    request.append(
        "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
    request.append("Sec-WebSocket-Key: ").append(key).append("\r\n");
    extraHeaders.forEach(header -> request.append(header).append("\r\n"));
    connection.socket.write(
        request.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    connection.handshake = connection.readHandshake(key);
    return connection;
  }

  public Handshake handshake() {
    return handshake;
  }

  @Override
  public boolean send(byte[] bytes) {
    return sendFrames(List.of(WsFrame.of(WsFrame.BINARY, bytes)));
  }

  /** Writes these frames as they are, in one write. */
  public boolean sendFrames(List<WsFrame> frames) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    frames.forEach(frame -> out.writeBytes(frame.encode()));
    return socket.write(out.toByteArray());
  }

  @Override
  public Answer receive(long timeoutMillis) {
    long deadline = deadline(timeoutMillis);
    while (true) {
      if (stream.length >= 8) {
        ByteBuffer header = ByteBuffer.wrap(stream).order(ByteOrder.LITTLE_ENDIAN);
        int status = header.getInt();
        int end = 8 + header.getInt();
        if (stream.length >= end) {
          byte[] payload = Arrays.copyOfRange(stream, 8, end);
          stream = Arrays.copyOfRange(stream, end, stream.length);
          return Answer.response(status, payload);
        }
      }
      Filled filled = pump(deadline);
      if (filled != Filled.MORE) {
        return filled == Filled.END ? Answer.CLOSED : Answer.NONE;
      }
    }
  }

  /** The next frame that is not binary; a repeated Pong is passed over; null when none comes. */
  public WsFrame receiveOther(long timeoutMillis) {
    long deadline = deadline(timeoutMillis);
    while (true) {
      for (WsFrame frame = others.poll(); frame != null; frame = others.poll()) {
        if (!repeatsPong(frame)) {
          lastPong = frame.opcode() == WsFrame.PONG ? frame.payload() : null;
          return frame;
        }
      }
      if (pump(deadline) != Filled.MORE) {
        return null;
      }
    }
  }

  @Override
  public boolean silentFor(long millis) {
    long deadline = deadline(millis);
    Filled filled = Filled.MORE;
    while (filled == Filled.MORE) {
      others.removeIf(this::repeatsPong);
      if (stream.length > 0 || !others.isEmpty()) {
        return false;
      }
      filled = pump(deadline);
    }
    return filled == Filled.TIMEOUT;
  }

  @Override
  public boolean closedWithin(long millis) {
    long deadline = deadline(millis);
    Filled filled = Filled.MORE;
    while (filled == Filled.MORE && stream.length == 0) {
      filled = pump(deadline);
    }
    return filled == Filled.END && stream.length == 0;
  }

  @Override
  public int localPort() {
    return socket.localPort();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private boolean repeatsPong(WsFrame frame) {
    return frame.opcode() == WsFrame.PONG && Arrays.equals(frame.payload(), lastPong);
  }

  /** Takes the frames that are there, otherwise waits for more bytes once. */
  private Filled pump(long deadline) {
    if (takeFrame()) {
      return Filled.MORE;
    }
    Filled filled = socket.fill(deadline);
    if (filled == Filled.MORE) {
      takeFrame();
    }
    return filled;
  }

  private boolean takeFrame() {
    if (socket.available() < 2) {
      return false;
    }
    int lengthBits = socket.at(1) & 0x7F;
    int headerBytes = lengthBits == 126 ? 4 : lengthBits == 127 ? 10 : 2;
    if (socket.available() < headerBytes) {
      return false;
    }
    long length = lengthBits;
    if (lengthBits >= 126) {
      length = 0;
      for (int i = 2; i < headerBytes; i++) {
        length = length << 8 | socket.at(i);
      }
    }
    if (socket.available() < headerBytes + length) {
      return false;
    }
    int first = socket.at(0);
    boolean masked = (socket.at(1) & 0x80) != 0;
    socket.skip(headerBytes);
    accept(
        new WsFrame(
            first & 0x0F, socket.take((int) length), first >= 0x80, first >> 4 & 7, masked, -1));
    return true;
  }

  private void accept(WsFrame frame) {
    if (frame.masked() || frame.rsv() != 0) {
      throw new AssertionError("a server frame is masked or has reserved bits: " + frame);
    }
    if (frame.opcode() == WsFrame.BINARY || frame.opcode() == WsFrame.CONTINUATION) {
      byte[] joined = Arrays.copyOf(stream, stream.length + frame.payload().length);
      System.arraycopy(frame.payload(), 0, joined, stream.length, frame.payload().length);
      stream = joined;
    } else {
      others.add(frame);
    }
  }

  private Handshake readHandshake(String key) throws IOException {
    long deadline = deadline(HANDSHAKE_TIMEOUT_MILLIS);
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      if (socket.available() == 0 && socket.fill(deadline) != Filled.MORE
          || head.length() > HANDSHAKE_BYTES_MAX) {
        throw new IOException("handshake not answered: " + head);
      }
      head.append((char) socket.at(0));
      socket.skip(1);
    }
    List<String> lines = head.toString().trim().lines().map(WsConnection::lowerCaseName).toList();
    String accept = "sec-websocket-accept: " + acceptKey(key);
    int status = Integer.parseInt(lines.get(0).split(" ")[1]);
    return new Handshake(status, lines.subList(1, lines.size()), lines.contains(accept));
  }

  private static String lowerCaseName(String line) {
    int colon = line.indexOf(':');
    return colon < 0
        ? line
        : line.substring(0, colon).toLowerCase(Locale.ROOT)
            + ": "
            + line.substring(colon + 1).trim();
  }

  private static String acceptKey(String key) {
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      byte[] digest = sha1.digest((key + ACCEPT_SUFFIX).getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static long deadline(long millis) {
    return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
  }
}

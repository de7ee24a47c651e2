package dev.whippet.testkit;

import dev.whippet.internal.websocket.AcceptKey;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import okio.Buffer;

/**
 * One end of a WebSocket on a real loopback socket that says whatever a test tells it, right or
 * wrong, byte by byte if it must. Both roles; blocking, for the test's own thread.
 *
 * <pre>
 * try (WebSocketPeer.Listener listener = WebSocketPeer.listen()) {    // as a server
 *   ... connect the client under test to listener.url() ...
 *   WebSocketPeer peer = listener.accept();
 *   peer.answer();                                            // or peer.write("HTTP/1.1 ...")
 *   peer.send(peer.bytes().frame(0x89, "are you there?"));
 *   assertThat(peer.next().toString()).isEqualTo("pong are you there?");
 *   peer.send(peer.bytes().frame(0x83, ""));                          // no such opcode
 *   assertThat(peer.next().closeCode()).isEqualTo(1002);
 * }
 * try (WebSocketPeer peer = WebSocketPeer.connect(port)) {            // as a client
 *   peer.shake("/path");
 *   peer.send(peer.bytes().header(0x82, true, 8, Long.MAX_VALUE));
 *   assertThat(peer.next().closeCode()).isEqualTo(1009);
 *   assertThat(peer.next()).isNull();                                 // the end of the connection
 * }
 * </pre>
 *
 * <p>Frames are made with {@link WebSocketBytes}, compressed payloads with {@link Deflated}. What
 * the other end says is read strictly as far as its lengths go and shown as it is. Waits for {@link
 * #TIMEOUT_MILLIS} at most.
 */
public final class WebSocketPeer implements Closeable {
  /** For whatever is waited for. */
  public static final int TIMEOUT_MILLIS = 170_000;

  /** The longest frame that is read, and the longest head. */
  private static final int READ_BYTES_MAX = 64 << 20;

  private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

  private final Socket socket;
  private final DataInputStream in;
  private final boolean client;
  private String head = "";

  private WebSocketPeer(Socket socket, boolean client) throws IOException {
    this.socket = socket;
    this.client = client;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    this.in = new DataInputStream(socket.getInputStream());
  }

  /** A frame that came. */
  public static final class Frame {
    /** FIN, reserved bits, opcode. */
    public final int first;

    public final boolean masked;
    public final byte[] payload;

    Frame(int first, boolean masked, byte[] payload) {
      this.first = first;
      this.masked = masked;
      this.payload = payload;
    }

    /** The code of a Close frame; 1005 of an empty one, -1 of another frame. */
    public int closeCode() {
      if ((first & 0x0f) != WebSocketBytes.CLOSE) {
        return -1;
      }
      return payload.length < 2 ? 1005 : (payload[0] & 0xff) << 8 | (payload[1] & 0xff);
    }

    /** Kind and payload as text: {@code text Hello}, {@code close 1000 bye}; or its first byte. */
    @Override
    public String toString() {
      String text = new String(payload, StandardCharsets.UTF_8);
      switch (first) {
        case 0x81:
          return ("text " + text).trim();
        case 0x82:
          return ("binary " + text).trim();
        case 0x88:
          String reason = payload.length < 2 ? "" : text.substring(2);
          return ("close " + closeCode() + " " + reason).trim();
        case 0x89:
          return ("ping " + text).trim();
        case 0x8a:
          return ("pong " + text).trim();
        default:
          return (String.format("%02x ", first) + text).trim();
      }
    }
  }

  /** Where clients connect. */
  public static final class Listener implements Closeable {
    private final ServerSocket listening;

    private Listener() throws IOException {
      listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      listening.setSoTimeout(TIMEOUT_MILLIS);
    }

    /** {@code ws://127.0.0.1:port/}. */
    public String url() {
      return "ws://127.0.0.1:" + port() + "/";
    }

    public int port() {
      return listening.getLocalPort();
    }

    /** The next client; its request is not read yet. */
    public WebSocketPeer accept() throws IOException {
      return new WebSocketPeer(listening.accept(), false);
    }

    @Override
    public void close() throws IOException {
      listening.close();
    }
  }

  /** A server on a free port. */
  public static Listener listen() throws IOException {
    return new Listener();
  }

  /** A client, connected; nothing is said yet. */
  public static WebSocketPeer connect(int port) throws IOException {
    return connect(port, 0);
  }

  /**
   * A client that takes little before it is read.
   *
   * @param receiveBytes of its socket; 0 for the system's default
   */
  public static WebSocketPeer connect(int port, int receiveBytes) throws IOException {
    Socket socket = new Socket();
    if (receiveBytes > 0) {
      socket.setReceiveBufferSize(receiveBytes);
    }
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
    return new WebSocketPeer(socket, true);
  }

  // --- the handshake ----------------------------------------------------------------------------

  /** As a server: reads the request and answers it with 101 and these further header lines. */
  public void answer(String... lines) throws IOException {
    String request = readHead();
    int at = request.indexOf("Sec-WebSocket-Key: ") + 19;
    String answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: "
            + AcceptKey.of(request.substring(at, request.indexOf("\r\n", at)))
            + "\r\n";
    write(answer + joined(lines) + "\r\n");
  }

  /** As a client: a good request with these further header lines; reads the answer's head. */
  public String shake(String path, String... lines) throws IOException {
    write(
        "GET "
            + path
            + " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
            + KEY
            + "\r\n"
            + joined(lines)
            + "\r\n");
    return readHead();
  }

  private static String joined(String... lines) {
    StringBuilder joined = new StringBuilder();
    for (String line : lines) {
      joined.append(line).append("\r\n");
    }
    return joined.toString();
  }

  /** Reads a request or an answer up to and with its empty line. */
  public String readHead() throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.indexOf("\r\n\r\n") < 0) {
      text.append((char) (in.readByte() & 0xff));
      if (text.length() > READ_BYTES_MAX) {
        throw new IOException("a head without an end");
      }
    }
    head = text.toString();
    return head;
  }

  /** The head that was read last. */
  public String head() {
    return head;
  }

  // --- what is said -----------------------------------------------------------------------------

  /** Frames of this role: a client's are masked. */
  public WebSocketBytes bytes() {
    return new WebSocketBytes(client);
  }

  public void send(WebSocketBytes frames) throws IOException {
    write(frames.bytes());
  }

  /** Each byte in a packet of its own. */
  public void sendByteByByte(WebSocketBytes frames) throws IOException {
    for (byte b : frames.bytes()) {
      write(new byte[] {b});
    }
  }

  /** ASCII as it is. */
  public void write(String text) throws IOException {
    write(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** Bytes as they are. */
  public void write(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /** Ends what this side says; goes on to read. */
  public void halfClose() throws IOException {
    socket.shutdownOutput();
  }

  /** Ends the connection by a reset. */
  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  // --- what is heard ----------------------------------------------------------------------------

  /** The next frame; null when the connection has ended. */
  public Frame next() throws IOException {
    try {
      int first = in.readUnsignedByte();
      int second = in.readUnsignedByte();
      long length = second & 0x7f;
      length = length == 126 ? in.readUnsignedShort() : length == 127 ? in.readLong() : length;
      if (length < 0 || length > READ_BYTES_MAX) {
        throw new IOException("a frame of " + length + " bytes");
      }
      byte[] mask = new byte[(second & 0x80) == 0 ? 0 : 4];
      in.readFully(mask);
      byte[] payload = new byte[(int) length];
      in.readFully(payload);
      for (int i = 0; i < payload.length && mask.length > 0; i++) {
        payload[i] ^= mask[i & 3];
      }
      return new Frame(first, mask.length > 0, payload);
    } catch (EOFException | SocketException e) {
      return null; // the end, or a reset
    }
  }

  /** The next message's payload, its fragments joined; control frames between them are dropped. */
  public Buffer nextMessage() throws IOException {
    Buffer message = new Buffer();
    while (true) {
      Frame frame = next();
      if (frame == null) {
        throw new EOFException("the connection ended inside a message");
      }
      if ((frame.first & 0x08) == 0) {
        message.write(frame.payload);
        if ((frame.first & WebSocketBytes.LAST) != 0) {
          return message;
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

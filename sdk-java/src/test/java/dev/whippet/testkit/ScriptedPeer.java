package dev.whippet.testkit;

import dev.whippet.internal.websocket.AcceptKey;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLServerSocketFactory;
import okio.Buffer;

/**
 * A server of the classic wire on a real loopback socket, TCP and WebSocket on one port, that does
 * what a test tells it: answer, cut, stall, refuse; as a stock server (status 3 on hello) or as a
 * Whippet broker that follows whippet-extension.md 3.2.
 *
 * <pre>
 * try (ScriptedPeer peer = ScriptedPeer.whippet().topic("s/t", 1)) {
 *   peer.script((request, code) -&gt; request == 5 ? Twist.CUT_AFTER : Twist.NONE);
 *   ... connect a client to peer.url() with user "user", password "secret" ...
 *   peer.stored("s/t", 0)
 * }
 * </pre>
 *
 * <p>Requests are counted from 0 over all connections. A thread for each connection.
 */
public final class ScriptedPeer implements Closeable {
  /** What may happen to one request. */
  public enum Twist {
    NONE,
    /** The connection is reset; the request was not done. */
    CUT_BEFORE,
    /** The request is done, the connection is reset instead of an answer. */
    CUT_AFTER,
    /** The request is done, half of the answer is sent. */
    CUT_INSIDE_REPLY,
    /** The request is not done and nothing is read or written any more. */
    STALL,
    /** The request is done, nothing is read or written any more. */
    STALL_AFTER
  }

  /** Decides about a request. */
  public interface Script {
    Twist twist(int request, int code);
  }

  /** A message as the peer holds it; the sequence is 0 when it came by send_messages. */
  public static final class Stored {
    public final long sequence;
    public final String id;
    public final long originMicros;
    public final byte[] payload;
    public final byte[] headers;

    Stored(long sequence, String id, long originMicros, byte[] payload, byte[] headers) {
      this.sequence = sequence;
      this.id = id;
      this.originMicros = originMicros;
      this.payload = payload;
      this.headers = headers;
    }

    /** The payload as text. */
    public String text() {
      return new Buffer().write(payload).readUtf8();
    }
  }

  private final PeerModel model;
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicInteger connections = new AtomicInteger();
  private final Map<Integer, AtomicInteger> codes = new ConcurrentHashMap<>();
  private final Map<Integer, Integer> refusals = new ConcurrentHashMap<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final int port;
  private volatile Script script = (request, code) -> Twist.NONE;
  private volatile ServerSocket listener;

  private final ServerSocketFactory sockets;
  private final String tcp;
  private final String ws;

  private ScriptedPeer(boolean whippet, ServerSocketFactory sockets, boolean secure)
      throws IOException {
    this.model = new PeerModel(whippet);
    this.sockets = sockets;
    this.tcp = secure ? "tls://localhost:" : "tcp://127.0.0.1:";
    this.ws = secure ? "wss://localhost:" : "ws://127.0.0.1:";
    this.listener = sockets.createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    port = listener.getLocalPort();
    accept(listener);
  }

  /** A broker that knows the extension. */
  public static ScriptedPeer whippet() throws IOException {
    return new ScriptedPeer(true, ServerSocketFactory.getDefault(), false);
  }

  /** As {@link #whippet}, with TLS; its URLs say "localhost". */
  public static ScriptedPeer secured(SSLServerSocketFactory sockets) throws IOException {
    return new ScriptedPeer(true, sockets, true);
  }

  /** A server that does not. */
  public static ScriptedPeer stock() throws IOException {
    return new ScriptedPeer(false, ServerSocketFactory.getDefault(), false);
  }

  // --- what a test sets -------------------------------------------------------------------------

  /** Makes a topic, "stream/topic". */
  public ScriptedPeer topic(String name, int partitions) {
    model.topic(name, partitions);
    return this;
  }

  public void addPartitions(String name, int count) {
    model.addPartitions(name, count);
  }

  /** With everything in it, and what is known of its producers. */
  public void deleteTopic(String name) {
    model.deleteTopic(name);
  }

  public void script(Script script) {
    this.script = script;
  }

  /** Answers a command with a status; 0 ends that. */
  public void refuse(int code, int status) {
    if (status == 0) {
      refusals.remove(code);
    } else {
      refusals.put(code, status);
    }
  }

  public void password(String password) {
    model.password = password;
  }

  /** Hellos with a lower epoch are fenced. */
  public void fenceBelow(int epoch) {
    model.epochMin = epoch;
  }

  public void publishesInFlightMax(int count) {
    model.publishesMax = count;
  }

  /** Becomes another broker, by name only. */
  public void brokerId(int id) {
    model.brokerId = new byte[16];
    model.brokerId[0] = (byte) id;
  }

  /** Evicts all producers. */
  public void forgetProducers() {
    model.forgetProducers();
  }

  /** Sets the highest sequence of all known producers. */
  public void highestSequence(long sequence) {
    model.setHighest(sequence);
  }

  /** Stops listening and cuts every connection. */
  public void down() throws IOException {
    listener.close();
    cut();
  }

  /** Listens again on the same port. */
  public void up() throws IOException {
    ServerSocket again = sockets.createServerSocket();
    again.setReuseAddress(true);
    again.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    listener = again;
    accept(again);
  }

  /** Cuts every connection. */
  public void cut() throws IOException {
    for (Socket socket : open) {
      socket.close();
    }
  }

  // --- what a test asks -------------------------------------------------------------------------

  public String tcpUrl() {
    return tcp + port;
  }

  public String wsUrl() {
    return ws + port + "/edge";
  }

  public List<Stored> stored(String topic, int partition) {
    return model.log(topic, partition);
  }

  /** Payloads of a partition as text. */
  public List<String> texts(String topic, int partition) {
    List<String> texts = new ArrayList<>();
    for (Stored stored : stored(topic, partition)) {
      texts.add(stored.text());
    }
    return texts;
  }

  /** The stored offset of "consumer@stream/topic#partition"; null if there is none. */
  public Long offset(String key) {
    return model.offset(key);
  }

  /** Where it listens. */
  public int port() {
    return port;
  }

  public int connections() {
    return connections.get();
  }

  public int openConnections() {
    return open.size();
  }

  /** All requests so far. */
  public int requests() {
    return requests.get();
  }

  /** Requests of one command so far. */
  public int requests(int code) {
    AtomicInteger count = codes.get(code);
    return count == null ? 0 : count.get();
  }

  // --- sockets ----------------------------------------------------------------------------------

  private void accept(ServerSocket from) {
    thread(
        () -> {
          while (!from.isClosed()) {
            try {
              Socket socket = from.accept();
              open.add(socket);
              connections.incrementAndGet();
              thread(() -> serve(socket));
            } catch (IOException e) {
              return; // The listener was closed.
            }
          }
        });
  }

  private static void thread(Runnable work) {
    Thread thread = new Thread(work, "scripted-peer");
    thread.setDaemon(true);
    thread.start();
  }

  private void serve(Socket socket) {
    try (Socket closing = socket) {
      closing.setTcpNoDelay(true);
      Wire wire = Wire.open(closing);
      PeerModel.Login login = new PeerModel.Login();
      while (request(wire, login)) {
        // One request after the other.
      }
      closing.setSoLinger(true, 0);
    } catch (IOException e) {
      // The client went away, or a test cut the connection.
      open.remove(socket);
    } finally {
      open.remove(socket);
    }
  }

  private boolean request(Wire wire, PeerModel.Login login) throws IOException {
    Buffer header = wire.read(8);
    int length = header.readIntLe();
    int code = header.readIntLe();
    Buffer payload = wire.read(length - 4);
    codes.computeIfAbsent(code, ignored -> new AtomicInteger()).incrementAndGet();
    Twist twist = script.twist(requests.getAndIncrement(), code);
    if (twist == Twist.CUT_BEFORE) {
      return false;
    }
    Buffer answer = new Buffer();
    Integer refusal = refusals.get(code);
    if (refusal != null) {
      answer.writeIntLe(refusal).writeIntLe(0);
    } else if (twist != Twist.STALL) {
      model.answer(code, payload, login, answer);
    }
    switch (twist) {
      case STALL:
      case STALL_AFTER:
        wire.hang();
        return false;
      case CUT_AFTER:
        return false;
      case CUT_INSIDE_REPLY:
        Buffer half = new Buffer();
        half.write(answer, answer.size() / 2);
        wire.write(half);
        return false;
      default:
        wire.write(answer);
        return true;
    }
  }

  @Override
  public void close() throws IOException {
    down();
  }

  /** The classic wire's bytes over a socket, with or without WebSocket frames. */
  private static final class Wire {
    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;
    private final boolean webSocket;
    private final Buffer received = new Buffer();

    private Wire(Socket socket, DataInputStream in, boolean webSocket) throws IOException {
      this.socket = socket;
      this.in = in;
      this.out = socket.getOutputStream();
      this.webSocket = webSocket;
    }

    static Wire open(Socket socket) throws IOException {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      byte[] first = new byte[4];
      in.readFully(first);
      boolean webSocket = first[0] == 'G' && first[1] == 'E';
      Wire wire = new Wire(socket, in, webSocket);
      if (webSocket) {
        wire.shake();
      } else {
        wire.received.write(first);
      }
      return wire;
    }

    private void shake() throws IOException {
      StringBuilder head = new StringBuilder("GET ");
      while (head.indexOf("\r\n\r\n") < 0) {
        head.append((char) in.readByte());
      }
      int at = head.indexOf("Sec-WebSocket-Key: ") + 19;
      String key = head.substring(at, head.indexOf("\r\n", at));
      String answer =
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + "Sec-WebSocket-Accept: "
              + AcceptKey.of(key)
              + "\r\n\r\n";
      out.write(new Buffer().writeUtf8(answer).readByteArray());
    }

    Buffer read(int count) throws IOException {
      while (received.size() < count) {
        if (webSocket) {
          frame();
        } else {
          byte[] chunk = new byte[(int) (count - received.size())];
          in.readFully(chunk);
          received.write(chunk);
        }
      }
      Buffer read = new Buffer();
      read.write(received, count);
      return read;
    }

    private void frame() throws IOException {
      int opcode = in.readByte() & 0x0f;
      long length = in.readByte() & 0x7f;
      if (length == 126) {
        length = in.readUnsignedShort();
      } else if (length == 127) {
        length = in.readLong();
      }
      byte[] mask = new byte[4];
      in.readFully(mask);
      byte[] payload = new byte[(int) length];
      in.readFully(payload);
      for (int i = 0; i < payload.length; i++) {
        payload[i] ^= mask[i & 3];
      }
      if (opcode == 8) {
        throw new IOException("closed by the client");
      }
      if (opcode <= 2) {
        received.write(payload);
      }
    }

    void write(Buffer answer) throws IOException {
      Buffer framed = new Buffer();
      if (webSocket) {
        framed.writeByte(0x82);
        if (answer.size() < 126) {
          framed.writeByte((int) answer.size());
        } else if (answer.size() < 1 << 16) {
          framed.writeByte(126).writeShort((int) answer.size());
        } else {
          framed.writeByte(127).writeLong(answer.size());
        }
      }
      framed.write(answer, answer.size());
      out.write(framed.readByteArray());
      out.flush();
    }

    /** Neither reads nor writes until the client or the test closes the socket. */
    void hang() throws IOException {
      InputStream raw = socket.getInputStream();
      while (!socket.isClosed() && raw.read() >= 0) {
        // What a stalled link swallows in its buffers.
      }
    }
  }
}

package dev.whippet.broker.internal.bench.client;

import dev.whippet.internal.websocket.ClientHandshake;
import dev.whippet.internal.websocket.FrameWriter;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.Status;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.security.SecureRandom;
import java.util.Map;
import okio.Buffer;
import okio.ByteString;

/**
 * One blocking connection of the load side, logged in, over TCP or WebSocket.
 *
 * <pre>
 * send(frame)   writes a prepared request
 * receive()     waits for one reply: keeps its head, reads the rest into a buffer that is reused
 * </pre>
 *
 * <p>Used by one thread; {@link #close} may come from any thread and ends a read or write under
 * way. Opening is bounded by {@link #OPEN_MILLIS_MAX}; afterwards the caller watches the clock.
 */
public final class BenchConnection implements Closeable {

  /** Longest wait for each answer while connecting, upgrading and logging in. */
  public static final int OPEN_MILLIS_MAX = 10_000;

  /** A receive buffer that suits polls of megabytes. */
  public static final int BULK_BYTES = 512 << 10;

  /** A receive buffer for thousands of quiet clients. */
  public static final int SMALL_BYTES = 2 << 10;

  /** Longer answers to a login are no classic server's. */
  private static final int LOGIN_REPLY_BYTES_MAX = 1024;

  private final Target target;
  private final SocketChannel channel;
  private final FrameWriter writer;
  private final ByteBuffer in;
  private final ReplyHead head = new ReplyHead();
  private long frameRemaining;
  private boolean opening = true;

  private BenchConnection(Target target, int receiveBytes) throws IOException {
    this.target = target;
    this.channel = SocketChannel.open();
    this.writer = target.webSocket() ? new FrameWriter(new SecureRandom()) : null;
    this.in = ByteBuffer.allocateDirect(receiveBytes).limit(0);
  }

  /** Connects, upgrades when the target wants it, and logs in. */
  public static BenchConnection open(Target target, int receiveBytes) throws BenchException {
    BenchConnection connection = begin(target, receiveBytes);
    connection.complete();
    return connection;
  }

  /** As {@link #open}, but does not wait for the answer to its login: {@link #complete} does. */
  public static BenchConnection begin(Target target, int receiveBytes) throws BenchException {
    BenchConnection connection = null;
    try {
      connection = new BenchConnection(target, receiveBytes);
      connection.connect();
      Buffer login = new Buffer();
      Requests.login(login, target.user(), target.password(), "bench", null);
      connection.send(login);
      return connection;
    } catch (IOException | UnresolvedAddressException e) {
      close(connection);
      throw new BenchException(target.url() + ": " + reason(e), e);
    }
  }

  /** Waits for the answer to the login; closed when it is a refusal. */
  public void complete() throws BenchException {
    try {
      loggedIn();
      opening = false;
    } catch (IOException e) {
      close();
      throw new BenchException(target.url() + ": " + reason(e), e);
    } catch (BenchException e) {
      close();
      throw e;
    }
  }

  /** Makes a request ready to be sent any number of times over this connection. */
  public Frame prepare(Buffer classicRequest) {
    return Frame.of(classicRequest, writer);
  }

  /** Writes a request. */
  public void send(Frame frame) throws IOException {
    write(frame.bytes());
  }

  /** Writes a request that is used once. */
  public void send(Buffer classicRequest) throws IOException {
    Buffer out = classicRequest;
    if (writer != null) {
      out = new Buffer();
      writer.binary(classicRequest, out);
    }
    write(ByteBuffer.wrap(out.readByteArray()));
  }

  /** Waits for the next reply. The answer is valid until the next call. */
  public ReplyHead receive() throws IOException {
    readHeader();
    long remaining = head.length & 0xFFFFFFFFL;
    head.bytes.clear();
    while (remaining > 0) {
      int count = (int) Math.min(available(), remaining);
      int kept = Math.min(count, head.bytes.remaining());
      if (kept > 0) {
        head.bytes.put(in.slice(in.position(), kept));
      }
      consume(count);
      remaining -= count;
    }
    return head;
  }

  /** One request and the payload of its reply, whole: for set-up and checks, not for load. */
  public Buffer ask(Buffer classicRequest, String what) throws BenchException {
    try {
      send(classicRequest);
      readHeader();
      Buffer payload = new Buffer();
      long remaining = head.length & 0xFFFFFFFFL;
      byte[] chunk = new byte[4096];
      while (remaining > 0) {
        int count = (int) Math.min(Math.min(available(), remaining), chunk.length);
        in.get(in.position(), chunk, 0, count);
        consume(count);
        payload.write(chunk, 0, count);
        remaining -= count;
      }
      if (head.status != Status.OK) {
        throw new BenchException(
            target.url() + " answered " + Status.name(head.status) + " to " + what);
      }
      return payload;
    } catch (IOException e) {
      throw new BenchException(target.url() + ": " + what + ": " + reason(e), e);
    }
  }

  /** Status of the last reply. */
  public int status() {
    return head.status;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing more is wanted of it
    }
  }

  /** What an I/O failure says to a user. */
  public static String reason(Exception failure) {
    if (failure instanceof SocketTimeoutException) {
      return "no answer within " + OPEN_MILLIS_MAX / 1000 + " s";
    }
    if (failure instanceof UnresolvedAddressException) {
      return "unknown host";
    }
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }

  // --- opening ----------------------------------------------------------------------------------

  private void connect() throws IOException {
    InetSocketAddress address = new InetSocketAddress(target.host(), target.port());
    if (address.isUnresolved()) {
      throw new UnresolvedAddressException();
    }
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.socket().connect(address, OPEN_MILLIS_MAX);
    channel.socket().setSoTimeout(OPEN_MILLIS_MAX);
    if (!target.webSocket()) {
      return;
    }
    ClientHandshake handshake =
        new ClientHandshake(
            target.host(), target.port(), target.path(), Map.of(), new SecureRandom());
    Buffer request = new Buffer();
    handshake.writeRequest(request);
    write(ByteBuffer.wrap(request.readByteArray()));
    Buffer answer = new Buffer();
    do {
      fill();
      answer.write(in);
    } while (!handshake.read(answer));
    in.clear();
    in.put(answer.readByteArray()).flip();
  }

  private void loggedIn() throws IOException, BenchException {
    readHeader();
    if (head.length < 0 || head.length > LOGIN_REPLY_BYTES_MAX) {
      throw new BenchException(
          target.url() + " does not speak the classic wire of Apache Iggy 0.8");
    }
    int remaining = head.length;
    while (remaining > 0) {
      int count = Math.min(available(), remaining);
      consume(count);
      remaining -= count;
    }
    if (head.status != Status.OK) {
      throw new BenchException(
          target.url()
              + " refused the login of "
              + target.user()
              + ": "
              + Status.name(head.status));
    }
  }

  // --- bytes ------------------------------------------------------------------------------------

  private void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private void readHeader() throws IOException {
    head.status = readInt();
    head.length = readInt();
  }

  private int readInt() throws IOException {
    if (available() >= Integer.BYTES) {
      int value = Integer.reverseBytes(in.getInt(in.position()));
      consume(Integer.BYTES);
      return value;
    }
    int value = 0;
    for (int i = 0; i < Integer.BYTES; i++) {
      available();
      value |= (in.get(in.position()) & 0xff) << (8 * i);
      consume(1);
    }
    return value;
  }

  /** Waits for payload bytes; how many can be read without another wait, at least one. */
  private int available() throws IOException {
    while (true) {
      if (writer == null) {
        fillIfEmpty();
        return in.remaining();
      }
      if (frameRemaining > 0) {
        fillIfEmpty();
        return (int) Math.min(in.remaining(), frameRemaining);
      }
      readFrameHeader();
    }
  }

  private void consume(int count) {
    in.position(in.position() + count);
    frameRemaining -= writer == null ? 0 : count;
  }

  /** RFC 6455 5.2: a server's frames are not masked; control frames are dealt with here. */
  private void readFrameHeader() throws IOException {
    int opcode = readByte() & 0x0f;
    int second = readByte();
    if ((second & 0x80) != 0) {
      throw new IOException("the server masks its frames");
    }
    long length = second & 0x7f;
    int lengthBytes = length < 126 ? 0 : length == 126 ? 2 : 8;
    if (lengthBytes > 0) {
      length = 0;
      for (int i = 0; i < lengthBytes; i++) {
        length = length << 8 | readByte() & 0xff;
      }
    }
    if (opcode >= 8) {
      control(opcode, (int) length);
    } else {
      frameRemaining = length;
    }
  }

  private void control(int opcode, int length) throws IOException {
    byte[] payload = new byte[length];
    for (int i = 0; i < length; i++) {
      payload[i] = (byte) readByte();
    }
    if (opcode == 8) {
      int code = length < 2 ? 1005 : (payload[0] & 0xff) << 8 | payload[1] & 0xff;
      throw new EOFException("the server closed the WebSocket with " + code);
    }
    if (opcode == 9) {
      Buffer out = new Buffer();
      writer.pong(ByteString.of(payload), out);
      write(ByteBuffer.wrap(out.readByteArray()));
    }
  }

  private int readByte() throws IOException {
    fillIfEmpty();
    return in.get();
  }

  private void fillIfEmpty() throws IOException {
    if (!in.hasRemaining()) {
      fill();
    }
  }

  private void fill() throws IOException {
    in.clear();
    try {
      if (readSome() < 0) {
        throw new EOFException("the server closed the connection");
      }
    } finally {
      in.flip();
    }
  }

  /** Only the socket's stream knows a time limit, and only opening needs one. */
  private int readSome() throws IOException {
    if (!opening) {
      return channel.read(in);
    }
    byte[] some = new byte[SMALL_BYTES];
    int count = channel.socket().getInputStream().read(some);
    if (count > 0) {
      in.put(some, 0, count);
    }
    return count;
  }

  private static void close(BenchConnection connectionOrNull) {
    if (connectionOrNull != null) {
      connectionOrNull.close();
    }
  }
}

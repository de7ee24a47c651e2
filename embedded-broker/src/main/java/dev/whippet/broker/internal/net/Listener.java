package dev.whippet.broker.internal.net;

import dev.whippet.broker.internal.command.RequestHandler;
import dev.whippet.broker.internal.net.event.ConnectionCounts;
import dev.whippet.broker.internal.system.LineLimit;
import dev.whippet.broker.internal.tls.TlsServer;
import dev.whippet.broker.internal.websocket.WebSocketService;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A port, listened on by loop 0, whose connections are spread over all loops ({@link Acceptor}).
 * One socket, which shares its port with nobody: whoever is accepted is served, and a second broker
 * on the port is told so.
 *
 * <p>{@link #bind}, {@link #reserve} and {@link #stop} block; they are called on a start-up thread,
 * never on a loop.
 */
public final class Listener {
  private static final Logger LOGGER = LoggerFactory.getLogger(Listener.class);
  private static final int BACKLOG = 1024;
  private static final long LAST_WAIT_MILLIS = 1_000;

  /**
   * What is behind a port.
   *
   * @param handler takes the requests of the classic wire
   * @param webSocket how WebSockets are
   * @param tls the first handler of every connection; {@code null} for none
   * @param http makes the handler of a connection that speaks HTTP, on its loop, in its host;
   *     {@code null} for none: only WebSockets are opened then
   */
  public record Doors(
      RequestHandler handler,
      WebSocketService webSocket,
      TlsServer tls,
      BiFunction<Loop, Host, ChannelHandler> http) {}

  /** What a connection does for the handler of HTTP that stands in it. On its loop. */
  public static final class Host {
    private final Connection connection;

    Host(Connection connection) {
      this.connection = connection;
    }

    /** What the peer has not taken yet. */
    public long unwrittenBytes() {
      return connection.unwrittenBytes();
    }

    /**
     * All is said once {@code written} is done: our side is shut then, what comes is thrown away,
     * and the peer has a moment to close.
     */
    public void lastWords(ChannelFuture written) {
      connection.lastWords(written);
    }

    /** Closes without a word: the peer took too long. */
    public void overdue(String why) {
      connection.drop(why, ConnectionCounts.What.OVERDUE);
    }

    /** Closes without a word: the loop has no memory for what the peer sends. */
    public void outOfMemory() {
      connection.drop(
          "sends on while the loop has no memory for it", ConnectionCounts.What.NO_MEMORY);
    }
  }

  private final Loops loops;
  private final Doors doors;
  private final LineLimit newerGenerations = new LineLimit();
  private final LineLimit tlsTroubles = new LineLimit();
  private final LineLimit tlsUnexpected = new LineLimit();
  private final LineLimit refusals = new LineLimit();
  private Channel socket;
  private InetSocketAddress address;
  private volatile boolean stopping;

  private Listener(Loops loops, Doors doors) {
    this.loops = loops;
    this.doors = doors;
  }

  /**
   * Listens on {@code address}; port 0 takes a free one.
   *
   * @throws IOException when it cannot; the message names the address and what to do
   */
  public static Listener bind(Loops loops, InetSocketAddress address, RequestHandler handler)
      throws IOException {
    return bind(loops, address, handler, WebSocketService.DEFAULT);
  }

  /** As above, with rules for WebSockets. */
  public static Listener bind(
      Loops loops, InetSocketAddress address, RequestHandler handler, WebSocketService webSocket)
      throws IOException {
    return bind(loops, address, new Doors(handler, webSocket, null, null));
  }

  /** As above, with everything. */
  public static Listener bind(Loops loops, InetSocketAddress address, Doors doors)
      throws IOException {
    Listener listener = reserve(loops, address, doors);
    listener.accept();
    return listener;
  }

  /** As above; who connects waits in the system's queue until {@link #accept}. */
  public static Listener reserve(Loops loops, InetSocketAddress address, Doors doors)
      throws IOException {
    Listener listener = new Listener(loops, doors);
    try {
      listener.bind(address);
      return listener;
    } catch (IOException e) {
      throw new BindException(
          "cannot listen on " + text(address) + ": " + e.getMessage() + ": " + advice(e));
    }
  }

  private void bind(InetSocketAddress wanted) throws IOException {
    if (wanted.isUnresolved()) {
      throw new IOException("unknown host");
    }
    Loop loop = loops.loop(0);
    Channel listening = loops.transport().serverChannel();
    listening.config().setOption(ChannelOption.SO_BACKLOG, BACKLOG);
    listening.config().setOption(ChannelOption.SO_REUSEADDR, true);
    listening.config().setAutoRead(false);
    listening.pipeline().addLast(new Acceptor(this, loop));
    var registered = loop.executor().register(listening).awaitUninterruptibly();
    var bound = registered.isSuccess() ? listening.bind(wanted).awaitUninterruptibly() : registered;
    if (!bound.isSuccess()) {
      listening.close().awaitUninterruptibly();
      throw bound.cause() instanceof IOException e ? e : new IOException(bound.cause());
    }
    socket = listening;
    address = (InetSocketAddress) listening.localAddress();
  }

  private static String advice(IOException e) {
    String found = String.valueOf(e.getMessage());
    if (found.contains("in use")) {
      return "stop what listens there, or choose another port (0 takes a free one)";
    }
    if (found.contains("ermission denied")) {
      return "choose a port from 1024 on, or allow this user to bind it";
    }
    return "choose an address of this machine, such as 127.0.0.1 or 0.0.0.0";
  }

  private static String text(InetSocketAddress address) {
    return address.getHostString() + ":" + address.getPort();
  }

  /** Where it listens, with the real port. */
  public InetSocketAddress address() {
    return address;
  }

  /** Connections open on all loops, of all listeners; from any thread. */
  public int connections() {
    int sum = 0;
    for (Loop loop : loops.all()) {
      sum += loop.connections().load().get();
    }
    return sum;
  }

  /** Accepts who waits, and who comes. */
  public void accept() {
    socket.config().setAutoRead(true);
  }

  /** Accepts nobody more. Blocks for a moment. */
  public void stopAccepting() {
    stopping = true;
    socket.close().awaitUninterruptibly();
  }

  /**
   * Stops accepting, lets what runs be answered, tells every peer by a frame with status 8, closes.
   * Whoever is not done after {@code graceMillis} is cut off. Blocks.
   */
  public void stop(long graceMillis) {
    stopAccepting();
    forEach(Connection::stop);
    if (!awaitNone(graceMillis)) {
      forEach(Connection::closeNow);
      awaitNone(LAST_WAIT_MILLIS);
    }
  }

  private void forEach(Consumer<Connection> action) {
    for (Loop loop : loops.all()) {
      loop.execute(() -> loop.connections().of(this).forEach(action));
    }
  }

  private boolean awaitNone(long millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    CountDownLatch loopsLeft = new CountDownLatch(loops.size());
    for (Loop loop : loops.all()) {
      loop.execute(() -> loop.connections().whenNone(this, loopsLeft::countDown));
    }
    try {
      return loopsLeft.await(end - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  RequestHandler handler() {
    return doors.handler();
  }

  WebSocketService webSocket() {
    return doors.webSocket();
  }

  /** {@code null} for none. */
  TlsServer tls() {
    return doors.tls();
  }

  /** {@code null} for none. */
  BiFunction<Loop, Host, ChannelHandler> http() {
    return doors.http();
  }

  ConnectionCounts counts() {
    return loops.counts();
  }

  NetLimits limits() {
    return loops.limits();
  }

  Loops loops() {
    return loops;
  }

  boolean isStopping() {
    return stopping;
  }

  boolean isFull() {
    return connections() >= limits().connectionsMax();
  }

  void newerGeneration(String peer) {
    tell(
        newerGenerations,
        peer
            + " speaks a newer generation of the Iggy protocol (0.9 or later), which this broker"
            + " does not: closed. Use a client of generation 0.8.");
  }

  /** Somebody speaks TLS where there is none. */
  void unexpectedTls(String peer) {
    counts().add(ConnectionCounts.What.TLS_FAILED);
    tell(
        tlsUnexpected,
        peer
            + " speaks TLS to "
            + text(address)
            + ", which has none: closed. Switch TLS on here, or off there.");
  }

  /** A handshake failed, or was none. */
  void tlsFailed(String peer, String why) {
    counts().add(ConnectionCounts.What.TLS_FAILED);
    tell(tlsTroubles, peer + ": no TLS with it on " + text(address) + ": closed: " + why);
  }

  /** A connection was closed at once. */
  void refused(String peer, ConnectionCounts.What why) {
    counts().add(why);
    boolean full = why == ConnectionCounts.What.REFUSED_FULL;
    tell(
        refusals,
        peer
            + ": closed at once: "
            + (full ? limits().connectionsMax() : limits().connectionsPerAddressMax())
            + " connections are open"
            + (full ? "" : " of its address"));
  }

  private static void tell(LineLimit limit, String line) {
    String end = limit.next(System.nanoTime());
    if (end != null) {
      LOGGER.warn("{}{}", line, end);
    }
  }
}

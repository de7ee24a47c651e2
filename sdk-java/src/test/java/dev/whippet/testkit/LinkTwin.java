package dev.whippet.testkit;

import dev.whippet.testkit.LinkFault.Way;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A bad network between a client and a server, over real loopback sockets: whatever the server is,
 * whatever the two say (TCP, WebSocket, TLS).
 *
 * <pre>
 * try (LinkTwin network = LinkTwin.to(broker.port(), 1)) {
 *   ... connect a client to "tcp://127.0.0.1:" + network.port() ...
 *   network.latency(300, 50);                            mobile: 300 ms each way, up to 50 more
 *   network.bandwidth(16_000);                           bytes a second, each way
 *   network.stall(true);                                 nothing passes, nobody is told
 *   network.cut();                                       every connection is reset
 *   network.script(LinkFault.captivePortal(), LinkFault.resetAt(Way.DOWN, 100));
 *   network.down();                                      connecting is refused, until up()
 * }
 * </pre>
 *
 * <p>The script's faults belong to the next connections, one after the other; then comes what
 * {@link #otherwise} says, "none" by default. Chance comes from the seed. Safe for any thread; some
 * threads for each connection.
 *
 * <p>Limits: {@link #BYTES_MAX} under way each way and connection; above it, reading stops.
 */
public final class LinkTwin implements Closeable {
  static final int BYTES_MAX = 1 << 20;

  private static final int CHUNK_BYTES = 8 << 10;

  private static final int BIND_ATTEMPTS = 1_000;

  /** A second's share of the bandwidth is given out in so many parts. */
  private static final int PARTS_A_SECOND = 50;

  private static final byte[] PAGE =
      ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 22\r\n\r\n"
              + "<html>Please log in\r\n")
          .getBytes(StandardCharsets.US_ASCII);

  /** Record of type alert, TLS 1.2, 2 bytes: fatal, handshake_failure. */
  private static final byte[] ALERT = {0x15, 3, 3, 0, 2, 2, 40};

  /** Decides about connections that the script says nothing about. */
  public interface Otherwise {
    LinkFault fault(int connection, Random random);
  }

  private final InetSocketAddress server;
  private final Random random;
  private final int port;
  private final ConcurrentLinkedQueue<LinkFault> script = new ConcurrentLinkedQueue<>();
  private final Set<Connection> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicLong passedUp = new AtomicLong();
  private final AtomicLong passedDown = new AtomicLong();
  private final Object weather = new Object();
  private volatile Otherwise otherwise = (connection, chance) -> LinkFault.none();
  private volatile ServerSocket listener;
  private volatile int latencyMillis;
  private volatile int jitterMillis;
  private volatile int bytesPerSecond;
  private volatile boolean stalledUp;
  private volatile boolean stalledDown;
  private volatile boolean closed;

  private LinkTwin(InetSocketAddress server, long seed) throws IOException {
    this.server = server;
    this.random = new Random(seed);
    this.listener = new ServerSocket(0, 1_024, InetAddress.getLoopbackAddress());
    this.port = listener.getLocalPort();
    accept(listener);
  }

  /** In front of a server of this machine. */
  public static LinkTwin to(int serverPort, long seed) throws IOException {
    return to(new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort), seed);
  }

  public static LinkTwin to(InetSocketAddress server, long seed) throws IOException {
    return new LinkTwin(server, seed);
  }

  // --- the weather ------------------------------------------------------------------------------

  /** What passes takes so long, each way, and up to {@code jitterMillis} longer; in order. */
  public void latency(int millis, int jitterMillis) {
    this.latencyMillis = millis;
    this.jitterMillis = jitterMillis;
  }

  /** Bytes a second, each way and connection; 0 = no bound. */
  public void bandwidth(int bytesPerSecond) {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Whether nothing passes, in neither direction. */
  public void stall(boolean stalled) {
    stall(Way.UP, stalled);
    stall(Way.DOWN, stalled);
  }

  /** Whether nothing passes one way. */
  public void stall(Way way, boolean stalled) {
    synchronized (weather) {
      if (way == Way.UP) {
        stalledUp = stalled;
      } else {
        stalledDown = stalled;
      }
      weather.notifyAll();
    }
  }

  /** What happens to the next connections. */
  public void script(LinkFault... faults) {
    for (LinkFault fault : faults) {
      script.add(fault);
    }
  }

  /** What happens to connections after the script. */
  public void otherwise(Otherwise otherwise) {
    this.otherwise = otherwise;
  }

  /** Resets every connection. */
  public void cut() {
    for (Connection connection : open) {
      connection.reset();
    }
  }

  /** Resets every connection; connecting is refused. */
  public void down() throws IOException {
    listener.close();
    cut();
  }

  /** Listens again, on the same port. */
  public void up() throws IOException {
    for (int left = BIND_ATTEMPTS; ; left--) {
      ServerSocket again = new ServerSocket();
      try {
        again.setReuseAddress(true);
        again.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_024);
        listener = again;
        accept(again);
        return;
      } catch (BindException e) {
        // A listener that was closed goes when its thread has left it.
        again.close();
        if (left == 0) {
          throw e;
        }
        rest();
      }
    }
  }

  private void rest() {
    synchronized (weather) {
      try {
        weather.wait(10);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  // --- what a test asks -------------------------------------------------------------------------

  /** Where clients connect to. */
  public int port() {
    return port;
  }

  /** All connections so far. */
  public int connections() {
    return connections.get();
  }

  public int openConnections() {
    return open.size();
  }

  /** Bytes that passed, over all connections. */
  public long passedBytes(Way way) {
    return (way == Way.UP ? passedUp : passedDown).get();
  }

  @Override
  public void close() throws IOException {
    closed = true;
    down();
    stall(false);
  }

  // --- sockets ----------------------------------------------------------------------------------

  private void accept(ServerSocket from) {
    thread(
        () -> {
          while (!from.isClosed()) {
            try {
              begin(from.accept());
            } catch (IOException e) {
              // The listener was closed, or the server is not there: the client finds out.
              continue;
            }
          }
        });
  }

  private static void thread(Runnable work) {
    Thread thread = new Thread(work, "link-twin");
    thread.setDaemon(true);
    thread.start();
  }

  private void begin(Socket client) throws IOException {
    int number = connections.getAndIncrement();
    LinkFault next = script.poll();
    LinkFault fault;
    synchronized (random) {
      fault = next == null ? otherwise.fault(number, random) : next;
    }
    Connection connection = new Connection(client, fault);
    open.add(connection);
    connection.start();
  }

  /** One client's connection, and, unless the fault is the whole of it, the server's. */
  private final class Connection {
    private final Socket client;
    private final LinkFault fault;
    private Socket upstream;

    Connection(Socket client, LinkFault fault) {
      this.client = client;
      this.fault = fault;
    }

    void start() throws IOException {
      client.setTcpNoDelay(true);
      switch (fault.kind) {
        case RESET_AT_START:
          reset();
          return;
        case SILENT:
          thread(() -> answer(new byte[0]));
          return;
        case PAGE:
          thread(() -> answer(PAGE));
          return;
        case TLS_ALERT:
          thread(() -> answer(ALERT));
          return;
        default:
          thread(this::join);
      }
    }

    private void join() {
      try {
        upstream = new Socket();
        upstream.setTcpNoDelay(true);
        upstream.connect(server);
      } catch (IOException e) {
        reset();
        return;
      }
      new Pump(this, Way.UP, client, upstream).start();
      new Pump(this, Way.DOWN, upstream, client).start();
    }

    /** Says one thing after the first bytes, and swallows the rest. */
    private void answer(byte[] words) {
      byte[] heard = new byte[CHUNK_BYTES];
      try {
        InputStream in = client.getInputStream();
        boolean first = true;
        while (in.read(heard) >= 0) {
          if (first) {
            client.getOutputStream().write(words);
            first = false;
          }
        }
        reset();
      } catch (IOException e) {
        reset();
      }
    }

    void reset() {
      open.remove(this);
      reset(client);
      reset(upstream);
      synchronized (weather) {
        weather.notifyAll();
      }
    }

    private void reset(Socket socket) {
      try {
        if (socket != null) {
          socket.setSoLinger(true, 0);
          socket.close();
        }
      } catch (IOException e) {
        open.remove(this); // It is closed already.
      }
    }

    boolean isOpen() {
      return open.contains(this);
    }
  }

  /** One way of one connection: one thread reads, one writes what is due. */
  private final class Pump {
    private final Connection connection;
    private final Way way;
    private final Socket from;
    private final Socket to;
    private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
    private final ArrayDeque<Long> dues = new ArrayDeque<>();
    private long heldBytes;
    private long lastDue;
    private boolean ended;
    private long passed;

    Pump(Connection connection, Way way, Socket from, Socket to) {
      this.connection = connection;
      this.way = way;
      this.from = from;
      this.to = to;
    }

    void start() {
      thread(this::read);
      thread(this::write);
    }

    private void read() {
      byte[] buffer = new byte[CHUNK_BYTES];
      try {
        InputStream in = from.getInputStream();
        int count = in.read(buffer);
        while (count >= 0) {
          put(java.util.Arrays.copyOf(buffer, count));
          count = in.read(buffer);
        }
      } catch (IOException | InterruptedException e) {
        connection.reset();
      }
      synchronized (this) {
        ended = true;
        notifyAll();
      }
    }

    private synchronized void put(byte[] chunk) throws InterruptedException {
      while (heldBytes >= BYTES_MAX && connection.isOpen()) {
        TimeUnit.MILLISECONDS.timedWait(this, 100);
      }
      int more;
      synchronized (random) {
        more = jitterMillis == 0 ? 0 : random.nextInt(jitterMillis + 1);
      }
      lastDue = Math.max(lastDue, now() + latencyMillis + more);
      chunks.add(chunk);
      dues.add(lastDue);
      heldBytes += chunk.length;
      notifyAll();
    }

    private void write() {
      try {
        byte[] chunk = take();
        while (chunk != null) {
          pass(chunk);
          chunk = take();
        }
        to.shutdownOutput();
      } catch (IOException | InterruptedException e) {
        connection.reset();
      }
      if (from.isClosed() || to.isInputShutdown() || way == Way.DOWN) {
        connection.reset();
      }
    }

    /** The next chunk, once it is due; null at the end. */
    private synchronized byte[] take() throws InterruptedException {
      while (chunks.isEmpty() || dues.peek() > now()) {
        if (chunks.isEmpty() && (ended || !connection.isOpen())) {
          return null;
        }
        long wait = chunks.isEmpty() ? 100 : Math.max(1, dues.peek() - now());
        TimeUnit.MILLISECONDS.timedWait(this, wait);
      }
      dues.remove();
      byte[] chunk = chunks.remove();
      heldBytes -= chunk.length;
      notifyAll();
      return chunk;
    }

    private void pass(byte[] chunk) throws IOException, InterruptedException {
      int at = 0;
      while (at < chunk.length) {
        awaitFlow();
        int part = chunk.length - at;
        int bound = bytesPerSecond;
        if (bound > 0) {
          part = Math.min(part, Math.max(1, bound / PARTS_A_SECOND));
        }
        part = (int) Math.min(part, untilFault());
        if (part == 0) {
          strike(chunk, at);
          part = connection.isOpen() ? 1 : 0;
          if (part == 0) {
            return;
          }
        }
        to.getOutputStream().write(chunk, at, part);
        at += part;
        passed += part;
        (way == Way.UP ? passedUp : passedDown).addAndGet(part);
        if (bound > 0) {
          rest(part * 1_000L / bound);
        }
      }
    }

    /** Bytes that pass before the fault strikes. */
    private long untilFault() {
      boolean mine =
          fault().way == way
              && (fault().kind == LinkFault.Kind.RESET_AT
                  || fault().kind == LinkFault.Kind.CORRUPT_AT
                  || fault().kind == LinkFault.Kind.STALL_AT);
      boolean over = !mine || passed > fault().atByte;
      return over ? Long.MAX_VALUE : fault().atByte - passed;
    }

    private LinkFault fault() {
      return connection.fault;
    }

    private void strike(byte[] chunk, int at) throws InterruptedException {
      switch (fault().kind) {
        case CORRUPT_AT:
          chunk[at] ^= 0x10;
          break;
        case STALL_AT:
          while (connection.isOpen()) {
            rest(100);
          }
          break;
        default:
          connection.reset();
          break;
      }
    }

    private void awaitFlow() throws InterruptedException {
      synchronized (weather) {
        while ((way == Way.UP ? stalledUp : stalledDown) && connection.isOpen() && !closed) {
          TimeUnit.MILLISECONDS.timedWait(weather, 100);
        }
      }
    }

    private synchronized void rest(long millis) throws InterruptedException {
      long end = now() + millis;
      for (long left = millis; left > 0; left = end - now()) {
        TimeUnit.MILLISECONDS.timedWait(this, left);
      }
    }

    private long now() {
      return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }
  }
}

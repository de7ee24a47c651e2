package dev.whippet;

import dev.whippet.internal.link.Endpoint;
import dev.whippet.internal.outbox.Disk;
import dev.whippet.internal.outbox.Entry;
import dev.whippet.internal.outbox.Outbox;
import dev.whippet.internal.outbox.OutboxConfig;
import dev.whippet.internal.outbox.OutboxException;
import dev.whippet.internal.session.Clock;
import dev.whippet.internal.session.Connection;
import dev.whippet.internal.session.SessionConfig;
import dev.whippet.internal.wire.XxHash32;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Edge messaging: takes messages at any time, keeps them on the device until the server has them,
 * and reads topics, all over one connection that comes and goes.
 *
 * <p>What {@link #send} took goes this way: memory, then stable storage (receipt "stored"), then
 * the server (receipt "delivered"). A slow, stalled or absent network delays only the last step. In
 * order within a partition; towards a Whippet broker stored once, towards a stock Apache Iggy
 * server at least once ({@link Guarantee}). Every drop is reported ({@link Gap}).
 *
 * <p>Two threads: "whippet-store" owns the outbox, "whippet-net" the connection. Safe for any
 * thread. One outbox directory serves one client in one process at a time.
 *
 * <p>A client without an outbox directory has no "whippet-store" and can't send; it consumes and
 * administers.
 */
public final class WhippetClient implements Closeable {
  private final Progress progress;
  private final Connection connection;
  private final Admin admin;
  private final Defaults defaults;

  /** Null for a client that only consumes and administers. */
  private final Outbox outbox;

  /** The outbox's last sequence when nothing had been sent yet; after a crash nobody has it. */
  private final long lastAtOpen;

  private final AtomicBoolean closed = new AtomicBoolean();

  private WhippetClient(
      Progress progress, Outbox outbox, Connection connection, Defaults defaults) {
    this.progress = progress;
    this.outbox = outbox;
    this.connection = connection;
    this.defaults = defaults;
    this.lastAtOpen = outbox == null ? 0 : outbox.lastSequence();
    this.admin = new Admin(connection, defaults.requestTimeoutMillis);
  }

  /** What calls fall back to. */
  static final class Defaults {
    final String stream;
    final String topic;
    final int createPartitions;
    final long requestTimeoutMillis;

    Defaults(String stream, String topic, int createPartitions, long requestTimeoutMillis) {
      this.stream = stream;
      this.topic = topic;
      this.createPartitions = createPartitions;
      this.requestTimeoutMillis = requestTimeoutMillis;
    }
  }

  /**
   * Starts a configuration.
   *
   * @return a builder with the defaults
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Takes a message; returns when it is copied into memory, without waiting for the disk or the
   * network. Only {@link OverflowPolicy#block} lets it wait, for room.
   *
   * @param message to send
   * @return its receipt; may be let go of
   * @throws WhippetException if the outbox is full, has failed, or the client is closed; never
   *     because the network is away
   */
  public Receipt send(Message message) {
    return new Receipt(progress, take(message));
  }

  /**
   * As {@link #send(Message)}, and tells a listener about the message's way.
   *
   * @param message to send
   * @param listener held until the message is delivered or dropped
   * @return its receipt
   */
  public Receipt send(Message message, ReceiptListener listener) {
    Check.notNull("listener", listener);
    Receipt receipt = new Receipt(progress, take(message));
    progress.watch(receipt, listener);
    return receipt;
  }

  private long take(Message message) {
    Check.notNull("message", message);
    Outbox to = outbox();
    String stream = message.stream() == null ? defaults.stream : message.stream();
    String topic = message.topic() == null ? defaults.topic : message.topic();
    if (stream == null) {
      throw new WhippetException(
          WhippetException.Code.NOT_CONFIGURED,
          "the message names no destination, nor does the client: set one of them");
    }
    Entry entry =
        new Entry()
            .originTimestampMicros(Clock.SYSTEM.epochMillis() * 1_000)
            .headers(Header.Codec.encode(message.headers()))
            .payload(message.payload());
    if (message.partition() >= 0) {
      entry.partition(message.partition());
    } else if (message.key() != null) {
      byte[] key = message.key().toByteArray();
      entry.key(XxHash32.hash(key, 0, key.length), key);
    }
    try {
      return to.send(entry.route(to.routeFor(stream, topic)));
    } catch (OutboxException e) {
      throw WhippetException.of(e);
    }
  }

  /** The highest sequence that a message has, of this process or of one before. */
  private long lastTaken(Outbox of) {
    long last = of.lastSequence();
    return last == lastAtOpen ? of.storedSequence() : last;
  }

  private Outbox outbox() {
    if (closed.get()) {
      throw new WhippetException(WhippetException.Code.CLOSED, "the client is closed");
    }
    if (outbox == null) {
      throw new WhippetException(
          WhippetException.Code.NOT_CONFIGURED, "this client has no outbox: give it a directory");
    }
    return outbox;
  }

  /**
   * Waits until everything sent before this call is delivered. May block.
   *
   * @param timeout how long to wait at most
   * @param unit of the timeout
   * @return false if the time ran out
   * @throws InterruptedException if the thread was interrupted
   */
  public boolean flush(long timeout, TimeUnit unit) throws InterruptedException {
    return progress.awaitAll(lastTaken(outbox()), unit.toMillis(timeout));
  }

  /**
   * Starts a consumer of the default destination.
   *
   * @return a builder with the defaults
   * @throws WhippetException if the client has no destination
   */
  public Consumer.Builder consumer() {
    if (defaults.stream == null) {
      throw new WhippetException(
          WhippetException.Code.NOT_CONFIGURED,
          "this client has no destination: name stream and topic");
    }
    return consumer(defaults.stream, defaults.topic);
  }

  /**
   * Starts a consumer of a topic.
   *
   * @param stream its stream's name
   * @param topic its name
   * @return a builder with the defaults
   */
  public Consumer.Builder consumer(String stream, String topic) {
    return new Consumer.Builder(connection, defaults, stream, topic);
  }

  /**
   * Streams and topics.
   *
   * @return the same object at each call
   */
  public Admin admin() {
    return admin;
  }

  /**
   * How much waits on this device.
   *
   * @return a snapshot; all 0 without an outbox
   */
  public Backlog backlog() {
    if (outbox == null) {
      return new Backlog(0, 0, 0, 0, 0, 0);
    }
    return new Backlog(
        outbox.backlogRecords(),
        outbox.backlogBytes(),
        outbox.bytesOnDisk(),
        lastTaken(outbox),
        outbox.storedSequence(),
        outbox.acknowledgedSequence());
  }

  /**
   * Where the connection stands.
   *
   * @return a snapshot
   */
  public ConnectionState state() {
    return Reporter.publicState(connection.state());
  }

  /**
   * Why the connection stands where it stands, for a human; holds no secret.
   *
   * @return a snapshot
   */
  public String stateReason() {
    return connection.reason();
  }

  /** A hint that the network may be back: a waiting client tries at once. Does not block. */
  public void networkAvailable() {
    connection.hint();
  }

  /**
   * Stores what was taken, closes the connection, ends both threads. What is not delivered is
   * delivered by the next client of the same outbox. May block for one sync of the disk. A second
   * call does nothing.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    connection.close();
    if (outbox != null) {
      outbox.close();
    }
    progress.end(new WhippetException(WhippetException.Code.CLOSED, "the client was closed"));
  }

  /**
   * Configuration of a {@link WhippetClient}. Every value is checked at once, what depends on
   * another value in {@link #open}. Not thread-safe.
   */
  public static final class Builder {
    private static final long HOUR_MILLIS = 3_600_000;
    private static final long DAY_MILLIS = 24 * HOUR_MILLIS;

    private final SessionConfig session = new SessionConfig();
    private File directory;
    private long outboxBytesMax = 256L << 20;
    private long outboxMessagesMax = 10_000_000;
    private int messageBytesMax = 1 << 20;
    private OverflowPolicy overflow = OverflowPolicy.reject();
    private String stream;
    private String topic;
    private ClientEvents events = new ClientEvents() {};

    private Builder() {}

    /**
     * Where the server is: {@code ws://host:port/path} (port 8092 and path {@code /} if left out)
     * or {@code tcp://host:port} (port 8090 if left out). Required. The name is resolved anew at
     * each attempt.
     *
     * @param url without user information; see {@link #credentials}
     * @return this
     */
    public Builder url(String url) {
      session.endpoint = Endpoint.parse(Check.notNull("url", url));
      return this;
    }

    /**
     * Who logs in. Required.
     *
     * @param credentials a user with a password, or a token
     * @return this
     */
    public Builder credentials(Credentials credentials) {
      session.user = Check.notNull("credentials", credentials).user();
      session.secret = credentials.secret();
      return this;
    }

    /**
     * Where messages are kept until they are delivered; none by default, and then {@link
     * WhippetClient#send} throws.
     *
     * @param directory is made if missing; owned by one client at a time
     * @return this
     */
    public Builder outbox(File directory) {
      this.directory = Check.notNull("directory", directory);
      return this;
    }

    /**
     * The bounds of the outbox; 256 MiB and 10,000,000 messages by default.
     *
     * @param bytesMax 1 MiB to 1 TiB on disk
     * @param messagesMax 1 to 1,000,000,000
     * @return this
     */
    public Builder outboxBounds(long bytesMax, long messagesMax) {
      outboxBytesMax = Check.range("bytesMax", bytesMax, 1 << 20, 1L << 40);
      outboxMessagesMax = Check.range("messagesMax", messagesMax, 1, 1_000_000_000);
      return this;
    }

    /**
     * The largest message, key, headers and payload together; 1 MiB by default. The outbox takes
     * about six times as much memory and disk for what is under way.
     *
     * @param bytes 1 KiB to 16 MiB
     * @return this
     */
    public Builder messageBytesMax(int bytes) {
      messageBytesMax = (int) Check.range("messageBytesMax", bytes, 1 << 10, 16 << 20);
      return this;
    }

    /**
     * What a send does at a bound; {@link OverflowPolicy#reject} by default.
     *
     * @param policy see there
     * @return this
     */
    public Builder overflow(OverflowPolicy policy) {
      overflow = Check.notNull("policy", policy);
      return this;
    }

    /**
     * Where messages go that name no destination; none by default.
     *
     * @param stream 1 to 255 bytes of UTF-8
     * @param topic 1 to 255 bytes of UTF-8
     * @return this
     */
    public Builder destination(String stream, String topic) {
      this.stream = Check.utf8Length("stream", stream, 1, 255);
      this.topic = Check.utf8Length("topic", topic, 1, 255);
      return this;
    }

    /**
     * Makes missing streams and topics that messages are sent to or consumers read; off by default.
     *
     * @param partitions of a new topic, 1 to 1,000
     * @return this
     */
    public Builder createIfMissing(int partitions) {
      session.createPartitions = (int) Check.range("partitions", partitions, 1, 1_000);
      return this;
    }

    /**
     * How long a batch that is not full waits for more; 2 ms by default.
     *
     * @param linger 0 to 1 hour
     * @param unit of the linger
     * @return this
     */
    public Builder linger(long linger, TimeUnit unit) {
      session.lingerMillis = millis("linger", linger, unit, 0, HOUR_MILLIS);
      return this;
    }

    /**
     * A batch is full at so many bytes; 256 KiB by default. A larger message travels alone.
     *
     * @param bytes 1 KiB to 8 MiB
     * @return this
     */
    public Builder batchBytes(int bytes) {
      session.batchBytes = (int) Check.range("batchBytes", bytes, 1 << 10, 8 << 20);
      return this;
    }

    /**
     * A batch is full at so many messages; 1,000 by default.
     *
     * @param messages 1 to 65,535
     * @return this
     */
    public Builder batchMessages(int messages) {
      session.batchMessages = (int) Check.range("batchMessages", messages, 1, 65_535);
      return this;
    }

    /**
     * How long connecting and the WebSocket handshake may take; 10 s by default.
     *
     * @param timeout 1 ms to 1 hour
     * @param unit of the timeout
     * @return this
     */
    public Builder connectTimeout(long timeout, TimeUnit unit) {
      session.connectTimeoutMillis = millis("connectTimeout", timeout, unit, 1, HOUR_MILLIS);
      return this;
    }

    /**
     * How long a request may go without any sign of progress before the connection counts as dead,
     * and how long a call of {@link Admin} may take; 10 s by default.
     *
     * @param timeout 1 ms to 1 hour
     * @param unit of the timeout
     * @return this
     */
    public Builder requestTimeout(long timeout, TimeUnit unit) {
      session.requestTimeoutMillis = millis("requestTimeout", timeout, unit, 1, HOUR_MILLIS);
      return this;
    }

    /**
     * The pause before the next attempt is random between 0 and a limit, which starts at the first
     * value and doubles up to the second; 200 ms and 30 s by default. It starts over only after a
     * connection proved itself.
     *
     * @param first 1 ms to 1 hour
     * @param max at least {@code first}, at most 1 day
     * @param unit of both
     * @return this
     */
    public Builder backoff(long first, long max, TimeUnit unit) {
      long firstMillis = millis("first backoff", first, unit, 1, HOUR_MILLIS);
      session.backoffMaxMillis = millis("longest backoff", max, unit, firstMillis, DAY_MILLIS);
      session.backoffFirstMillis = firstMillis;
      return this;
    }

    /**
     * A connection on which nothing happened for so long is pinged; 30 s by default. The broker may
     * ask for less.
     *
     * @param interval 100 ms to 1 day
     * @param unit of the interval
     * @return this
     */
    public Builder keepAlive(long interval, TimeUnit unit) {
      session.keepAliveMillis = millis("keepAlive", interval, unit, 100, DAY_MILLIS);
      return this;
    }

    /**
     * Whether a {@code ws://} connection offers permessage-deflate, which the server may take up;
     * false by default: compressing costs more time than it saves on all but slow or paid links.
     *
     * @param offered true to offer it
     * @return this
     */
    public Builder compression(boolean offered) {
      session.compression = offered;
      return this;
    }

    /**
     * The one observer; none by default.
     *
     * @param events called on the client's own threads
     * @return this
     */
    public Builder events(ClientEvents events) {
      this.events = Check.notNull("events", events);
      return this;
    }

    /**
     * Opens the outbox (may block: it is recovered first) and starts connecting in the background.
     *
     * @return a running client
     * @throws WhippetException if the outbox can't be opened
     * @throws IllegalArgumentException if a required value is missing or two values contradict
     */
    public WhippetClient open() {
      if (session.endpoint == null || session.secret == null) {
        throw new IllegalArgumentException(
            (session.endpoint == null ? "url" : "credentials") + " missing: it has no default");
      }
      Progress progress = new Progress();
      Reporter reporter = new Reporter(progress, events);
      Outbox outbox = directory == null ? null : openOutbox(reporter);
      if (outbox != null) {
        progress.opened(outbox.storedSequence(), outbox.acknowledgedSequence());
      }
      Connection connection;
      try {
        connection = new Connection(session, outbox, reporter, Clock.SYSTEM);
      } catch (IOException e) {
        if (outbox != null) {
          outbox.close();
        }
        throw new WhippetException(
            WhippetException.Code.INTERNAL, 0, "no selector: " + e.getMessage(), e);
      }
      reporter.connection(connection);
      connection.start();
      return new WhippetClient(
          progress,
          outbox,
          connection,
          new Defaults(stream, topic, session.createPartitions, session.requestTimeoutMillis));
    }

    private Outbox openOutbox(Reporter reporter) {
      // A record fits into half of a segment and half of the ring; both hold 4 MiB at least.
      int room = Math.max(4 << 20, 2 * (messageBytesMax + Message.HEADERS_BYTES_MAX + 4_096) & -16);
      int segmentBytes = (int) Math.min(room, Math.max(outboxBytesMax / 4 & -16, 256 << 10));
      OutboxConfig.Builder config =
          OutboxConfig.builder(directory)
              .ringBytes(room)
              .segmentBytes(Math.max(segmentBytes, messageBytesMax > 1 << 20 ? room : 0))
              .backlogBytesMax(outboxBytesMax)
              .backlogRecordsMax(outboxMessagesMax);
      if (overflow.timeoutMillis() > 0) {
        config.block(overflow.timeoutMillis(), TimeUnit.MILLISECONDS);
      }
      try {
        return Outbox.open(config.build(), Disk.SYSTEM, reporter);
      } catch (OutboxException e) {
        throw WhippetException.of(e);
      }
    }

    private static long millis(String name, long value, TimeUnit unit, long min, long max) {
      long millis = Check.notNull("unit", unit).toMillis(value);
      return Check.range(name + " in milliseconds", millis, min, max);
    }
  }
}

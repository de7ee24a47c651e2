package dev.whippet;

import dev.whippet.internal.call.Clock;
import dev.whippet.internal.check.Check;
import dev.whippet.internal.check.Settings;
import dev.whippet.internal.disk.Disk;
import dev.whippet.internal.link.Endpoint;
import dev.whippet.internal.link.Framing;
import dev.whippet.internal.outbox.Entry;
import dev.whippet.internal.outbox.Outbox;
import dev.whippet.internal.outbox.OutboxConfig;
import dev.whippet.internal.outbox.OutboxException;
import dev.whippet.internal.segment.Channel;
import dev.whippet.internal.session.Connection;
import dev.whippet.internal.session.SessionConfig;
import dev.whippet.internal.wire.XxHash32;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
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
  private static final byte[] NOTHING = new byte[0];

  private final Receipt.Progress progress;
  private final Connection connection;
  private final Admin admin;
  private final Defaults defaults;

  /** Null for a client that only consumes and administers. */
  private final Outbox outbox;

  /** The channels' last sequences when nothing had been sent yet; after a crash nobody has them. */
  private final long[] lastAtOpen = new long[Channel.COUNT];

  /** What a send fills in, so that it allocates nothing. */
  private final ThreadLocal<Entry> entries = new ThreadLocal<>();

  private final AtomicBoolean closed = new AtomicBoolean();

  private WhippetClient(
      Receipt.Progress progress, Outbox outbox, Connection connection, Defaults defaults) {
    this.progress = progress;
    this.outbox = outbox;
    this.connection = connection;
    this.defaults = defaults;
    for (int c = 0; outbox != null && c < Channel.COUNT; c++) {
      lastAtOpen[c] = outbox.lastSequence(c);
    }
    this.admin = new Admin(connection, defaults.requestTimeoutMillis);
  }

  /** What calls fall back to. */
  static final class Defaults {
    final String stream;
    final String topic;
    final int createPartitions;
    final long requestTimeoutMillis;
    final SessionConfig session;

    /** The outbox's name for stream and topic; 0: there is none yet. */
    volatile int route;

    Defaults(String stream, String topic, SessionConfig session) {
      this.stream = stream;
      this.topic = topic;
      this.createPartitions = session.createPartitions;
      this.requestTimeoutMillis = session.requestTimeoutMillis;
      this.session = session;
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
  public Receipt send(Message message, Receipt.Listener listener) {
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
    Entry entry = entries.get();
    if (entry == null) {
      entry = new Entry();
      entries.set(entry);
    }
    entry
        .lane(message.lane().ordinal())
        .timeToLive((int) message.timeToLiveMillis())
        .originTimestampMicros(Clock.SYSTEM.epochMillis() * 1_000)
        .headers(Header.Codec.encode(message.headers()))
        .payload(message.payload());
    if (message.partition() >= 0) {
      entry.partition(message.partition());
    } else if (message.key() != null) {
      byte[] key = message.key().toByteArray();
      entry.key(XxHash32.hash(key, 0, key.length), key);
    } else {
      entry.sticky();
    }
    try {
      return to.send(entry.route(route(to, message, stream, topic)));
    } catch (OutboxException e) {
      throw WhippetException.of(e);
    } finally {
      entry.payload(NOTHING); // it is not to be kept in memory
    }
  }

  private int route(Outbox to, Message message, String stream, String topic)
      throws OutboxException {
    if (message.stream() != null) {
      return to.routeFor(stream, topic);
    }
    if (defaults.route == 0) {
      defaults.route = to.routeFor(stream, topic);
    }
    return defaults.route;
  }

  /** The highest sequence of a channel that a message has, of this process or of one before. */
  private long lastTaken(Outbox of, int channel) {
    long last = of.lastSequence(channel);
    return last == lastAtOpen[channel] ? of.storedSequence(channel) : last;
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
    Outbox of = outbox();
    long[] last = new long[Channel.COUNT];
    for (int c = 0; c < Channel.COUNT; c++) {
      last[c] = lastTaken(of, c);
    }
    return progress.awaitAll(last, unit.toMillis(timeout));
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
    long[] messages = new long[Channel.LANES];
    if (outbox == null) {
      return new Backlog(messages, 0, 0, 0, 0, 0);
    }
    for (int lane = 0; lane < Channel.LANES; lane++) {
      messages[lane] = outbox.backlogRecords(lane);
    }
    return new Backlog(
        messages,
        outbox.backlogBytes(),
        outbox.bytesOnDisk(),
        lastTaken(outbox, 0),
        outbox.storedSequence(0),
        outbox.acknowledgedSequence(0));
  }

  /**
   * Changes how many bytes a second of what had waited may be sent, see {@link
   * Builder#backlogRate}; for instance when the network is a metered one. Does not block.
   *
   * @param bytesPerSecond 0 = no bound, else 1,000 to 1 Ti
   */
  public void backlogRate(long bytesPerSecond) {
    defaults.session.backlogBytesPerSecond = Builder.rate(bytesPerSecond);
    connection.wake();
  }

  /**
   * Where the connection stands; short for {@link #status()}.
   *
   * @return a snapshot
   */
  public ConnectionState state() {
    return ClientEvents.Reporter.publicState(connection.standing().state);
  }

  /**
   * How this client is: connection, backlog, counters. Cheap; does not block.
   *
   * @return a snapshot
   */
  public ClientStatus status() {
    return new ClientStatus(connection, backlog());
  }

  /**
   * A hint that the network may be back, or is another one: a waiting client tries at once, a
   * connected one makes sure that its connection still works. Does not block; calling it often does
   * no harm.
   */
  public void networkAvailable() {
    connection.hint();
  }

  /**
   * Logs in with these from now on, also without a new connection when others were refused. What is
   * logged in stays so.
   *
   * @param credentials a user with a password, or a token
   */
  public void credentials(Credentials credentials) {
    connection.credentials(Check.notNull("credentials", credentials).always());
  }

  /**
   * Lets go of the network: says goodbye, closes the connection, ends both threads; none wakes up
   * by itself until {@link #resume}. {@link #send} goes on storing: it starts a thread for one
   * commit. Consumer and admin calls wait. May block for a second, while the server says goodbye.
   */
  public void pause() {
    connection.pause();
    if (outbox != null) {
      outbox.pause();
    }
  }

  /** Ends a pause: connects at once. Does not block; does nothing if there is no pause. */
  public void resume() {
    if (outbox != null) {
      outbox.resume();
    }
    connection.start();
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
   * Waits until everything sent is delivered, at most so long, then closes. May block.
   *
   * @param timeout how long to wait at most
   * @param unit of the timeout
   * @return false if something is left for the next client of the same outbox
   * @throws InterruptedException if the thread was interrupted while it waited; the client is
   *     closed
   */
  public boolean close(long timeout, TimeUnit unit) throws InterruptedException {
    try {
      return closed.get() || outbox == null || flush(timeout, unit);
    } finally {
      close();
    }
  }

  /** Turns host names into addresses instead of the platform: see {@link Builder#resolver}. */
  public interface Resolver {
    /**
     * Called anew for each attempt, on a short thread of its own; may block.
     *
     * @param host a name, never an address
     * @return at least one address, the preferred ones first
     * @throws UnknownHostException if there is none
     */
    InetAddress[] resolve(String host) throws UnknownHostException;
  }

  /**
   * Configuration of a {@link WhippetClient}. Every value is checked at once, what depends on
   * another value in {@link #open}. Not thread-safe.
   */
  public static final class Builder {
    private static final int ENDPOINTS_MAX = 16;
    private static final long HOUR_MILLIS = 3_600_000;
    private static final long DAY_MILLIS = 24 * HOUR_MILLIS;

    private final SessionConfig session = new SessionConfig();
    private File directory;
    private long outboxBytesMax = 256L << 20;
    private long outboxMessagesMax = 10_000_000;
    private int messageBytesMax = 1 << 20;
    private OverflowPolicy overflow = OverflowPolicy.reject();
    private long ageMillisMax;
    private long commitIntervalMillis;
    private OutboxKeys keys;
    private Gap.Topic gaps;
    private String stream;
    private String topic;
    private ClientEvents events = new ClientEvents() {};

    private Builder() {}

    /**
     * Where the server is: {@code ws://host:port/path} (port 8092 and path {@code /} if left out)
     * or {@code tcp://host:port} (port 8090 if left out), with TLS {@code wss://} or {@code
     * tls://}. Required. The name is resolved anew at each attempt, and all its addresses race.
     *
     * @param url without user information; see {@link #credentials}
     * @param others where else, in the order of preference: see {@link #failBack}
     * @return this
     */
    public Builder url(String url, String... others) {
      List<Endpoint> endpoints = new ArrayList<>();
      endpoints.add(Endpoint.parse(Check.notNull("url", url)));
      for (String other : others) {
        endpoints.add(Endpoint.parse(Check.notNull("url", other)));
      }
      Check.range("number of urls", endpoints.size(), 1, ENDPOINTS_MAX);
      session.endpoints = endpoints;
      return this;
    }

    /**
     * How often, on average, a client that is connected to another url than the first looks whether
     * the first can be reached again, and goes back to it then; 5 minutes by default.
     *
     * @param interval 1 s to 1 day
     * @param unit of the interval
     * @return this
     */
    public Builder failBack(long interval, TimeUnit unit) {
      session.failBackMillis = millis("failBack", interval, unit, 1_000, DAY_MILLIS);
      return this;
    }

    /**
     * How servers of {@code wss://} and {@code tls://} are verified; {@link Tls#platform} by
     * default.
     *
     * @param tls see there
     * @return this
     */
    public Builder tls(Tls tls) {
      session.tls = Check.notNull("tls", tls).settings();
      return this;
    }

    /**
     * Adds a header to the WebSocket handshake, for proxies that want one; none by default.
     *
     * @param name not one of the handshake's own
     * @param value visible ASCII; treated as a secret
     * @return this
     */
    public Builder header(String name, String value) {
      Map<String, String> headers = new LinkedHashMap<>(session.headers);
      Framing.checkHeader(Check.notNull("name", name), Check.notNull("value", value));
      headers.put(name, value);
      session.headers = headers;
      return this;
    }

    /**
     * Turns host names into addresses; the platform does it by default. On Android, a network's own
     * resolver can be put here.
     *
     * @param resolver called on a thread of its own
     * @return this
     */
    public Builder resolver(final Resolver resolver) {
      Check.notNull("resolver", resolver);
      session.resolver =
          new dev.whippet.internal.link.Resolver() {
            @Override
            public InetAddress[] resolve(String host) throws UnknownHostException {
              return resolver.resolve(host);
            }
          };
      return this;
    }

    /**
     * Who logs in. Required.
     *
     * @param credentials a user with a password, or a token
     * @return this
     */
    public Builder credentials(Credentials credentials) {
      session.identity = Check.notNull("credentials", credentials).always();
      return this;
    }

    /**
     * Who logs in, asked before each login: for tokens that change.
     *
     * @param provider see there
     * @return this
     */
    public Builder credentials(Credentials.Provider provider) {
      session.identity = Credentials.from(Check.notNull("provider", provider));
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
     * How old a message of the outbox may become, whatever its own time to live; no bound by
     * default. An older one is dropped, with a {@link Gap}; looked for once a minute and when its
     * turn comes. See {@link Message.Builder#timeToLive} about clocks.
     *
     * @param age 1 s to 10,000 days
     * @param unit of the age
     * @return this
     */
    public Builder outboxAge(long age, TimeUnit unit) {
      ageMillisMax = millis("age", age, unit, 1_000, 10_000 * DAY_MILLIS);
      return this;
    }

    /**
     * The least time between two commits of the outbox, which spares battery and flash; 0 by
     * default. Receipts "stored" wait for it, {@link #send} does not, and what a crash may lose
     * grows by it.
     *
     * @param interval 0 to 1 minute
     * @param unit of the interval
     * @return this
     */
    public Builder commitInterval(long interval, TimeUnit unit) {
      commitIntervalMillis = millis("commitInterval", interval, unit, 0, 60_000);
      return this;
    }

    /**
     * Encrypts messages on the device (AES-256-GCM, a key for each segment, wrapped by these keys);
     * off by default. What is in the directory already stays as it is until it is delivered. Names
     * of streams and topics, sizes and times stay readable.
     *
     * @param keys see there
     * @return this
     */
    public Builder encryption(OutboxKeys keys) {
      this.keys = Check.notNull("keys", keys);
      return this;
    }

    /**
     * In a lane, the share of bytes for what is sent from now on while what had waited during an
     * outage is still being sent; 0 by default: the oldest first, in order. 100: the freshest
     * first. With any share but 0 the order is kept among what had waited and among what is fresh,
     * not between the two.
     *
     * @param percent 0 to 100
     * @return this
     */
    public Builder freshShare(int percent) {
      session.freshShare = (int) Check.range("percent", percent, 0, 100);
      return this;
    }

    /**
     * How many bytes a second may be sent of what had waited when the connection came up; no bound
     * by default. Urgent messages and those sent since are exempt; in a lane they still wait for
     * what is ahead of them, unless they have a {@link #freshShare}.
     *
     * @param bytesPerSecond 0 = no bound, else 1,000 to 1 Ti
     * @return this
     */
    public Builder backlogRate(long bytesPerSecond) {
      session.backlogBytesPerSecond = rate(bytesPerSecond);
      return this;
    }

    private static long rate(long bytesPerSecond) {
      return bytesPerSecond == 0
          ? 0
          : Check.range("bytesPerSecond", bytesPerSecond, 1_000, 1L << 40);
    }

    /**
     * Sends a message about every {@link Gap} to a topic, so that the far side knows, too; none by
     * default. It is a JSON object with producer, kind, lane, channel, first, last, messages, bytes
     * and timeMillis.
     *
     * @param stream 1 to 255 bytes of UTF-8
     * @param topic 1 to 255 bytes of UTF-8
     * @return this
     */
    public Builder gapsTo(String stream, String topic) {
      gaps =
          new Gap.Topic(
              Check.utf8Length("stream", stream, 1, 255), Check.utf8Length("topic", topic, 1, 255));
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
     * Takes settings from a connection string, {@code
     * whippet://user:password@host:port/stream/topic?name=value}; {@code whippets://} with TLS. A
     * token stands alone before the {@code @}; several hosts stand with commas between them, the
     * preferred one first; port 8090 if left out. WebSocket unless {@code transport=tcp}; {@code
     * path=/p} for its handshake. Text is percent-encoded. The other names: {@link #properties}.
     *
     * @param text holds secrets: it is not repeated anywhere
     * @return this
     */
    public Builder connectionString(String text) {
      return apply(Settings.parse(Check.notNull("text", text)));
    }

    /**
     * Takes settings from properties: {@code whippet.url} (several with commas), {@code
     * whippet.user}, {@code password} or {@code token}; {@code stream}, {@code topic}; {@code
     * outbox} (a directory), {@code create} (partitions), {@code message-bytes-max}; {@code ca},
     * {@code pin}, {@code certificate}, {@code key} (TLS); {@code linger}, {@code batch-bytes},
     * {@code batch-messages}, {@code connect-timeout}, {@code request-timeout}, {@code keep-alive},
     * {@code fail-back} (durations such as 200ms, 5s, 2m), {@code compression}. All with the prefix
     * {@code whippet.}; an unknown one is refused, other prefixes are left alone.
     *
     * @param properties for instance those of a file
     * @return this
     */
    public Builder properties(Properties properties) {
      return apply(Settings.of(Check.notNull("properties", properties)));
    }

    private Builder apply(Settings from) {
      if (from.has("url")) {
        String[] urls = from.list("url");
        url(urls[0], Arrays.copyOfRange(urls, 1, urls.length));
      }
      if (from.has("token")) {
        credentials(Credentials.token(from.text("token")));
      } else if (from.has("user")) {
        credentials(Credentials.password(from.text("user"), from.text("password")));
      }
      if (from.has("stream") || from.has("topic")) {
        destination(from.text("stream"), from.text("topic"));
      }
      if (from.has("outbox")) {
        outbox(new File(from.text("outbox")));
      }
      if (from.has("create")) {
        createIfMissing(from.number("create"));
      }
      if (from.has("message-bytes-max")) {
        messageBytesMax(from.number("message-bytes-max"));
      }
      if (from.has("ca") || from.has("pin") || from.has("certificate")) {
        tls(Tls.of(from));
      }
      return applyPace(from);
    }

    private Builder applyPace(Settings from) {
      if (from.has("linger")) {
        linger(from.millis("linger"), TimeUnit.MILLISECONDS);
      }
      if (from.has("batch-bytes")) {
        batchBytes(from.number("batch-bytes"));
      }
      if (from.has("batch-messages")) {
        batchMessages(from.number("batch-messages"));
      }
      if (from.has("connect-timeout")) {
        connectTimeout(from.millis("connect-timeout"), TimeUnit.MILLISECONDS);
      }
      if (from.has("request-timeout")) {
        requestTimeout(from.millis("request-timeout"), TimeUnit.MILLISECONDS);
      }
      if (from.has("keep-alive")) {
        keepAlive(from.millis("keep-alive"), TimeUnit.MILLISECONDS);
      }
      if (from.has("fail-back")) {
        failBack(from.millis("fail-back"), TimeUnit.MILLISECONDS);
      }
      if (from.has("compression")) {
        compression(from.flag("compression"));
      }
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
      if (session.endpoints.isEmpty() || session.identity == null) {
        throw new IllegalArgumentException(
            (session.endpoints.isEmpty() ? "url" : "credentials") + " missing: it has no default");
      }
      Receipt.Progress progress = new Receipt.Progress();
      ClientEvents.Reporter reporter = new ClientEvents.Reporter(progress, events, gaps);
      Outbox outbox = directory == null ? null : openOutbox(reporter);
      if (outbox != null) {
        progress.opened(outbox);
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
      if (outbox != null && gaps != null) {
        gaps.opened(outbox);
      }
      connection.start();
      return new WhippetClient(progress, outbox, connection, new Defaults(stream, topic, session));
    }

    private Outbox openOutbox(ClientEvents.Reporter reporter) {
      // A record fits into half of a segment and half of the ring; both hold 4 MiB at least.
      int room = Math.max(4 << 20, 2 * (messageBytesMax + Message.HEADERS_BYTES_MAX + 4_096) & -16);
      int segmentBytes = (int) Math.min(room, Math.max(outboxBytesMax / 4 & -16, 256 << 10));
      OutboxConfig.Builder config =
          OutboxConfig.builder(directory)
              .ringBytes(room)
              .segmentBytes(Math.max(segmentBytes, messageBytesMax > 1 << 20 ? room : 0))
              .backlogBytesMax(outboxBytesMax)
              .backlogRecordsMax(outboxMessagesMax);
      overflow.applyTo(config);
      if (ageMillisMax > 0) {
        config.ageMax(ageMillisMax, TimeUnit.MILLISECONDS);
      }
      if (commitIntervalMillis > 0) {
        config.commitInterval(commitIntervalMillis, TimeUnit.MILLISECONDS);
      }
      if (keys != null) {
        config.keys(
            new OutboxConfig.Keys() {
              @Override
              public byte[] wrap(byte[] key) throws IOException {
                return keys.wrap(key);
              }

              @Override
              public byte[] unwrap(byte[] wrapped) throws IOException {
                return keys.unwrap(wrapped);
              }
            });
      }
      config.time(
          new OutboxConfig.Time() {
            @Override
            public long epochMillis() {
              return Clock.SYSTEM.epochMillis();
            }
          });
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

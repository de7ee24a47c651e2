package dev.whippet.broker;

import dev.whippet.broker.internal.command.exchange.TopicRules;
import dev.whippet.broker.internal.http.HttpSettings;
import dev.whippet.broker.internal.log.engine.CommitConfig;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.net.Loops;
import dev.whippet.broker.internal.net.NetLimits;
import dev.whippet.broker.internal.system.HostPort;
import dev.whippet.broker.internal.websocket.HandshakeRules;
import dev.whippet.broker.internal.websocket.Origins;
import dev.whippet.broker.internal.websocket.WebSocketService;
import dev.whippet.internal.websocket.HttpText;
import dev.whippet.internal.wire.Limits;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * How a broker runs; immutable. Every setter of the {@link Builder} checks its value at once and
 * documents its default.
 */
public final class BrokerConfig {

  /** When nothing is said. */
  private static final Port DEFAULT_PORT =
      new Port(new InetSocketAddress("127.0.0.1", 8090), null, false);

  /** In front of an address that speaks TLS, whatever is said about all. */
  private static final String TLS_SCHEME = "tls://";

  /** In front of one that does not. */
  private static final String PLAIN_SCHEME = "tcp://";

  /** Segments are at least this long: 1 MiB. */
  public static final long SEGMENT_BYTES_MIN = 1L << 20;

  /** Segments are at most this long: 1 GiB. */
  public static final long SEGMENT_BYTES_MAX = 1L << 30;

  /** The default share of the disk that stays free is at most this: 2 GiB. */
  public static final long DISK_FREE_DEFAULT_BYTES_MAX = 2L << 30;

  /** Patterns that give topics a durability. */
  public static final int DURABILITY_PATTERNS_MAX = 1_000;

  /** Segments are made shorter rather than that fewer of them fit into the messages' bound. */
  private static final int SEGMENTS_MIN = 16;

  /** Commit files are made shorter likewise, down to this; a power of two. */
  private static final long COMMIT_FILE_BYTES_MIN = 256L << 10;

  /** Addresses that one broker listens on. */
  public static final int LISTENERS_MAX = 16;

  private static final int WEB_SOCKET_NAMES_MAX = 64;

  final List<Port> ports;
  final Tls tls;
  final NetLimits limits;

  /** {@code null} when there is no HTTP. */
  final HttpSettings http;

  final long jwtSeconds;
  final Path dataDirectory;
  final Transport transport;
  final int loops;
  final long segmentBytes;
  final String rootUsername;
  final String rootPassword;
  final boolean resetRoot;
  final long stopGraceMillis;
  final WebSocketService webSocket;
  final DiskShare retention;
  final DiskShare diskFree;
  final long consumerProtectionMillis;
  final long rebalanceMillis;
  private final TopicRules topicRules;
  private final long syncIntervalMillis;
  private final long commitDelayMillis;

  private BrokerConfig(Builder builder) {
    ports = builder.ports();
    tls = builder.tls();
    http = builder.http ? new HttpSettings(builder.httpBodyBytesMax, builder.httpOrigins()) : null;
    jwtSeconds = builder.jwtSeconds;
    limits =
        NetLimits.DEFAULT.with(
            builder.connectionsMax,
            Math.min(builder.connectionsMax, builder.connectionsPerAddressMax),
            builder.loopMemoryBytes,
            builder.memberTimeoutMillis);
    dataDirectory = builder.dataDirectory;
    transport = builder.transport;
    loops = builder.loops;
    segmentBytes = builder.segmentBytes;
    rootUsername = builder.rootUsername;
    rootPassword = builder.rootPassword;
    resetRoot = builder.resetRoot;
    stopGraceMillis = builder.stopGraceMillis;
    webSocket =
        new WebSocketService(
            new HandshakeRules(
                Origins.of(builder.origins),
                List.copyOf(builder.subProtocols),
                builder.compression),
            builder.fragmentBytes,
            null);
    retention = builder.retention;
    diskFree = builder.diskFree;
    consumerProtectionMillis = builder.consumerProtectionMillis;
    rebalanceMillis = builder.rebalanceMillis;
    syncIntervalMillis = builder.syncIntervalMillis;
    commitDelayMillis = builder.commitDelayMillis;
    topicRules =
        new TopicRules(
            builder.durability.level(),
            builder.durabilityByName,
            builder.topicExpiryMicros,
            builder.topicBytes,
            builder.segmentBytes);
  }

  /** What all logs and journals are opened with; files are small beside what they share. */
  LogConfig logs(long messageBytesMax) {
    long share = messageBytesMax > 0 ? messageBytesMax / SEGMENTS_MIN : segmentBytes;
    CommitConfig commits = CommitConfig.DEFAULT;
    long perLoop = Math.max(COMMIT_FILE_BYTES_MIN, share / 2 / loops) & -COMMIT_FILE_BYTES_MIN;
    return LogConfig.DEFAULT
        .withCommits(
            commits
                .withFileBytes(Math.min(commits.fileBytes(), perLoop))
                .withDelayMicros(commitDelayMillis * 1_000))
        .withSegmentBytes(Math.min(segmentBytes, Math.max(SEGMENT_BYTES_MIN, share)))
        .withDurability(topicRules.durability())
        .withSyncIntervalMillis(syncIntervalMillis);
  }

  /**
   * How durable it is and how much it keeps, for the start-up line.
   *
   * @return one line
   */
  public String storage() {
    boolean interval = topicRules.uses(Durability.INTERVAL.level());
    return topicRules.text()
        + (interval ? ", sync interval " + syncIntervalMillis + " ms" : "")
        + (commitDelayMillis > 0 ? ", commit delay " + commitDelayMillis + " ms" : "")
        + ", messages at most "
        + retention.text()
        + ", free at least "
        + diskFree.text();
  }

  /** What is said about topics. */
  TopicRules topicRules() {
    return topicRules;
  }

  /** What an acknowledgement means, named for what it survives. */
  public enum Durability {
    /** Stable storage: survives {@code kill -9} and a power cut. */
    POWER,
    /**
     * The page cache: survives {@code kill -9}. A power cut may lose what the system has not
     * written by itself, usually the last 30 seconds.
     */
    PROCESS,
    /**
     * The page cache, and stable storage at most an interval later: a power cut may lose that
     * interval ({@link Builder#syncIntervalMillis}).
     */
    INTERVAL;

    /**
     * As users write it.
     *
     * @return {@code power}, {@code process} or {@code interval}
     */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    private dev.whippet.broker.internal.log.engine.Durability level() {
      return dev.whippet.broker.internal.log.engine.Durability.valueOf(name());
    }
  }

  /** Where to listen; {@code tls} is {@code null} for "as all do"; one may be left out. */
  record Port(InetSocketAddress address, Boolean tls, boolean optional) {}

  /** Where certificates come from; the files are {@code null} for a self-signed one. */
  record Tls(Path certificate, Path key, Path clientAuthorities, boolean clientsRequired) {}

  /** Whether clients show certificates over TLS. */
  public enum ClientCertificates {
    /** They are not asked for any. */
    NONE,
    /** A client that shows one must have it from a configured authority. */
    OPTIONAL,
    /** Nobody gets in without. */
    REQUIRED;

    /**
     * As users write it.
     *
     * @return {@code none}, {@code optional} or {@code required}
     */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What the event loops run on. */
  public enum Transport {
    /** The best that works here: io_uring, else epoll, else NIO. */
    AUTO,
    /** Linux 5.10 or newer; also drives the files. Refused at start where it does not work. */
    IO_URING,
    /** Linux. Refused at start where it does not work. */
    EPOLL,
    /** Java's own; works everywhere. */
    NIO;

    /**
     * As users write it.
     *
     * @return {@code auto}, {@code io_uring}, {@code epoll} or {@code nio}
     */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * The addresses to listen on, ports as configured: 0 is not resolved yet.
   *
   * @return at least one, unmodifiable
   */
  public List<InetSocketAddress> listen() {
    return ports.stream().map(Port::address).toList();
  }

  /**
   * Where everything durable is.
   *
   * @return absolute
   */
  public Path dataDirectory() {
    return dataDirectory;
  }

  /**
   * The name of the root user.
   *
   * @return 3 to 50 bytes
   */
  public String rootUsername() {
    return rootUsername;
  }

  /** Collects settings; every one has a default. Not thread-safe. */
  public static final class Builder {
    private final List<Port> ports = new ArrayList<>();
    private boolean tls;
    private Path tlsCertificate;
    private Path tlsKey;
    private boolean tlsSelfSigned;
    private Path tlsClientAuthorities;
    private ClientCertificates clientCertificates = ClientCertificates.NONE;
    private int connectionsMax = NetLimits.DEFAULT.connectionsMax();
    private int connectionsPerAddressMax = Integer.MAX_VALUE;
    private boolean http = true;
    private int httpBodyBytesMax = 2_000_000;
    private final List<String> httpOrigins = new ArrayList<>();
    private long jwtSeconds = TimeUnit.HOURS.toSeconds(1);
    private long loopMemoryBytes = NetLimits.DEFAULT.loopBytesMax();
    private Path dataDirectory = Path.of("whippet-data").toAbsolutePath();
    private Transport transport = Transport.AUTO;
    private int loops = Math.min(Runtime.getRuntime().availableProcessors(), Loops.LOOPS_MAX);
    private long segmentBytes = 64L << 20;
    private String rootUsername = "iggy";
    private String rootPassword;
    private boolean resetRoot;
    private long stopGraceMillis = 5_000;
    private final List<String> origins = new ArrayList<>();
    private final List<String> subProtocols = new ArrayList<>();
    private boolean compression;
    private int fragmentBytes = WebSocketService.FRAGMENT_BYTES;
    private Durability durability = Durability.POWER;
    private final List<TopicRules.Named> durabilityByName = new ArrayList<>();
    private long syncIntervalMillis = 1_000;
    private long commitDelayMillis = 0;
    private long topicExpiryMicros = TopicRules.WITHOUT_LIMIT;
    private long topicBytes = TopicRules.WITHOUT_LIMIT;
    private DiskShare retention = new DiskShare(50, Long.MAX_VALUE);
    private DiskShare diskFree = new DiskShare(5, DISK_FREE_DEFAULT_BYTES_MAX);
    private long consumerProtectionMillis = TimeUnit.DAYS.toMillis(7);
    private long rebalanceMillis = 30_000;
    private long memberTimeoutMillis = 20_000;

    Builder() {}

    /**
     * Adds an address to listen on. Without any it is {@code 127.0.0.1:8090}. Classic TCP,
     * WebSocket and HTTP are told apart by their first bytes, so one address serves all.
     *
     * @param address {@code host:port} or {@code [ipv6]:port}; port 0 takes a free one. With {@code
     *     tls://} in front it speaks TLS, with {@code tcp://} it does not; without either it does
     *     as {@link #tls} says
     * @return this builder
     */
    public Builder listen(String address) {
      return listen(address, false);
    }

    /**
     * As {@link #listen(String)}, but a warning is all when something else listens there.
     *
     * @param address as above
     * @return this builder
     */
    public Builder listenIfFree(String address) {
      return listen(address, true);
    }

    private Builder listen(String address, boolean optional) {
      boolean secured = address.startsWith(TLS_SCHEME);
      boolean plain = address.startsWith(PLAIN_SCHEME);
      String rest = secured || plain ? address.substring(TLS_SCHEME.length()) : address;
      Boolean scheme = secured || plain ? secured : null;
      return listen(new Port(HostPort.parse("listen", rest), scheme, optional));
    }

    /**
     * As {@link #listen(String)}.
     *
     * @param address host and port; port 0 takes a free one
     * @return this builder
     */
    public Builder listen(InetSocketAddress address) {
      return listen(new Port(address, null, false));
    }

    private Builder listen(Port port) {
      if (port.address().isUnresolved()) {
        throw new IllegalArgumentException(
            "listen: " + port.address().getHostString() + " is not a name or address known here");
      }
      if (ports.size() == LISTENERS_MAX) {
        throw new IllegalArgumentException("listen: more than " + LISTENERS_MAX + " addresses");
      }
      ports.forEach(before -> StartCheck.requireApart(before.address(), port.address()));
      ports.add(port);
      return this;
    }

    /** Each with what it speaks. */
    private List<Port> ports() {
      List<Port> asked = ports.isEmpty() ? List.of(DEFAULT_PORT) : ports;
      return asked.stream()
          .map(each -> each.tls() == null ? new Port(each.address(), tls, each.optional()) : each)
          .toList();
    }

    /**
     * Whether addresses speak TLS 1.2 and 1.3 that say nothing about it themselves. Default: false.
     *
     * @param everywhere true needs a certificate
     * @return this builder
     */
    public Builder tls(boolean everywhere) {
      tls = everywhere;
      return this;
    }

    /**
     * The server's certificate. It and the other files of TLS are looked at every few seconds, and
     * loaded anew when they changed; open connections stay.
     *
     * @param file PEM, with its chain, the server's own first
     * @return this builder
     */
    public Builder tlsCertificate(Path file) {
      tlsCertificate = file.toAbsolutePath();
      return this;
    }

    /**
     * The key of the server's certificate.
     *
     * @param file PEM, PKCS#8, without a password
     * @return this builder
     */
    public Builder tlsKey(Path file) {
      tlsKey = file.toAbsolutePath();
      return this;
    }

    /**
     * Whether a self-signed certificate is made when no files are given; kept in the data
     * directory, {@code tls/certificate.pem}. For development. Default: false.
     *
     * @param made true to make one
     * @return this builder
     */
    public Builder tlsSelfSigned(boolean made) {
      tlsSelfSigned = made;
      return this;
    }

    /**
     * Who may have issued clients' certificates; needed unless none are asked for.
     *
     * @param file PEM, one or more certificates
     * @return this builder
     */
    public Builder tlsClientAuthorities(Path file) {
      tlsClientAuthorities = file.toAbsolutePath();
      return this;
    }

    /**
     * Whether clients show certificates. Default: {@link ClientCertificates#NONE}.
     *
     * @param choice not {@code null}
     * @return this builder
     */
    public Builder tlsClientCertificates(ClientCertificates choice) {
      clientCertificates = Objects.requireNonNull(choice, "client certificates");
      return this;
    }

    /** What was said about TLS together, or {@code null} when no address speaks it. */
    private Tls tls() {
      if (ports().stream().noneMatch(Port::tls)) {
        return null;
      }
      if ((tlsCertificate == null) != (tlsKey == null)) {
        throw new IllegalArgumentException("TLS needs both the certificate and its key");
      }
      if (tlsCertificate == null && !tlsSelfSigned) {
        throw new IllegalArgumentException(
            "TLS needs a certificate: files, or a self-signed one for development");
      }
      boolean asked = clientCertificates != ClientCertificates.NONE;
      if (asked && tlsClientAuthorities == null) {
        throw new IllegalArgumentException(
            "client certificates: "
                + clientCertificates.label()
                + ", but nobody is named who may have issued them");
      }
      return new Tls(
          tlsCertificate,
          tlsKey,
          asked ? tlsClientAuthorities : null,
          clientCertificates == ClientCertificates.REQUIRED);
    }

    /**
     * How many connections may be open; more are closed at once. Default: 20,000.
     *
     * @param count 1 to 1,000,000
     * @return this builder
     */
    public Builder connectionsMax(int count) {
      connectionsMax = connections("connections", count);
      return this;
    }

    /**
     * How many connections of one IP address may be open; more are closed at once. Default: as many
     * as of all.
     *
     * @param count 1 to 1,000,000
     * @return this builder
     */
    public Builder connectionsPerAddressMax(int count) {
      connectionsPerAddressMax = connections("connections per address", count);
      return this;
    }

    private List<String> httpOrigins() {
      return httpOrigins.isEmpty() ? List.of("*") : List.copyOf(httpOrigins);
    }

    private static int connections(String what, int count) {
      if (count < 1 || count > 1_000_000) {
        throw new IllegalArgumentException(what + ": " + count + ", not 1 to 1000000");
      }
      return count;
    }

    /**
     * Memory of each loop for everything in flight: requests, replies until they are taken, and
     * what is kept for readers as far as those leave room. Less when all loops could take more than
     * five eighths of the process's direct memory. Default: 8 GiB.
     *
     * @param bytes 16 MiB to 64 GiB
     * @return this builder
     */
    public Builder loopMemoryBytes(long bytes) {
      if (bytes < 16L << 20 || bytes > 64L << 30) {
        throw new IllegalArgumentException(
            "loop memory: " + bytes + " bytes, not 16 MiB to 64 GiB");
      }
      loopMemoryBytes = bytes;
      return this;
    }

    /**
     * The directory that holds everything durable; made when missing, with its parents. One broker
     * at a time may use it. Default: {@code whippet-data} in the working directory.
     *
     * @param directory a local directory
     * @return this builder
     */
    public Builder dataDirectory(Path directory) {
      dataDirectory = directory.toAbsolutePath().normalize();
      return this;
    }

    /**
     * What the event loops run on. Default: {@link Transport#AUTO}.
     *
     * @param choice not {@code null}
     * @return this builder
     */
    public Builder transport(Transport choice) {
      if (choice == null) {
        throw new IllegalArgumentException("transport: null");
      }
      transport = choice;
      return this;
    }

    /**
     * How many event loops run. Default: one for each processor, at most 64.
     *
     * @param count 1 to 64
     * @return this builder
     */
    public Builder loops(int count) {
      if (count < 1 || count > Loops.LOOPS_MAX) {
        throw new IllegalArgumentException("loops: " + count + ", not 1 to " + Loops.LOOPS_MAX);
      }
      loops = count;
      return this;
    }

    /**
     * The length of a partition's segment files. Default: 64 MiB.
     *
     * @param bytes {@link #SEGMENT_BYTES_MIN} to {@link #SEGMENT_BYTES_MAX}
     * @return this builder
     */
    public Builder segmentBytes(long bytes) {
      if (bytes < SEGMENT_BYTES_MIN || bytes > SEGMENT_BYTES_MAX) {
        throw new IllegalArgumentException(
            "segment size: "
                + bytes
                + " bytes, not "
                + SEGMENT_BYTES_MIN
                + " to "
                + SEGMENT_BYTES_MAX);
      }
      segmentBytes = bytes;
      return this;
    }

    /**
     * What acknowledgements mean: of messages in topics that no pattern fits, of stored offsets, of
     * changes of streams and topics. Default: {@link Durability#POWER}.
     *
     * @param level not {@code null}
     * @return this builder
     */
    public Builder durability(Durability level) {
      durability = Objects.requireNonNull(level, "durability");
      return this;
    }

    /**
     * What acknowledgements mean for messages of some topics. Of several patterns that fit, the
     * first one set counts. Takes effect at the start, for existing topics too.
     *
     * @param topics {@code stream/topic}; in both, {@code *} stands for any characters
     * @param level not {@code null}
     * @return this builder
     */
    public Builder durability(String topics, Durability level) {
      int slash = topics.indexOf('/');
      if (slash < 1 || slash == topics.length() - 1 || topics.indexOf('/', slash + 1) > 0) {
        throw new IllegalArgumentException("durability: " + topics + ", not stream/topic");
      }
      if (durabilityByName.size() == DURABILITY_PATTERNS_MAX) {
        throw new IllegalArgumentException(
            "durability: more than " + DURABILITY_PATTERNS_MAX + " patterns");
      }
      Objects.requireNonNull(level, "durability");
      durabilityByName.add(
          TopicRules.Named.of(
              topics.substring(0, slash), topics.substring(slash + 1), level.level()));
      return this;
    }

    /**
     * At {@link Durability#INTERVAL}, how much later at most it is on stable storage. Default:
     * 1,000.
     *
     * @param millis 1 to 3,600,000
     * @return this builder
     */
    public Builder syncIntervalMillis(long millis) {
      syncIntervalMillis = within("sync interval", millis, 1, 3_600_000);
      return this;
    }

    /**
     * How long a small message waits for others to share its durable write. Default: 0, it is
     * written at once, and what comes meanwhile is the next write. About 20 wears flash much less
     * where messages trickle in, and delays their acknowledgement by as much.
     *
     * @param millis 0 to 10,000
     * @return this builder
     */
    public Builder commitDelayMillis(long millis) {
      commitDelayMillis = within("commit delay", millis, 0, 10_000);
      return this;
    }

    /**
     * Message expiry of topics that are created with the server's default. Default: never.
     *
     * @param millis at least 1
     * @return this builder
     */
    public Builder topicExpiryMillis(long millis) {
      if (millis < 1 || millis > Long.MAX_VALUE / 1_000) {
        throw new IllegalArgumentException("topic expiry: " + millis + " ms");
      }
      topicExpiryMicros = TimeUnit.MILLISECONDS.toMicros(millis);
      return this;
    }

    /**
     * Maximum size of topics that are created with the server's default. Default: unlimited; the
     * bound of the data directory holds in any case.
     *
     * @param bytes at least {@link #SEGMENT_BYTES_MIN}
     * @return this builder
     */
    public Builder topicBytes(long bytes) {
      if (bytes < SEGMENT_BYTES_MIN) {
        throw new IllegalArgumentException(
            "topic size: " + bytes + " bytes, less than " + SEGMENT_BYTES_MIN);
      }
      topicBytes = bytes;
      return this;
    }

    /**
     * How much the messages of all topics may take up; above it the oldest segments go. Default: 50
     * percent of the disk.
     *
     * @param bytes at least {@link #SEGMENT_BYTES_MIN}
     * @return this builder
     */
    public Builder retentionBytes(long bytes) {
      if (bytes < SEGMENT_BYTES_MIN) {
        throw new IllegalArgumentException(
            "retention size: " + bytes + " bytes, less than " + SEGMENT_BYTES_MIN);
      }
      retention = DiskShare.ofBytes("retention size", bytes);
      return this;
    }

    /**
     * As {@link #retentionBytes}, of the whole disk.
     *
     * @param percent 1 to 100
     * @return this builder
     */
    public Builder retentionPercent(int percent) {
      if (percent == 0) {
        throw new IllegalArgumentException("retention size: 0 %");
      }
      retention = DiskShare.ofPercent("retention size", percent);
      return this;
    }

    /**
     * How much of the disk stays free: below it the oldest segments go, and when there is none left
     * to go, nothing is taken any more until there is room again. Default: 5 percent, at most
     * {@link #DISK_FREE_DEFAULT_BYTES_MAX}.
     *
     * @param bytes 0 and more
     * @return this builder
     */
    public Builder diskFreeBytes(long bytes) {
      diskFree = DiskShare.ofBytes("disk free", bytes);
      return this;
    }

    /**
     * As {@link #diskFreeBytes}, of the whole disk.
     *
     * @param percent 0 to 99
     * @return this builder
     */
    public Builder diskFreePercent(int percent) {
      diskFree = DiskShare.ofPercentLeft("disk free", percent);
      return this;
    }

    private static long within(String what, long millis, long min, long max) {
      if (millis < min || millis > max) {
        throw new IllegalArgumentException(what + ": " + millis + " ms, not " + min + " to " + max);
      }
      return millis;
    }

    /**
     * How long a consumer group's partition that is promised to another member waits for the commit
     * of what its member polled last. Then it moves, and what was not committed is polled again. It
     * is looked at six times in that time.
     *
     * @param millis 30,000 by default, 1 to 86,400,000
     * @return this builder
     */
    public Builder rebalanceMillis(long millis) {
      rebalanceMillis = within("rebalance time-out", millis, 1, 86_400_000);
      return this;
    }

    /**
     * After what time a member of a consumer group that vanished without closing its connection
     * counts as gone: the system then got no answer to probes, or no acknowledgement. Members that
     * close, or whose process ends, are gone at once.
     *
     * @param millis 20,000 by default, 4,000 to 3,600,000
     * @return this builder
     */
    public Builder memberTimeoutMillis(long millis) {
      memberTimeoutMillis = within("member time-out", millis, 4_000, 3_600_000);
      return this;
    }

    /**
     * How long messages stay, beyond their topic's expiry and size, that a consumer with a stored
     * offset has not read yet. The bounds of the disk don't wait for it; what a consumer misses is
     * told by {@link Health}. Default: 7 days.
     *
     * @param millis the age of a message up to which it is protected; 0 protects none
     * @return this builder
     */
    public Builder consumerProtectionMillis(long millis) {
      if (millis < 0 || millis > Long.MAX_VALUE / 1_000) {
        throw new IllegalArgumentException("consumer protection: " + millis + " ms");
      }
      consumerProtectionMillis = millis;
      return this;
    }

    /**
     * The name of the root user, when it is made: at the first start of a data directory. Default:
     * {@code iggy}.
     *
     * @param name 3 to 50 bytes of UTF-8
     * @return this builder
     */
    public Builder rootUsername(String name) {
      rootUsername =
          sized("root username", name, Limits.USERNAME_BYTES_MIN, Limits.USERNAME_BYTES_MAX);
      return this;
    }

    /**
     * The password of the root user, when it is made: at the first start of a data directory. Later
     * starts keep the one that the directory knows. Default: a random one, told once by {@link
     * Broker#generatedRootPassword()}.
     *
     * @param password 3 to 100 bytes of UTF-8
     * @return this builder
     */
    public Builder rootPassword(String password) {
      int bytes = password.getBytes(StandardCharsets.UTF_8).length;
      if (bytes < Limits.PASSWORD_BYTES_MIN || bytes > Limits.PASSWORD_BYTES_MAX) {
        throw new IllegalArgumentException(
            "root password: "
                + bytes
                + " bytes, not "
                + Limits.PASSWORD_BYTES_MIN
                + " to "
                + Limits.PASSWORD_BYTES_MAX);
      }
      rootPassword = password;
      return this;
    }

    /**
     * Gives the root user of an existing data directory the configured name and password (or a
     * random one) and makes it active, at this start. Default: false.
     *
     * @param reset true when nobody knows its password any more
     * @return this builder
     */
    public Builder resetRoot(boolean reset) {
      resetRoot = reset;
      return this;
    }

    private static String sized(String what, String value, int bytesMin, int bytesMax) {
      int bytes = value.getBytes(StandardCharsets.UTF_8).length;
      if (bytes < bytesMin || bytes > bytesMax) {
        throw new IllegalArgumentException(
            what + ": \"" + value + "\", not " + bytesMin + " to " + bytesMax + " bytes");
      }
      return value;
    }

    /**
     * How long {@link Broker#close()} lets requests finish. Default: 5,000.
     *
     * @param millis 0 to 600,000
     * @return this builder
     */
    public Builder stopGraceMillis(long millis) {
      stopGraceMillis = within("stop grace", millis, 0, 600_000);
      return this;
    }

    /**
     * Lets pages of one more origin open a WebSocket from a browser. Default: pages of the host
     * that they connect to. Clients that are no browsers say no origin and are let in.
     *
     * @param origin {@code scheme://host[:port]}, {@code null} for pages without one, or {@code *}
     *     for all; at most 64
     * @return this builder
     */
    public Builder allowOrigin(String origin) {
      Origins.of(List.of(origin));
      origins.add(bounded("origins", origins, origin));
      return this;
    }

    /**
     * Adds a WebSocket sub-protocol that a client may be given when it asks. Default: none; none is
     * needed.
     *
     * @param name a token of HTTP; at most 64
     * @return this builder
     */
    public Builder subProtocol(String name) {
      if (!HttpText.isToken(name)) {
        throw new IllegalArgumentException("sub-protocol: " + name + ", not a token of HTTP");
      }
      subProtocols.add(bounded("sub-protocols", subProtocols, name));
      return this;
    }

    private static String bounded(String what, List<String> list, String value) {
      if (list.size() == WEB_SOCKET_NAMES_MAX) {
        throw new IllegalArgumentException(what + ": more than " + WEB_SOCKET_NAMES_MAX);
      }
      return value;
    }

    /**
     * Whether WebSocket clients that offer permessage-deflate get it. Default: false, since it
     * costs a loop more time than most links save, and 312 KiB a connection.
     *
     * @param agreed true to take offers up
     * @return this builder
     */
    public Builder webSocketCompression(boolean agreed) {
      compression = agreed;
      return this;
    }

    /**
     * The longest WebSocket frame that is sent; longer replies leave in several, between which
     * pings are answered. Default: 256 KiB.
     *
     * @param bytes 1 KiB to 16 MiB
     * @return this builder
     */
    public Builder webSocketFragmentBytes(long bytes) {
      if (bytes < 1 << 10 || bytes > 16 << 20) {
        throw new IllegalArgumentException(
            "websocket fragment: " + bytes + " bytes, not 1 KiB to 16 MiB");
      }
      fragmentBytes = (int) bytes;
      return this;
    }

    /**
     * Whether HTTP is served besides WebSocket: the API of an Iggy server, {@code /metrics} and
     * {@code /health}. Default: true.
     *
     * @param served false closes it
     * @return this builder
     */
    public Builder http(boolean served) {
      http = served;
      return this;
    }

    /**
     * The longest body of an HTTP request; a longer one is answered with 413. Default: 2,000,000.
     *
     * @param bytes 8 KiB to 64 MiB
     * @return this builder
     */
    public Builder httpBodyBytesMax(long bytes) {
      if (bytes < 8 << 10 || bytes > 64 << 20) {
        throw new IllegalArgumentException("http body: " + bytes + " bytes, not 8 KiB to 64 MiB");
      }
      httpBodyBytesMax = (int) bytes;
      return this;
    }

    /**
     * Lets pages of this origin call over HTTP from a browser. The first call replaces the default,
     * which is all, as with an Iggy server: whoever calls needs a token, which a browser does not
     * send by itself.
     *
     * @param origin {@code scheme://host[:port]}, {@code *} for all, or {@code none} for none but
     *     of the same host; at most 64
     * @return this builder
     */
    public Builder httpOrigin(String origin) {
      if (!origin.equals("none")) {
        Origins.of(List.of(origin));
      }
      httpOrigins.add(bounded("http origins", httpOrigins, origin));
      return this;
    }

    /**
     * How long a token of HTTP is good for. Default: an hour.
     *
     * @param millis a second to 30 days
     * @return this builder
     */
    public Builder jwtMillis(long millis) {
      long lifetime = within("jwt expiry", millis, 1_000, TimeUnit.DAYS.toMillis(30));
      jwtSeconds = TimeUnit.MILLISECONDS.toSeconds(lifetime);
      return this;
    }

    /**
     * The configuration as set so far.
     *
     * @return immutable
     * @throws IllegalArgumentException when two settings do not go together
     */
    public BrokerConfig build() {
      return new BrokerConfig(this);
    }

    /**
     * Starts a broker with the configuration as set so far; as {@link Broker#start}.
     *
     * @return running
     * @throws BrokerException when it can't start, with the value at fault and what to do
     */
    public Broker start() throws BrokerException {
      return Broker.start(build());
    }
  }
}

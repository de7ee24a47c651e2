package dev.whippet.broker;

import dev.whippet.broker.internal.net.Loops;
import dev.whippet.internal.wire.Limits;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How a broker runs; immutable. Every setter of the {@link Builder} checks its value at once and
 * documents its default.
 */
public final class BrokerConfig {

  /** Default listeners: everything on the first; stock WebSocket clients dial the second. */
  static final List<InetSocketAddress> DEFAULT_LISTEN =
      List.of(new InetSocketAddress("127.0.0.1", 8090), new InetSocketAddress("127.0.0.1", 8092));

  /** Segments are at least this long: 1 MiB. */
  public static final long SEGMENT_BYTES_MIN = 1L << 20;

  /** Segments are at most this long: 1 GiB. */
  public static final long SEGMENT_BYTES_MAX = 1L << 30;

  /** Addresses that one broker listens on. */
  public static final int LISTENERS_MAX = 16;

  final List<InetSocketAddress> listen;
  final Path dataDirectory;
  final Transport transport;
  final int loops;
  final long segmentBytes;
  final String rootUsername;
  final String rootPassword;
  final long stopGraceMillis;

  private BrokerConfig(Builder builder) {
    listen = builder.listen.isEmpty() ? DEFAULT_LISTEN : List.copyOf(builder.listen);
    dataDirectory = builder.dataDirectory;
    transport = builder.transport;
    loops = builder.loops;
    segmentBytes = builder.segmentBytes;
    rootUsername = builder.rootUsername;
    rootPassword = builder.rootPassword;
    stopGraceMillis = builder.stopGraceMillis;
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
    return listen;
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
    private final List<InetSocketAddress> listen = new ArrayList<>();
    private Path dataDirectory = Path.of("whippet-data").toAbsolutePath();
    private Transport transport = Transport.AUTO;
    private int loops = Math.min(Runtime.getRuntime().availableProcessors(), Loops.LOOPS_MAX);
    private long segmentBytes = 64L << 20;
    private String rootUsername = "iggy";
    private String rootPassword;
    private long stopGraceMillis = 5_000;

    Builder() {}

    /**
     * Adds an address to listen on. The first call replaces the defaults, which are {@code
     * 127.0.0.1:8090} and {@code 127.0.0.1:8092}. Classic TCP and WebSocket are told apart by their
     * first bytes, so one address serves both.
     *
     * @param address {@code host:port} or {@code [ipv6]:port}; port 0 takes a free one
     * @return this builder
     */
    public Builder listen(String address) {
      int colon = address.lastIndexOf(':');
      String host = colon < 0 ? "" : address.substring(0, colon);
      if (host.startsWith("[") && host.endsWith("]")) {
        host = host.substring(1, host.length() - 1);
      }
      if (host.isEmpty()) {
        throw new IllegalArgumentException("listen: " + address + ", not host:port");
      }
      return listen(new InetSocketAddress(host, port(address, address.substring(colon + 1))));
    }

    private static int port(String address, String text) {
      try {
        int port = Integer.parseInt(text);
        if (port >= 0 && port <= 65_535) {
          return port;
        }
      } catch (NumberFormatException notANumber) {
        // answered below, with the others
      }
      throw new IllegalArgumentException(
          "listen: " + address + ", the port is not a number from 0 to 65535");
    }

    /**
     * As {@link #listen(String)}.
     *
     * @param address host and port; port 0 takes a free one
     * @return this builder
     */
    public Builder listen(InetSocketAddress address) {
      if (address.isUnresolved()) {
        throw new IllegalArgumentException(
            "listen: " + address.getHostString() + " is not a name or address known here");
      }
      if (listen.size() == LISTENERS_MAX) {
        throw new IllegalArgumentException("listen: more than " + LISTENERS_MAX + " addresses");
      }
      listen.add(address);
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
     * The name of the root user. Default: {@code iggy}.
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
     * The password of the root user. Default: a random one at each start, told by {@link
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
      if (millis < 0 || millis > 600_000) {
        throw new IllegalArgumentException("stop grace: " + millis + " ms, not 0 to 600000");
      }
      stopGraceMillis = millis;
      return this;
    }

    /**
     * The configuration as set so far.
     *
     * @return immutable
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

package dev.whippet.broker.cli;

import dev.whippet.broker.Broker;
import dev.whippet.broker.BrokerConfig;
import dev.whippet.broker.BrokerException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code serve}: runs a broker until SIGTERM or SIGINT, which stop it gracefully. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    versionProvider = Main.VersionText.class,
    description = "Runs the broker until it is told to stop (SIGTERM, Ctrl-C).",
    footer = {
      "",
      "Later wins: configuration file, environment, flags. The file is TOML with the flags'",
      "names as keys (those of repeatable flags may be arrays), and root-password.",
      "Environment: WHIPPET_ and the flag's name, such as WHIPPET_SEGMENT_SIZE; also",
      "IGGY_TCP_ADDRESS, IGGY_ROOT_USERNAME, IGGY_ROOT_PASSWORD.",
      "Without a password, a random one is printed at each start.",
      "Exit status: 2 wrong setting, 1 could not start, 143 or 130 stopped by a signal."
    })
final class ServeCommand implements Callable<Integer> {

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      description =
          "Address for TCP and WebSocket alike; repeatable; replaces 127.0.0.1:8090 and"
              + " 127.0.0.1:8092. Port 0 takes a free one.")
  private List<String> listen;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Data directory, made when missing; default whippet-data.")
  private String data;

  @Option(names = "--loops", paramLabel = "N", description = "Event loops, 1 to 64; default: CPUs.")
  private String loops;

  @Option(
      names = "--transport",
      paramLabel = "NAME",
      description = "auto (default), io_uring, epoll or nio.")
  private String transport;

  @Option(
      names = "--segment-size",
      paramLabel = "SIZE",
      description = "Length of log files, 1MiB to 1GiB; default 64MiB.")
  private String segmentSize;

  @Option(
      names = "--durability",
      paramLabel = "LEVEL",
      description =
          "What a reply means: power (default; survives a power cut), interval (a power cut may"
              + " lose the last --sync-interval), process (survives kill -9 only). Repeatable;"
              + " STREAM/TOPIC=LEVEL, with * for any characters, is for some topics.")
  private List<String> durability;

  @Option(
      names = "--sync-interval",
      paramLabel = "TIME",
      description = "For the level interval; default 1s.")
  private String syncInterval;

  @Option(
      names = "--commit-delay",
      paramLabel = "TIME",
      description =
          "How long a small message waits for others to share its durable write: 0 (default; at"
              + " once), or a time, or flash (20ms): less wear where messages trickle in.")
  private String commitDelay;

  @Option(
      names = "--topic-expiry",
      paramLabel = "TIME",
      description = "Message expiry of topics made with the server's default; default never.")
  private String topicExpiry;

  @Option(
      names = "--topic-size",
      paramLabel = "SIZE",
      description = "Maximum size of topics made with the server's default; default unlimited.")
  private String topicSize;

  @Option(
      names = "--retention-size",
      paramLabel = "SIZE",
      description =
          "Above it the oldest messages of all go, a size or N%% of the disk; default 50%%.")
  private String retentionSize;

  @Option(
      names = "--disk-free",
      paramLabel = "SIZE",
      description =
          "Stays free: the oldest messages go, then sends are refused; a size or N%% of the disk;"
              + " default 5%%, at most 2GiB.")
  private String diskFree;

  @Option(
      names = "--consumer-protection",
      paramLabel = "TIME",
      description =
          "Age up to which messages that a consumer has not read outlast their topic's limits;"
              + " default 7d.")
  private String consumerProtection;

  @Option(
      names = "--allow-origin",
      paramLabel = "ORIGIN",
      description =
          "Pages of this origin may open WebSockets, too (scheme://host[:port], null or *);"
              + " default: only pages of the host they connect to. Repeatable.")
  private List<String> allowOrigin;

  @Option(
      names = "--websocket-protocol",
      paramLabel = "NAME",
      description = "Sub-protocol that WebSocket clients may ask for; default none. Repeatable.")
  private List<String> webSocketProtocol;

  @Option(
      names = "--websocket-compression",
      paramLabel = "ON|OFF",
      description = "Whether offers of permessage-deflate are taken up; default off.")
  private String webSocketCompression;

  @Option(
      names = "--websocket-fragment",
      paramLabel = "SIZE",
      description = "Longer WebSocket replies leave in frames of this size; default 256KiB.")
  private String webSocketFragment;

  @Option(
      names = "--root-username",
      paramLabel = "NAME",
      description = "Name of the root user; default iggy.")
  private String rootUsername;

  @Option(
      names = "--root-password-file",
      paramLabel = "FILE",
      description = "File whose text is the root user's password.")
  private String rootPasswordFile;

  @Option(names = "--config", paramLabel = "FILE", description = "TOML configuration file.")
  private Path config;

  @Spec private CommandSpec spec;

  private final Map<String, String> environment;

  ServeCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws InterruptedException, UsageException, BrokerException {
    BrokerConfig settings = settings();
    Broker broker = Broker.start(settings);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  broker.close();
                  stopped.countDown();
                },
                "whippet-stop"));
    broker.generatedRootPassword().ifPresent(password -> tell(settings, password));
    stopped.await();
    return 0;
  }

  BrokerConfig settings() throws UsageException {
    return new Settings().file(config).environment(environment).flags(flags()).build();
  }

  private Map<Setting, String> flags() {
    Map<Setting, String> flags = new EnumMap<>(Setting.class);
    flags.put(Setting.LISTEN, joined(listen));
    flags.put(Setting.DATA, data);
    flags.put(Setting.LOOPS, loops);
    flags.put(Setting.TRANSPORT, transport);
    flags.put(Setting.SEGMENT_SIZE, segmentSize);
    flags.put(Setting.DURABILITY, joined(durability));
    flags.put(Setting.SYNC_INTERVAL, syncInterval);
    flags.put(Setting.COMMIT_DELAY, commitDelay);
    flags.put(Setting.TOPIC_EXPIRY, topicExpiry);
    flags.put(Setting.TOPIC_SIZE, topicSize);
    flags.put(Setting.RETENTION_SIZE, retentionSize);
    flags.put(Setting.DISK_FREE, diskFree);
    flags.put(Setting.CONSUMER_PROTECTION, consumerProtection);
    flags.put(Setting.ALLOW_ORIGIN, joined(allowOrigin));
    flags.put(Setting.WEBSOCKET_PROTOCOL, joined(webSocketProtocol));
    flags.put(Setting.WEBSOCKET_COMPRESSION, webSocketCompression);
    flags.put(Setting.WEBSOCKET_FRAGMENT, webSocketFragment);
    flags.put(Setting.ROOT_USERNAME, rootUsername);
    flags.put(Setting.ROOT_PASSWORD_FILE, rootPasswordFile);
    return flags;
  }

  private static String joined(List<String> values) {
    return values == null ? null : String.join(",", values);
  }

  private void tell(BrokerConfig settings, String password) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        "root user "
            + settings.rootUsername()
            + ", password "
            + password
            + " (for this run; IGGY_ROOT_PASSWORD or --root-password-file sets one)");
    out.flush();
  }
}

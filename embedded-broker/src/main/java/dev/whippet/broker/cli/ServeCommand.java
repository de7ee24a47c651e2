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
      "names as keys (listen may be an array), and root-password.",
      "Environment: WHIPPET_LISTEN or IGGY_TCP_ADDRESS, WHIPPET_DATA, WHIPPET_LOOPS,",
      "WHIPPET_TRANSPORT, WHIPPET_SEGMENT_SIZE, IGGY_ROOT_USERNAME, IGGY_ROOT_PASSWORD,",
      "WHIPPET_ROOT_PASSWORD_FILE. Without a password, a random one is printed at each start.",
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
    flags.put(Setting.LISTEN, listen == null ? null : String.join(",", listen));
    flags.put(Setting.DATA, data);
    flags.put(Setting.LOOPS, loops);
    flags.put(Setting.TRANSPORT, transport);
    flags.put(Setting.SEGMENT_SIZE, segmentSize);
    flags.put(Setting.ROOT_USERNAME, rootUsername);
    flags.put(Setting.ROOT_PASSWORD_FILE, rootPasswordFile);
    return flags;
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

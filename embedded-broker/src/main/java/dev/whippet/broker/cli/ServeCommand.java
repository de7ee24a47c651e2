package dev.whippet.broker.cli;

import dev.whippet.broker.Broker;
import dev.whippet.broker.BrokerConfig;
import dev.whippet.broker.BrokerException;
import dev.whippet.broker.internal.net.Transport;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** {@code serve}: runs a broker until SIGTERM or SIGINT, which stop it gracefully. */
final class ServeCommand implements Callable<Integer> {

  private static final String CHECK = "--check-config";

  private final Map<String, String> environment;
  private final CommandSpec spec = CommandSpec.wrapWithoutInspection(this);
  private Thread ahead;

  ServeCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  /** Netty's classes and native library, while the settings are read: a quarter of a start. */
  void loadAhead() {
    ahead = new Thread(Transport::best, "whippet-ahead");
    ahead.start();
  }

  CommandLine commandLine() {
    describe();
    return new CommandLine(spec);
  }

  private void describe() {
    spec.name("serve").mixinStandardHelpOptions(true).versionProvider(new Main.VersionText());
    spec.usageMessage()
        .description("Runs the broker until it is told to stop (SIGTERM, Ctrl-C).")
        .footer(
            "",
            "Later wins: configuration file, environment, flags. The file is TOML with the flags'",
            "names as keys (those of repeatable flags may be arrays), and root-password.",
            "Environment: WHIPPET_ and the flag's name, such as WHIPPET_SEGMENT_SIZE; also Apache",
            "Iggy's own names where they mean the same (docs/SPEC.md lists them).",
            "Without a password, the first start of a data directory prints a random one, once, as",
            "does --reset-root.",
            "Exit status: 2 wrong setting, 1 could not start, 143 or 130 stopped by a signal.");
    SettingFlags.addTo(spec);
    spec.addOption(
        OptionSpec.builder(CHECK)
            .type(boolean.class)
            .description(
                "Says whether the settings are good, and the data directory, addresses and files of"
                    + " TLS that they name; starts nothing.")
            .build());
  }

  @Override
  public Integer call() throws InterruptedException, UsageException, BrokerException {
    Settings.strangers(environment).forEach(spec.commandLine().getErr()::println);
    BrokerConfig settings = SettingFlags.settings(spec, environment).build();
    if (spec.commandLine().getParseResult().hasMatchedOption(CHECK)) {
      Broker.check(settings);
      spec.commandLine().getOut().println("the configuration is good");
      return 0;
    }
    if (ahead != null) {
      ahead.join(); // nobody else initializes Netty's classes meanwhile
    }
    Broker broker = Broker.start(settings);
    broker.generatedRootPassword().ifPresent(password -> tell(settings, password));
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  broker.close();
                  stopped.countDown();
                },
                "whippet-stop"));
    IdleMemory.start();
    stopped.await();
    return 0;
  }

  private void tell(BrokerConfig settings, String password) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        "root user "
            + settings.rootUsername()
            + ", password "
            + password
            + " (told this once; it stays until it is changed, or set anew with --reset-root)");
    out.flush();
  }
}

package dev.whippet.broker.cli;

import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** {@code config show}: what {@code serve} would run with, and where each value comes from. */
final class ConfigCommand implements Callable<Integer> {

  private final Map<String, String> environment;
  private final CommandSpec spec = CommandSpec.wrapWithoutInspection(this);

  private ConfigCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  /** {@code config} with its one command. */
  static CommandLine commandLine(Map<String, String> environment) {
    ConfigCommand show = new ConfigCommand(environment);
    show.spec.name("show").mixinStandardHelpOptions(true);
    show.spec
        .usageMessage()
        .description(
            "Prints the effective settings as a configuration file, each with where it comes from;"
                + " secrets are hidden. Takes the flags of serve.");
    SettingFlags.addTo(show.spec);
    CommandSpec config = CommandSpec.create().name("config").mixinStandardHelpOptions(true);
    config.usageMessage().description("Looks at the configuration.");
    return new CommandLine(config).addSubcommand(new CommandLine(show.spec));
  }

  @Override
  public Integer call() throws UsageException {
    Settings settings = SettingFlags.settings(spec, environment);
    settings.build();
    settings.lines().forEach(spec.commandLine().getOut()::println);
    return 0;
  }
}

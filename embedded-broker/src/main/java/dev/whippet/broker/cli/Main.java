package dev.whippet.broker.cli;

import dev.whippet.broker.BrokerException;
import dev.whippet.broker.Version;
import dev.whippet.broker.internal.bench.BenchCommand;
import dev.whippet.broker.internal.inspect.InspectException;
import java.io.PrintWriter;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/**
 * The runnable file's commands. Logs go to stderr as text, answers to stdout.
 *
 * <p>Exit status: 0 done, 1 could not start (or, of {@code log verify}, damage), 2 wrong use.
 */
@Command(
    name = "whippet-broker",
    mixinStandardHelpOptions = true,
    versionProvider = Main.VersionText.class,
    description = "Edge messaging, compatible with Apache Iggy 0.8's classic wire.")
public final class Main {

  static final int COULD_NOT_START = 1;
  static final int WRONG_USE = 2;

  private static final String LOGGER = "org.slf4j.simpleLogger.";

  private Main() {}

  /**
   * Runs one command and ends the process with its exit status.
   *
   * @param arguments see {@code --help}
   */
  public static void main(String[] arguments) {
    logAsText();
    // Flight recorder events of buffers would cost a third of the start-up time
    defaultProperty("io.netty.jfr.enabled", "false");
    // With the manifest's Add-Opens: large buffers without zeroing them on the loop first
    defaultProperty("io.netty.tryReflectionSetAccessible", "true");
    System.exit(
        run(
            arguments,
            System.getenv(),
            new PrintWriter(System.out, true),
            new PrintWriter(System.err, true)));
  }

  static int run(
      String[] arguments, Map<String, String> environment, PrintWriter out, PrintWriter err) {
    CommandLine commands = new CommandLine(new Main());
    ServeCommand serve = new ServeCommand(environment);
    if (arguments.length > 0 && arguments[0].equals("serve")) {
      serve.loadAhead();
      commands.addSubcommand(serve.commandLine());
    } else { // their options are a third of a second
      commands.addSubcommand(serve.commandLine());
      commands.addSubcommand(ConfigCommand.commandLine(environment));
      commands.addSubcommand(new LogCommand());
      commands.addSubcommand(BenchCommand.commandLine());
    }
    commands.setOut(out);
    commands.setErr(err);
    commands.setParameterExceptionHandler(
        (wrong, given) -> {
          err.println(wrong.getMessage() + "; --help lists what there is");
          return WRONG_USE;
        });
    commands.setExecutionExceptionHandler((failure, command, given) -> answer(failure, err));
    if (arguments.length == 0) {
      commands.usage(err);
      return WRONG_USE;
    }
    return commands.execute(arguments);
  }

  /** One line for what the user can mend; anything else is ours, with its stack. */
  private static int answer(Exception failure, PrintWriter err) throws Exception {
    if (failure instanceof UsageException) {
      err.println(failure.getMessage());
      return WRONG_USE;
    }
    if (failure instanceof BrokerException || failure instanceof InspectException) {
      err.println(failure.getMessage());
      return COULD_NOT_START;
    }
    throw failure;
  }

  private static void logAsText() {
    defaultProperty(LOGGER + "showDateTime", "true");
    defaultProperty(LOGGER + "dateTimeFormat", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
    defaultProperty(LOGGER + "showShortLogName", "true");
    defaultProperty(LOGGER + "levelInBrackets", "false");
    defaultProperty(LOGGER + "log.io.netty", "warn");
  }

  private static void defaultProperty(String name, String value) {
    if (System.getProperty(name) == null) {
      System.setProperty(name, value);
    }
  }

  /** What {@code --version} prints. */
  static final class VersionText implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"whippet broker " + Version.text()};
    }
  }
}

package dev.whippet.samples.sensor;

import dev.whippet.Backlog;
import dev.whippet.Credentials;
import dev.whippet.Message;
import dev.whippet.Receipt;
import dev.whippet.WhippetClient;
import dev.whippet.WhippetException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * A device: takes this machine's readings at a steady rate and sends them, whether the broker is
 * there or not. Ends on SIGTERM or after {@code --seconds}, when what it stored has been delivered
 * (or the patience is over: the outbox keeps the rest for the next start).
 */
@Command(
    name = "sensor",
    mixinStandardHelpOptions = true,
    version = "whippet sensor 0.1.0",
    description = "Publishes this machine's readings through the Whippet SDK.",
    footer = {
      "",
      "User and password come from IGGY_USERNAME and IGGY_PASSWORD (default iggy, iggy).",
      "Exit status: 0 all delivered, 1 something is wrong, 2 wrong arguments, 3 a backlog is left."
    })
public final class SensorPublisher implements Callable<Integer> {

  /** The file below {@code --directory} that lists each record whose receipt said "stored". */
  public static final String LEDGER_FILE = "stored.ledger";

  private static final long FLUSH_SECONDS_MAX = 15;
  private static final int EXIT_BACKLOG = 3;

  @Option(
      names = "--url",
      defaultValue = "ws://127.0.0.1:8090",
      description = "ws:// or tcp:// address of the broker (${DEFAULT-VALUE})")
  private String url;

  @Option(
      names = "--stream",
      defaultValue = "readings",
      description = "made when missing (${DEFAULT-VALUE})")
  private String stream;

  @Option(
      names = "--topic",
      defaultValue = "sensors",
      description = "made when missing (${DEFAULT-VALUE})")
  private String topic;

  @Option(
      names = "--name",
      defaultValue = "sensor-1",
      description = "name in each reading, no spaces (${DEFAULT-VALUE})")
  private String name;

  @Option(
      names = "--rate",
      defaultValue = "100",
      description = "readings a second, 1 to 10000 (${DEFAULT-VALUE})")
  private int ratePerSecond;

  @Option(
      names = "--seconds",
      defaultValue = "0",
      description = "stop after that long; 0 = until SIGTERM (${DEFAULT-VALUE})")
  private long seconds;

  @Option(
      names = "--directory",
      defaultValue = "sensor-data",
      description = "outbox, ledger and run counter (${DEFAULT-VALUE})")
  private Path directory;

  @Option(
      names = "--status-millis",
      defaultValue = "1000",
      description = "how often to print a status line (${DEFAULT-VALUE})")
  private long statusMillis;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  private final CountDownLatch stopping = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);

  /** Runs the sample; see {@code --help}. */
  public static void main(String[] args) {
    System.setProperty("org.slf4j.simpleLogger.showDateTime", "true");
    System.exit(new CommandLine(new SensorPublisher()).execute(args));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    check("--rate", ratePerSecond, 1, 10_000);
    check("--status-millis", statusMillis, 10, 3_600_000);
    check("--seconds", seconds, 0, Integer.MAX_VALUE);
    if (name.isEmpty() || name.contains(" ")) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--name: '" + name + "' must be one word");
    }
    Files.createDirectories(directory);
    Runtime.getRuntime().addShutdownHook(new Thread(this::stopAndAwaitEnd, "stop"));
    try (Ledger ledger = Ledger.append(directory.resolve(LEDGER_FILE));
        WhippetClient client = open()) {
      return publish(client, ledger);
    } catch (WhippetException e) {
      System.err.println(e.getMessage());
      return CommandLine.ExitCode.SOFTWARE;
    } finally {
      ended.countDown();
    }
  }

  private WhippetClient open() {
    return WhippetClient.builder()
        .url(url)
        .credentials(
            Credentials.password(
                environment("IGGY_USERNAME", "iggy"), environment("IGGY_PASSWORD", "iggy")))
        .outbox(directory.resolve("outbox").toFile())
        .destination(stream, topic)
        .createIfMissing(1)
        .linger(5, TimeUnit.MILLISECONDS)
        .backoff(100, 2_000, TimeUnit.MILLISECONDS)
        .requestTimeout(2, TimeUnit.SECONDS)
        .open();
  }

  private int publish(WhippetClient client, Ledger ledger)
      throws IOException, InterruptedException {
    final ProcReadings readings = new ProcReadings();
    long sequence = nextRun() * Reading.RUN_SPAN;
    final long periodNanos = TimeUnit.SECONDS.toNanos(1) / ratePerSecond;
    final long start = System.nanoTime();
    final long endNanos = seconds == 0 ? Long.MAX_VALUE : TimeUnit.SECONDS.toNanos(seconds);
    long due = 0;
    long statusDue = 0;
    while (due < endNanos && !awaitStop(start + due - System.nanoTime())) {
      sequence++;
      send(client, ledger, new Reading(name, sequence, readings.next()));
      due += periodNanos;
      if (due >= statusDue) {
        printStatus(client);
        statusDue = due + TimeUnit.MILLISECONDS.toNanos(statusMillis);
      }
    }
    boolean delivered = client.flush(FLUSH_SECONDS_MAX, TimeUnit.SECONDS);
    printStatus(client);
    return delivered ? CommandLine.ExitCode.OK : EXIT_BACKLOG;
  }

  private void send(WhippetClient client, Ledger ledger, Reading reading) {
    byte[] payload = reading.toPayload();
    Ledger.Line line = Ledger.Line.of(name, reading.sequence(), payload);
    client.send(Message.of(payload), new WriteDown(ledger, line));
  }

  /** Writes a record down when its receipt says that it is on stable storage. */
  private static final class WriteDown implements Receipt.Listener {
    private final Ledger ledger;
    private final Ledger.Line line;
    private boolean written;

    WriteDown(Ledger ledger, Ledger.Line line) {
      this.ledger = ledger;
      this.line = line;
    }

    @Override
    public synchronized void changed(Receipt receipt) {
      boolean stored =
          receipt.state() == Receipt.State.STORED || receipt.state() == Receipt.State.DELIVERED;
      if (stored && !written) {
        written = true;
        ledger.write(List.of(line));
      }
    }
  }

  private void printStatus(WhippetClient client) {
    Backlog backlog = client.backlog();
    System.out.println(
        name
            + " state="
            + client.state()
            + " stored="
            + backlog.storedSequence()
            + " backlog="
            + backlog.messages());
  }

  /** Counts this directory's runs in a file, so that no run reuses another's sequences. */
  private long nextRun() throws IOException {
    Path file = directory.resolve("run");
    long run = Files.exists(file) ? Long.parseLong(Files.readString(file).trim()) + 1 : 1;
    Path replacement = directory.resolve("run.new");
    Files.writeString(replacement, Long.toString(run), StandardCharsets.US_ASCII);
    Files.move(
        replacement, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    return run;
  }

  private boolean awaitStop(long nanos) throws InterruptedException {
    return stopping.await(Math.max(0, nanos), TimeUnit.NANOSECONDS);
  }

  private void stopAndAwaitEnd() {
    stopping.countDown();
    try {
      ended.await(FLUSH_SECONDS_MAX + 5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void check(String option, long value, long min, long max) {
    if (value < min || value > max) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), option + ": " + value + " is not between " + min + " and " + max);
    }
  }

  private static String environment(String variable, String otherwise) {
    String value = System.getenv(variable);
    return value == null || value.isEmpty() ? otherwise : value;
  }
}

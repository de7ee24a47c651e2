package dev.whippet.samples.demo;

import dev.whippet.samples.sensor.Ledger;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The whole product on one screen: a broker and three sensors as processes of their own, a
 * consumer, three outages, and an account of every record at the end.
 */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    version = "whippet demo 0.1.0",
    description = "Broker, three sensors, three outages, an account; ends by itself in a minute.",
    footer = {"", "Exit status: 0 nothing lost, doubled or out of order; 1 otherwise."})
public final class Demo implements Callable<Integer> {

  static final String STREAM = "demo";
  static final String TOPIC = "readings";

  private static final int SENSORS = 3;
  private static final long POLL_MILLIS = 250;
  private static final long SENSOR_START_SECONDS_MAX = 10;
  private static final long DRAIN_SECONDS_MAX = 10;

  /** One turn of the story: what happens, when (seconds from the start), and what is said of it. */
  private record Act(int atSecond, String story, Step step) {}

  private interface Step {
    void run() throws IOException;
  }

  @Option(
      names = "--rate",
      defaultValue = "100",
      description = "readings a second of each sensor, 1 to 10000 (${DEFAULT-VALUE})")
  private int ratePerSecond;

  @Option(names = "--plain", description = "plain lines even on a terminal")
  private boolean plain;

  @Option(
      names = "--broker-jar",
      description = "the runnable broker (default: the one built beside this file)")
  private Path brokerJar;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  private final List<SensorProcess> sensors = new ArrayList<>();
  private Screen screen;
  private Watch watch;
  private long receivedBefore;
  private long frameBeforeNanos;

  /** Runs the demo; see {@code --help}. */
  public static void main(String[] args) {
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error");
    System.exit(new CommandLine(new Demo()).execute(args));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (ratePerSecond < 1 || ratePerSecond > 10_000) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--rate: " + ratePerSecond + " is not between 1 and 10000");
    }
    Path jar = brokerJar == null ? builtBrokerJar() : brokerJar;
    if (!Files.isRegularFile(jar)) {
      System.err.println(
          "No broker at " + jar + ": build it with ./demo, or name it by --broker-jar");
      return CommandLine.ExitCode.SOFTWARE;
    }
    screen = new Screen(!plain && System.console() != null);
    try (Children children = new Children()) {
      return run(children, jar);
    } catch (IOException e) {
      System.err.println(e.getMessage());
      return CommandLine.ExitCode.SOFTWARE;
    }
  }

  private int run(Children children, Path jar) throws IOException, InterruptedException {
    BrokerProcess broker = new BrokerProcess(children, jar);
    broker.start();
    screen.say(broker.startLine());
    Path receivedLedger = children.directory().resolve("received.ledger");
    try (StallProxy link =
        new StallProxy(new InetSocketAddress(InetAddress.getLoopbackAddress(), broker.port()))) {
      watch = new Watch(broker.port(), receivedLedger);
      for (int i = 1; i <= SENSORS; i++) {
        SensorProcess sensor =
            new SensorProcess(children, "sensor-" + i, link.port(), ratePerSecond);
        sensors.add(sensor);
        sensor.start();
      }
      awaitSensors();
      play(story(broker, link));
      boolean drained = stopSensors();
      watch.close();
      return account(receivedLedger, drained);
    }
  }

  /** Lets the slowest sensor's process start before the clock does. */
  private void awaitSensors() {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SENSOR_START_SECONDS_MAX);
    while (System.nanoTime() < end
        && !sensors.stream().allMatch(sensor -> sensor.state().equals("LIVE"))) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS));
    }
  }

  private List<Act> story(BrokerProcess broker, StallProxy link) {
    SensorProcess victim = sensors.get(1);
    String name = victim.name();
    return List.of(
        new Act(0, "all is well", () -> {}),
        new Act(5, "the broker was killed (SIGKILL); sensors keep measuring", broker::kill),
        new Act(9, "the broker starts again on the same data", broker::launch),
        new Act(15, name + " was killed (SIGKILL)", victim::kill),
        new Act(18, name + " starts again on the same outbox", victim::start),
        new Act(24, "the link stalls: nothing moves, nothing closes", link::stall),
        new Act(29, "the link is back", link::resume),
        new Act(36, "stopping: sensors deliver what they stored", () -> {}));
  }

  private void play(List<Act> acts) throws IOException {
    final long start = System.nanoTime();
    final int lastSecond = acts.get(acts.size() - 1).atSecond;
    frameBeforeNanos = start;
    receivedBefore = watch.received();
    watch.takeLatencies();
    int next = 0;
    String story = "";
    long elapsedSeconds = 0;
    while (elapsedSeconds < lastSecond) {
      if (elapsedSeconds >= acts.get(next).atSecond) {
        Act act = acts.get(next++);
        act.step.run();
        story = act.story;
        if (act.atSecond > 0) {
          screen.say(String.format("%3d s  %s", elapsedSeconds, story));
        }
      }
      draw(elapsedSeconds, story);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(screen.frameMillis()));
      elapsedSeconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
    }
    screen.say(String.format("%3d s  %s", elapsedSeconds, acts.get(acts.size() - 1).story));
  }

  private void draw(long elapsedSeconds, String story) {
    long now = System.nanoTime();
    long received = watch.received();
    double seconds = Math.max(1, now - frameBeforeNanos) / 1e9;
    Histogram latencies = watch.takeLatencies();
    screen.show(
        new Screen.View(
            elapsedSeconds,
            story,
            (received - receivedBefore) / seconds,
            millis(latencies, 50),
            millis(latencies, 99),
            received,
            sensors));
    receivedBefore = received;
    frameBeforeNanos = now;
  }

  private static double millis(Histogram micros, double percentile) {
    return micros.getTotalCount() == 0
        ? Double.NaN
        : micros.getValueAtPercentile(percentile) / 1000.0;
  }

  /** Ends the sensors and waits until the consumer has nothing new to read. */
  private boolean stopSensors() throws InterruptedException {
    sensors.forEach(SensorProcess::stop);
    boolean ended = true;
    for (SensorProcess sensor : sensors) {
      ended &= sensor.awaitExit(DRAIN_SECONDS_MAX);
    }
    long before;
    do {
      before = watch.received();
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(4 * POLL_MILLIS));
    } while (watch.received() != before);
    return ended;
  }

  private int account(Path receivedLedger, boolean drained) throws IOException {
    List<Ledger.Line> stored = new ArrayList<>();
    for (SensorProcess sensor : sensors) {
      stored.addAll(Ledger.read(sensor.ledger()));
    }
    Account account = Account.of(stored, Ledger.read(receivedLedger));
    screen.say("");
    screen.say(account.render());
    if (!drained) {
      screen.say("A sensor still had a backlog after " + DRAIN_SECONDS_MAX + " s.");
    }
    boolean clean = account.clean() && account.entries().size() == SENSORS;
    screen.say(
        clean
            ? "Every stored reading arrived once and in order."
            : "NOT every stored reading arrived once and in order.");
    return clean ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  private static Path builtBrokerJar() {
    try {
      Path here = Path.of(Demo.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return here.resolve("../../../embedded-broker/target/whippet-broker-app.jar").normalize();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}

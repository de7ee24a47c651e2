package dev.whippet.broker.internal.bench.hostile;

import dev.whippet.broker.internal.bench.client.BenchConnection;
import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Frame;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.broker.internal.bench.load.Run;
import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.broker.internal.bench.measure.Meter;
import dev.whippet.broker.internal.bench.measure.Timeline;
import dev.whippet.broker.internal.bench.result.Figure;
import dev.whippet.broker.internal.bench.result.GroupResult;
import dev.whippet.broker.internal.bench.result.RunResult;
import dev.whippet.broker.internal.bench.result.StageResult;
import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.MessageRecords;
import dev.whippet.internal.wire.Partitioning;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.TopicSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import okio.Buffer;

/**
 * One client publishes small messages, one each {@link #PACE_MILLIS}: alone, and while hundreds of
 * hostile peers of one {@link Attack} are connected, in turns, so that what else the machine does
 * is in both. Then the next attack. What each costs that client and the server.
 */
public final class HostileRun implements Run {
  private static final String STREAM = "bench-hostile";
  private static final String TOPIC = "topic-1";
  private static final int MESSAGE_BYTES = 256;
  private static final long PACE_MILLIS = 2;

  /** Attackers are given so long to connect before it counts. */
  private static final long SETTLE_MILLIS = 300;

  private final Target target;
  private final List<Attack> attacks;
  private final Force force;
  private final long serverPid;
  private volatile boolean interrupted;

  /**
   * How much of each attack.
   *
   * @param seconds of each round, attacked and alone
   * @param bytesPerSecond of all attackers together: what the link carries
   */
  public record Force(int attackers, double seconds, int rounds, long bytesPerSecond) {}

  /**
   * Prepares a run.
   *
   * @param serverPid 0 = its memory can't be seen
   */
  public HostileRun(Target target, List<Attack> attacks, Force force, long serverPid) {
    this.target = target;
    this.attacks = attacks;
    this.force = force;
    this.serverPid = serverPid;
  }

  @Override
  public RunResult run(Consumer<String> progress) throws BenchException, InterruptedException {
    List<StageResult> stages = new ArrayList<>();
    try (BenchConnection client = BenchConnection.open(target, BenchConnection.SMALL_BYTES)) {
      create(client);
      Frame frame = client.prepare(message());
      publish(client, frame, force.seconds()); // warm
      for (Attack attack : attacks) {
        if (!interrupted) {
          rounds(attack, client, frame, stages, progress);
        }
      }
      delete(client);
    } catch (IOException e) {
      throw new BenchException("hostile: the well-behaved client: " + e.getMessage(), e);
    }
    return new RunResult("hostile", target.url(), stages, interrupted);
  }

  @Override
  public void interrupt() {
    interrupted = true;
  }

  /** Alone, attacked, alone, attacked: two stages. */
  private void rounds(
      Attack attack,
      BenchConnection client,
      Frame frame,
      List<StageResult> stages,
      Consumer<String> progress)
      throws IOException, InterruptedException {
    Phase quiet = new Phase();
    Phase attacked = new Phase();
    for (int round = 1; round <= force.rounds() && !interrupted; round++) {
      progress.accept(
          "hostile: " + force.attackers() + " x " + attack.label() + ", round " + round);
      quiet.measure(client, frame);
      try (Attackers attackers =
          new Attackers(attack, target, force.attackers(), force.bytesPerSecond())) {
        TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
        attacked.measure(client, frame);
        attacked.add(attackers);
      }
    }
    stages.add(quiet.result("before " + attack.label(), 0));
    stages.add(attacked.result(attack.label(), quiet.latencies.percentileMillis(99)));
  }

  /** The same again and again. */
  private final class Phase {
    private Latencies latencies = new Latencies();
    private Meter.Usage usage;
    private double seconds;
    private double serverSeconds;
    private final Map<String, Double> hostile = new LinkedHashMap<>();

    void measure(BenchConnection client, Frame frame) throws IOException, InterruptedException {
      Meter meter = new Meter(serverPid, null);
      meter.start();
      latencies = Latencies.merged(List.of(latencies, publish(client, frame, force.seconds())));
      usage = meter.stop();
      seconds += usage.seconds();
      serverSeconds += usage.serverSeconds();
    }

    void add(Attackers attackers) {
      for (Figure figure : figures(attackers)) {
        hostile.merge(figure.name(), figure.value(), Double::sum);
      }
    }

    StageResult result(String name, double quietMillis) {
      long count = latencies.count();
      GroupResult group =
          new GroupResult(
              "well-behaved", latencies, new Timeline(), count, count * MESSAGE_BYTES, seconds);
      List<Figure> figures = new ArrayList<>();
      if (quietMillis > 0) {
        double p99 = latencies.percentileMillis(99);
        figures.add(new Figure("p99, times the quiet one", p99 / quietMillis, ""));
      }
      hostile.forEach((figure, value) -> figures.add(new Figure(figure, value, "")));
      figures.add(new Figure("server CPU", serverSeconds / seconds * 100, "%"));
      figures.add(new Figure("server RSS", usage.serverResidentBytes() / 1048576.0, "MiB"));
      return new StageResult(name, List.of(group), figures, usage, null);
    }
  }

  private static List<Figure> figures(Attackers attackers) {
    List<Figure> figures = new ArrayList<>();
    figures.add(new Figure("hostile connections", attackers.connected(), ""));
    figures.add(new Figure("of them ended by the server", attackers.ended(), ""));
    for (Map.Entry<Integer, Long> code : attackers.closeCodes().entrySet()) {
      if (code.getKey() > 0) {
        figures.add(new Figure("with close code " + code.getKey(), code.getValue(), ""));
      }
    }
    figures.add(new Figure("hostile MiB", attackers.sentBytes() / 1048576.0, ""));
    return figures;
  }

  /** Of each reply, from its request on. */
  private Latencies publish(BenchConnection client, Frame frame, double seconds)
      throws IOException, InterruptedException {
    Latencies latencies = new Latencies();
    long end = System.nanoTime() + (long) (seconds * 1e9);
    while (System.nanoTime() < end && !interrupted) {
      long start = System.nanoTime();
      client.send(frame);
      int status = client.receive().status();
      latencies.record(System.nanoTime() - start);
      if (status != 0) {
        throw new IOException("status " + status);
      }
      TimeUnit.MILLISECONDS.sleep(PACE_MILLIS);
    }
    return latencies;
  }

  private static Buffer message() {
    MessageRecords records = new MessageRecords();
    records.add(1, 0, 0, new byte[MESSAGE_BYTES], null);
    Buffer request = new Buffer();
    Requests.sendMessages(
        request,
        Identifier.named(STREAM),
        Identifier.named(TOPIC),
        Partitioning.partition(0),
        records);
    return request;
  }

  private static void create(BenchConnection client) throws BenchException {
    Buffer request = new Buffer();
    Requests.getStream(request, Identifier.named(STREAM));
    if (client.ask(request, "looking for a stream").size() > 0) {
      delete(client);
    }
    Requests.createStream(request, STREAM);
    client.ask(request, "creating " + STREAM);
    Requests.createTopic(request, Identifier.named(STREAM), TOPIC, 1, TopicSettings.DEFAULT);
    client.ask(request, "creating a topic");
  }

  private static void delete(BenchConnection client) throws BenchException {
    Buffer request = new Buffer();
    Requests.deleteStream(request, Identifier.named(STREAM));
    client.ask(request, "deleting " + STREAM);
  }
}

package dev.whippet.broker.internal.bench.load;

import dev.whippet.Backlog;
import dev.whippet.Credentials;
import dev.whippet.Message;
import dev.whippet.OverflowPolicy;
import dev.whippet.Receipt;
import dev.whippet.WhippetClient;
import dev.whippet.WhippetException;
import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.broker.internal.bench.measure.Meter;
import dev.whippet.broker.internal.bench.measure.Pace;
import dev.whippet.broker.internal.bench.result.Figure;
import dev.whippet.broker.internal.bench.result.RunResult;
import dev.whippet.broker.internal.bench.result.StageResult;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Producers with an outbox (the SDK) go through an outage.
 *
 * <pre>
 * online for a moment - cut for so many seconds, producers go on - back: drain while they go on
 * </pre>
 *
 * <p>Counts the backlog, the time until it is delivered, the rate of that, and how long new
 * messages take meanwhile. In the end the server must have every message exactly once (a server
 * without Whippet's extension may have some twice; fewer is always a failure).
 */
public final class OutageRun implements Run {

  private static final int ONLINE_MILLIS = 1_000;
  private static final long OUTBOX_BYTES_MAX = 4L << 30;
  private static final long OUTBOX_MESSAGES_MAX = 100_000_000;

  /** Every so many-th message of the drain is followed from send to delivery. */
  private static final int SAMPLE_EVERY = 16;

  private final LoadPlan plan;
  private final double outageSeconds;
  private final Path directory;
  private final Meter meter;
  private final Latencies duringDrain = new Latencies();
  private volatile Throwable failure;
  private volatile boolean draining;
  private volatile boolean over;
  private volatile boolean interrupted;

  /**
   * Prepares a run.
   *
   * @param plan its requests a second are messages of all producers; 0 = as fast as the outbox
   *     takes them during the outage, and none afterwards
   * @param directory for the outboxes; emptied by nobody
   */
  public OutageRun(LoadPlan plan, double outageSeconds, Path directory, Meter meter) {
    this.plan = plan;
    this.outageSeconds = outageSeconds;
    this.directory = directory;
    this.meter = meter;
  }

  @Override
  public RunResult run(Consumer<String> progress) throws BenchException, InterruptedException {
    Streams streams = new Streams(plan.target(), 1, plan.shape().partitions());
    streams.create(false);
    Target target = plan.target();
    List<WhippetClient> clients = new ArrayList<>();
    try (CutOff network = new CutOff(new InetSocketAddress(target.host(), target.port()))) {
      Target through = target.at("127.0.0.1", network.port());
      for (int i = 0; i < plan.shape().producers(); i++) {
        clients.add(client(through, i));
      }
      return measure(network, clients, streams, progress);
    } catch (IOException e) {
      throw new BenchException("outage: " + e.getMessage(), e);
    } catch (WhippetException e) {
      throw new BenchException("outage: " + e.getMessage(), e);
    } finally {
      over = true;
      clients.forEach(WhippetClient::close);
    }
  }

  @Override
  public void interrupt() {
    interrupted = true;
  }

  private WhippetClient client(Target target, int index) throws IOException {
    File outbox = directory.resolve("outbox-" + index).toFile();
    Files.createDirectories(outbox.toPath());
    return WhippetClient.builder()
        .url(target.url())
        .credentials(Credentials.password(target.user(), target.password()))
        .outbox(outbox)
        .outboxBounds(OUTBOX_BYTES_MAX, OUTBOX_MESSAGES_MAX)
        .overflow(OverflowPolicy.block(10, TimeUnit.SECONDS))
        .destination(Streams.name(0), Streams.TOPIC)
        .backoff(50, 200, TimeUnit.MILLISECONDS)
        .open();
  }

  private RunResult measure(
      CutOff network, List<WhippetClient> clients, Streams streams, Consumer<String> progress)
      throws BenchException, InterruptedException, IOException {
    boolean paced = plan.volume().requestsPerSecond() > 0;
    List<Thread> producers = new ArrayList<>();
    for (WhippetClient client : clients) {
      client.send(Message.of(new byte[plan.messageBytes().min()]));
    }
    progress.accept("outage: online");
    pause(ONLINE_MILLIS);
    network.cut();
    for (WhippetClient client : clients) {
      Thread producer = new Thread(() -> produce(client, paced), "bench-outage");
      producer.setDaemon(true);
      producers.add(producer);
      producer.start();
    }
    progress.accept("outage: cut for " + outageSeconds + " s");
    pause((long) (outageSeconds * 1000));
    over = !paced;
    for (Thread producer : paced ? List.<Thread>of() : producers) {
      producer.join();
    }
    awaitStored(clients);
    long backlog = 0;
    long backlogBytes = 0;
    long[] last = new long[clients.size()];
    for (int i = 0; i < last.length; i++) {
      Backlog state = clients.get(i).backlog();
      backlog += state.messages();
      backlogBytes += state.bytes();
      last[i] = state.lastSequence();
    }
    meter.start();
    draining = true;
    network.restore();
    long start = System.nanoTime();
    clients.forEach(WhippetClient::networkAvailable);
    double seconds = drain(clients, last, start, progress);
    Meter.Usage usage = meter.stop();
    over = true;
    for (Thread producer : producers) {
      producer.join();
    }
    List<Figure> figures = new ArrayList<>();
    figures.add(new Figure("backlog", backlog, "messages"));
    figures.add(new Figure("backlog, bytes", backlogBytes / 1e6, "MB"));
    figures.add(new Figure("drained in", seconds, "s"));
    figures.add(new Figure("rate while draining", backlog / seconds, "messages/s"));
    figures.add(new Figure("new messages meanwhile", duringDrain.count() * SAMPLE_EVERY, ""));
    figures.add(new Figure("their p99 to delivery", duringDrain.percentileMillis(99), "ms"));
    StageResult stage =
        new StageResult("outage", List.of(), figures, usage, check(clients, streams));
    return new RunResult("outage", plan.target().url(), List.of(stage), interrupted);
  }

  private void produce(WhippetClient client, boolean paced) {
    byte[] payload = new byte[plan.messageBytes().max()];
    new Random(1).nextBytes(payload);
    Pace pace =
        Pace.perSecond(plan.volume().requestsPerSecond() / Math.max(1, plan.shape().producers()));
    pace.start(System.nanoTime());
    try {
      for (long i = 0; !over && !interrupted; i++) {
        long intended = pace.await(i);
        Message message = Message.of(payload);
        if (paced && draining && i % SAMPLE_EVERY == 0) {
          client.send(message, receipt -> followed(receipt, intended));
        } else {
          client.send(message);
        }
      }
    } catch (WhippetException e) {
      failure = e;
    }
  }

  private void followed(Receipt receipt, long intended) {
    if (receipt.state() == Receipt.State.DELIVERED) {
      long nanos = System.nanoTime() - intended;
      synchronized (duringDrain) {
        duringDrain.record(nanos);
      }
    }
  }

  private void awaitStored(List<WhippetClient> clients) throws InterruptedException {
    for (WhippetClient client : clients) {
      long last = client.backlog().lastSequence();
      while (client.backlog().storedSequence() < last && !interrupted) {
        TimeUnit.MILLISECONDS.sleep(1);
      }
    }
  }

  /** Waits until what was there at the end of the outage is delivered; how long that took. */
  private double drain(
      List<WhippetClient> clients, long[] last, long start, Consumer<String> progress)
      throws InterruptedException {
    long end = start + (long) (plan.volume().stallSeconds() * 10e9);
    for (int i = 0; i < last.length; i++) {
      while (clients.get(i).backlog().deliveredSequence() < last[i] && !interrupted) {
        TimeUnit.MILLISECONDS.sleep(1);
        if (System.nanoTime() > end) {
          failure = new BenchException("not drained, " + clients.get(i).status().reason());
          return (System.nanoTime() - start) / 1e9;
        }
      }
      progress.accept("outage: client " + (i + 1) + " of " + last.length + " has drained");
    }
    return (System.nanoTime() - start) / 1e9;
  }

  private String check(List<WhippetClient> clients, Streams streams)
      throws InterruptedException, BenchException {
    if (failure != null) {
      return "outage: " + failure.getMessage();
    }
    long sent = 0;
    for (WhippetClient client : clients) {
      if (!client.flush((long) plan.volume().stallSeconds(), TimeUnit.SECONDS) && !interrupted) {
        return "outage: " + client.backlog().messages() + " messages are not delivered";
      }
      sent += client.backlog().lastSequence();
    }
    long stored = streams.messages();
    return stored >= sent || interrupted
        ? null
        : "outage: the server has " + stored + " of " + sent + " messages";
  }

  private void pause(long millis) throws InterruptedException {
    long end = System.nanoTime() + millis * 1_000_000;
    while (!interrupted && System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }
}

package dev.whippet.broker.internal.bench.load;

import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.broker.internal.bench.measure.Meter;
import dev.whippet.broker.internal.bench.measure.Timeline;
import dev.whippet.broker.internal.bench.result.Figure;
import dev.whippet.broker.internal.bench.result.GroupResult;
import dev.whippet.broker.internal.bench.result.RunResult;
import dev.whippet.broker.internal.bench.result.StageResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Many clients reconnect at the same moment: connect, log in, publish one message each. Meanwhile
 * one client that never lost its connection publishes one message after the other; its longest
 * round trip is the stall that the storm causes.
 */
public final class StormRun implements Run {

  private static final long STACK_BYTES = 128 << 10;
  private static final int QUIET_MILLIS = 1_000;

  private final LoadPlan plan;
  private final Meter meter;
  private final Latencies bystanderQuiet = new Latencies();
  private final Latencies bystanderStorm = new Latencies();
  private final AtomicReference<String> failure = new AtomicReference<>();
  private final AtomicInteger publishing = new AtomicInteger();
  private volatile boolean storming;
  private volatile boolean over;
  private volatile boolean interrupted;

  /** Prepares a run with {@code plan.shape().producers()} clients. */
  public StormRun(LoadPlan plan, Meter meter) {
    this.plan = plan;
    this.meter = meter;
  }

  /** One client: what it took from connecting to the acknowledgement of its first message. */
  private final class Client extends Thread {
    private final Place place;
    private final CountDownLatch go;
    private volatile long nanos;

    Client(int index, CountDownLatch go) {
      super(null, null, "bench-storm", STACK_BYTES);
      this.place = new Place(Streams.name(0), Streams.TOPIC, index % plan.shape().partitions());
      this.go = go;
      setDaemon(true);
    }

    @Override
    public void run() {
      ProducerWork work = new ProducerWork(plan, place, false);
      try {
        go.await();
        long start = System.nanoTime();
        work.open();
        work.request(new Tally());
        nanos = System.nanoTime() - start;
        publishing.incrementAndGet();
      } catch (IOException | BenchException e) {
        failure.compareAndSet(null, "storm: " + e.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } finally {
        work.close();
      }
    }
  }

  @Override
  public RunResult run(Consumer<String> progress) throws BenchException, InterruptedException {
    Streams streams = new Streams(plan.target(), 1, plan.shape().partitions());
    streams.create(false);
    Thread bystander = new Thread(this::standBy, "bench-bystander");
    bystander.setDaemon(true);
    bystander.start();
    CountDownLatch go = new CountDownLatch(1);
    List<Client> clients = new ArrayList<>();
    for (int i = 0; i < plan.shape().producers(); i++) {
      Client client = new Client(i, go);
      clients.add(client);
      client.start();
    }
    TimeUnit.MILLISECONDS.sleep(QUIET_MILLIS);
    try {
      meter.start();
      storming = true;
      long start = System.nanoTime();
      go.countDown();
      await(clients, progress);
      double seconds = (System.nanoTime() - start) / 1e9;
      over = true;
      bystander.join(TimeUnit.SECONDS.toMillis(10));
      return result(clients, seconds);
    } catch (IOException e) {
      throw new BenchException("the machine's counters can't be read: " + e, e);
    } finally {
      over = true;
    }
  }

  @Override
  public void interrupt() {
    interrupted = true;
  }

  private void await(List<Client> clients, Consumer<String> progress) throws InterruptedException {
    long end = System.nanoTime() + (long) (plan.volume().stallSeconds() * 1e9);
    for (Client client : clients) {
      while (client.isAlive() && !interrupted) {
        client.join(50);
        progress.accept(
            "storm: " + publishing + " of " + clients.size() + " clients publish again");
        if (System.nanoTime() > end) {
          failure.compareAndSet(
              null, "storm: " + (clients.size() - publishing.get()) + " clients never published");
          return;
        }
      }
    }
  }

  private void standBy() {
    Place place = new Place(Streams.name(0), Streams.TOPIC, 0);
    ProducerWork work = new ProducerWork(plan, place, false);
    Tally tally = new Tally();
    try {
      work.open();
      while (!over) {
        boolean inStorm = storming;
        long start = System.nanoTime();
        work.request(tally);
        long nanos = System.nanoTime() - start;
        (inStorm ? bystanderStorm : bystanderQuiet).record(nanos);
        TimeUnit.MILLISECONDS.sleep(1);
      }
    } catch (IOException | BenchException e) {
      failure.compareAndSet(null, "storm: the unaffected client: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      work.close();
    }
  }

  private RunResult result(List<Client> clients, double seconds) throws IOException {
    Latencies reconnect = new Latencies();
    Timeline timeline = new Timeline();
    for (Client client : clients) {
      if (client.nanos > 0) {
        reconnect.record(client.nanos);
        timeline.add(client.nanos, plan.messageBytes().max(), 1);
      }
    }
    long count = reconnect.count();
    List<GroupResult> groups =
        List.of(
            new GroupResult(
                "reconnecting",
                reconnect,
                timeline,
                count,
                count * plan.messageBytes().max(),
                seconds));
    List<Figure> figures =
        List.of(
            new Figure("all logged in and publishing after", seconds, "s"),
            new Figure("unaffected client, before, p50", bystanderQuiet.percentileMillis(50), "ms"),
            new Figure("unaffected client, before, longest", bystanderQuiet.maxMillis(), "ms"),
            new Figure("unaffected client, storm, p50", bystanderStorm.percentileMillis(50), "ms"),
            new Figure("unaffected client, storm, longest", bystanderStorm.maxMillis(), "ms"));
    StageResult stage = new StageResult("storm", groups, figures, meter.stop(), failure.get());
    return new RunResult("storm", plan.target().url(), List.of(stage), interrupted);
  }
}

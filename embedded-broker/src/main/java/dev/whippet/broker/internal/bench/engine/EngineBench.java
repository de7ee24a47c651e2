package dev.whippet.broker.internal.bench.engine;

import dev.whippet.broker.internal.bench.limits.BareWrites;
import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.broker.internal.bench.measure.Medians;
import dev.whippet.broker.internal.bench.result.Finding;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.broker.internal.log.engine.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Measures the log, one figure after the other, in about a minute. What is compared takes turns in
 * one run, a pair a round; the interval of the ratio's median is from ranks ({@link Medians}).
 */
public final class EngineBench {
  private static final int ROUNDS = 9;
  private static final int HEADER_BYTES = 64;
  private static final int PARTITIONS = 1_000;
  private static final int DEVICES = 1_000;
  private static final int DEVICE_PARTITIONS = 100;
  private static final int SLOW_SYNC_MILLIS = 10;
  private static final int KIBIBYTE = 1 << 10;

  private final Path directory;
  private final double share;
  private final Consumer<Finding> found;

  /**
   * @param directory on the disk to be measured
   * @param share of the usual times, and of partitions when below 1
   * @param found hears each figure as it comes
   */
  public EngineBench(Path directory, double share, Consumer<Finding> found) {
    this.directory = directory;
    this.share = share;
    this.found = found;
  }

  /** Blocks. */
  public void run() throws IOException {
    commit("durable commit of 4 KiB / the same write", 1, 4 * KIBIBYTE - 192, 1.15, true);
    commit("durable commit of 1 MB / the same write", 1000, 1000, 1.15, true);
    commit("  the same, every segment a new file", 1000, 1000, Double.NaN, false);
    gathered();
    manyProducers();
    manyPartitions();
    slowDisk();
    processLevel();
  }

  /**
   * One producer; its batches against writes of as many blocks, on the same ring.
   *
   * @param retaining whether old segments become new ones, so that blocks are there
   */
  private void commit(String name, int messages, int payloadBytes, double goal, boolean retaining)
      throws IOException {
    double[] log = new double[ROUNDS];
    double[] raw = new double[ROUNDS];
    try (EngineLoop engine = start(true)) {
      List<PartitionLog> one = engine.partitions(1, Durability.POWER);
      Producers producer = new Producers(engine, one, 1, messages, payloadBytes);
      if (retaining) {
        producer.retaining();
      }
      int blocks = blocks(producer.bytes() + HEADER_BYTES);
      producer.run(2 * share, 0.1);
      for (int i = 0; i < ROUNDS; i++) {
        log[i] = producer.run(0.05, 0.5 * share).percentileMillis(50);
        int count = Math.max(10, (int) (500 * share / log[i]));
        raw[i] = bare(engine, blocks, count).percentileMillis(50);
      }
    }
    ratio(name, log, raw, goal, true, "ms");
  }

  private static int blocks(int bytes) {
    return (bytes + 4 * KIBIBYTE - 1) / (4 * KIBIBYTE) * 4 * KIBIBYTE;
  }

  private static Latencies bare(EngineLoop engine, int bytes, int count) throws IOException {
    return BareWrites.durable(engine.loop(), engine.directory().resolve("raw"), bytes, count);
  }

  /** Batches too small to be written from where they stand: several are copied for one write. */
  private void gathered() throws IOException {
    double[] log = new double[ROUNDS];
    double[] raw = new double[ROUNDS];
    double seconds = 0.5 * share;
    try (EngineLoop engine = start(true)) {
      List<PartitionLog> one = engine.partitions(1, Durability.POWER);
      Producers producers = new Producers(engine, one, 8, 250, 1000).retaining();
      producers.run(2 * share, 0.1);
      for (int i = 0; i < ROUNDS; i++) {
        log[i] = producers.run(0.05, seconds).count() * producers.bytes() / seconds / 1e6;
        Latencies bare =
            bare(engine, 4 * blocks(producers.bytes()), (int) Math.max(10, 700 * share));
        raw[i] = 4 * producers.bytes() / bare.averageMillis() / 1e3;
      }
    }
    ratio(
        "8 producers of 266 KB, one partition / 1 MB writes", log, raw, Double.NaN, false, "MB/s");
  }

  private void manyProducers() throws IOException {
    int producing = 64;
    try (EngineLoop engine = start(true)) {
      List<PartitionLog> one = engine.partitions(1, Durability.POWER);
      Producers producers = new Producers(engine, one, producing, 1, KIBIBYTE).retaining();
      double seconds = 3 * share;
      Latencies latencies = producers.run(4 * share, seconds);
      double rate = latencies.count() / seconds;
      int together = blocks(producing * (producers.bytes() + 2 * HEADER_BYTES));
      double bare = bare(engine, together, (int) Math.max(10, 2000 * share)).averageMillis();
      found.accept(
          new Finding(
              "64 producers of 1 KiB, one partition",
              rate,
              300_000,
              false,
              "acks/s",
              of(latencies)
                  + String.format(
                      Locale.ROOT,
                      "; a write of all 64 (%d KiB) %.3f ms, %.0f acks/s",
                      together / KIBIBYTE,
                      bare,
                      producing * 1000 / bare)));
      found.accept(
          new Finding(
              "  the same: p99 / p50",
              latencies.percentileMillis(99) / latencies.percentileMillis(50),
              3,
              true,
              "x",
              ""));
    }
  }

  /** A message for each partition and round: committed together, against each for itself. */
  private void manyPartitions() throws IOException {
    double[] together = new double[ROUNDS];
    double[] each = new double[ROUNDS];
    try (EngineLoop shared = start(true);
        EngineLoop apart = start(false)) {
      int count = (int) Math.max(10, Math.min(1, share) * PARTITIONS);
      Rounds ofShared = new Rounds(shared, shared.partitions(count, Durability.POWER), 256);
      Rounds ofApart = new Rounds(apart, apart.partitions(count, Durability.POWER), 256);
      ofShared.run(1 * share);
      ofApart.run(1 * share);
      for (int i = 0; i < ROUNDS; i++) {
        together[i] = ofShared.run(0.4 * share);
        each[i] = ofApart.run(0.4 * share);
      }
    }
    ratio("1,000 partitions, 256 B each a round / a sync each", together, each, 10, false, "msg/s");
  }

  private void slowDisk() throws IOException {
    double seconds = 3 * share;
    try (EngineLoop engine = startSlow()) {
      List<PartitionLog> partitions = engine.partitions(DEVICE_PARTITIONS, Durability.POWER);
      Latencies latencies =
          new Producers(engine, partitions, DEVICES, 1, 256).run(2 * share, seconds);
      found.accept(
          new Finding(
              "1,000 devices, 100 partitions, 10 ms a sync",
              latencies.count() / seconds,
              40_000,
              false,
              "acks/s",
              of(latencies)));
    }
  }

  private EngineLoop start(boolean shared) throws IOException {
    return EngineLoop.start(directory, shared, (files, loop) -> files);
  }

  private EngineLoop startSlow() throws IOException {
    return EngineLoop.start(
        directory, true, (files, loop) -> new SlowDisk(files, loop, SLOW_SYNC_MILLIS));
  }

  private void processLevel() throws IOException {
    double[] log = new double[ROUNDS];
    double[] raw = new double[ROUNDS];
    try (EngineLoop engine = start(true)) {
      List<PartitionLog> one = engine.partitions(1, Durability.PROCESS);
      Producers producer = new Producers(engine, one, 1, 1000, 1000).retaining();
      int blocks = blocks(producer.bytes() + HEADER_BYTES);
      Path file = engine.directory().resolve("raw");
      producer.run(3 * share, 0.1);
      for (int i = 0; i < ROUNDS; i++) {
        log[i] = producer.bytes() / producer.run(0.05, 0.4 * share).percentileMillis(50) / 1e6;
        Latencies bare =
            BareWrites.cached(engine.loop(), file, blocks, (int) Math.max(10, 500 * share));
        raw[i] = producer.bytes() / bare.percentileMillis(50) / 1e6;
      }
    }
    found.accept(
        new Finding("level process, batches of 1 MB", Medians.median(log), 2, false, "GB/s", ""));
    ratio("  the same / the same write to cached pages", log, raw, Double.NaN, false, "GB/s");
  }

  private void ratio(
      String name, double[] of, double[] to, double goal, boolean atMost, String unit) {
    found.accept(Finding.ratio(name, of, to, goal, atMost, unit));
  }

  private static String of(Latencies latencies) {
    return String.format(
        Locale.ROOT,
        "p50 %.3f ms, p99 %.3f ms",
        latencies.percentileMillis(50),
        latencies.percentileMillis(99));
  }
}

package dev.whippet.broker.internal.bench.limits;

import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.broker.internal.net.Loops;
import dev.whippet.broker.internal.net.NetLimits;
import dev.whippet.broker.internal.net.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** Measures the floors, one after the other, within some seconds. */
public final class Limits {

  /** Name of the floor that a durable batch of a megabyte is read against. */
  public static final String WRITE_MEBIBYTE = "durable write, 1 MiB";

  /** Name of the floor of a request of a megabyte and its short reply. */
  public static final String LOOPBACK_MEBIBYTE = "loopback TCP, 1 MiB there, 8 B back";

  /** Name of the floor that a durable small message is read against. */
  public static final String WRITE_BLOCK = "durable write, 4 KiB";

  /** Name of the floor of a small request and its reply. */
  public static final String PING_PONG = "loopback TCP, 128 B there and back";

  private static final int MEBIBYTE = 1 << 20;

  private Limits() {}

  /** The floors, and what the durable ones ran on. */
  public record Result(String files, List<Floor> floors) {

    /** Median of the floor with that name. */
    public double p50Millis(String name) {
      return floors.stream()
              .filter(floor -> floor.name().equals(name))
              .mapToDouble(Floor::p50Nanos)
              .findFirst()
              .orElseThrow()
          / 1e6;
    }
  }

  /**
   * Measures; blocks.
   *
   * @param directory for files that are deleted afterwards
   * @param share of the usual number of repeats; 1 takes some seconds
   */
  public static Result measure(Path directory, double share) throws IOException {
    List<Floor> floors = new ArrayList<>();
    Loops loops = Loops.start(Transport.best(), 1, directory, NetLimits.DEFAULT);
    String files = loops.loop(0).files().description();
    Path file = directory.resolve("floor");
    try {
      floors.add(durable(loops, file, WRITE_BLOCK, 4096, (int) (2000 * share)));
      floors.add(durable(loops, file, "durable write, 64 KiB", 64 << 10, (int) (2000 * share)));
      floors.add(durable(loops, file, WRITE_MEBIBYTE, MEBIBYTE, (int) (1000 * share)));
      floors.add(buffered(file, (int) (1000 * share)));
    } finally {
      loops.stop();
      Files.deleteIfExists(file);
    }
    int exchanges = (int) (2000 * share);
    floors.add(Floor.of(PING_PONG, Loopback.exchange(128, 128, exchanges), 0));
    Latencies oneWay = Loopback.exchange(MEBIBYTE, 8, exchanges);
    floors.add(Floor.of(LOOPBACK_MEBIBYTE, oneWay, MEBIBYTE));
    Latencies big = Loopback.exchange(16_000_000, 8, Math.max(2, exchanges / 40));
    floors.add(Floor.of("loopback TCP, 16 MB there, 8 B back", big, 16_000_000));
    floors.addAll(new Memory(share).measure());
    return new Result(files, floors);
  }

  private static Floor durable(Loops loops, Path file, String name, int bytes, int count)
      throws IOException {
    return Floor.of(name, BareWrites.durable(loops.loop(0), file, bytes, count), bytes);
  }

  /** Into pages that are in the cache already. */
  private static Floor buffered(Path file, int count) throws IOException {
    Latencies latencies = new Latencies();
    ByteBuffer block = ByteBuffer.allocateDirect(MEBIBYTE);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      for (int i = -16; i < count; i++) {
        long start = System.nanoTime();
        channel.write(block.duplicate(), (long) Math.floorMod(i, 16) * MEBIBYTE);
        if (i >= 0) {
          latencies.record(System.nanoTime() - start);
        }
      }
    }
    return Floor.of("buffered write, 1 MiB", latencies, MEBIBYTE);
  }
}

package dev.whippet.broker.internal.bench.limits;

import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.broker.internal.websocket.MaskedCopy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Random;
import java.util.function.LongSupplier;
import java.util.zip.CRC32C;
import net.openhft.hashing.LongHashFunction;

/** One pass over a megabyte that is in cache: copy, checksums, unmask. One thread. */
final class Memory {

  private static final int BYTES = 1 << 20;
  private static final int ROUNDS = 2_000;
  private static final int MASK = 0x12345678;

  private final int rounds;
  private long sink;

  /** With {@code share} of the usual rounds, at least ten. */
  Memory(double share) {
    rounds = (int) Math.max(10, share * ROUNDS);
  }

  /** Measures all of them. */
  List<Floor> measure() {
    byte[] from = new byte[BYTES];
    byte[] to = new byte[BYTES];
    new Random(1).nextBytes(from);
    ByteBuf masked = Unpooled.directBuffer(BYTES).writeBytes(from);
    ByteBuf plain = Unpooled.directBuffer(BYTES);
    LongHashFunction xxh3 = LongHashFunction.xx3();
    CRC32C crc = new CRC32C();
    try {
      return List.of(
          time(
              "memory copy, 1 MiB",
              () -> {
                System.arraycopy(from, 0, to, 0, BYTES);
                return to[1];
              }),
          time(
              "CRC32C, 1 MiB",
              () -> {
                crc.reset();
                crc.update(from, 0, BYTES);
                return crc.getValue();
              }),
          time("XXH3, 1 MiB", () -> xxh3.hashBytes(from)),
          time(
              "unmask and copy, 1 MiB",
              () -> {
                masked.setIndex(0, BYTES);
                plain.clear();
                MaskedCopy.copy(masked, plain, BYTES, MASK);
                return plain.getByte(1);
              }));
    } finally {
      masked.release();
      plain.release();
    }
  }

  /** Keeps results alive, so that no pass is optimised away. */
  long sink() {
    return sink;
  }

  private Floor time(String name, LongSupplier pass) {
    Latencies latencies = new Latencies();
    for (int i = -rounds; i < rounds; i++) {
      long start = System.nanoTime();
      sink += pass.getAsLong();
      long nanos = System.nanoTime() - start;
      if (i >= 0) {
        latencies.record(nanos);
      }
    }
    return Floor.of(name, latencies, BYTES);
  }
}

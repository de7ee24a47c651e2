package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.LoopFiles;
import io.netty.buffer.ByteBufAllocator;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * What all logs and journals of one event loop share: its files, memory, clock, chance, and whom to
 * tell about damage. Made at start-up, then used by that loop only.
 */
public final class LogLoop {

  final LoopFiles files;
  final ByteBufAllocator allocator;
  final LogConfig config;
  final LongSupplier clockMicros;
  final Random random;
  final Consumer<Damage> damage;

  /**
   * @param files the loop's own files
   * @param allocator direct memory for commits and reads
   * @param config limits
   * @param clockMicros wall clock, microseconds since the Unix epoch
   * @param random unpredictable to peers ({@code SecureRandom}): salts of files come from it
   * @param damage is told on the loop and on start-up threads; quick, thread-safe
   */
  public LogLoop(
      LoopFiles files,
      ByteBufAllocator allocator,
      LogConfig config,
      LongSupplier clockMicros,
      Random random,
      Consumer<Damage> damage) {
    this.files = files;
    this.allocator = allocator;
    this.config = config;
    this.clockMicros = clockMicros;
    this.random = random;
    this.damage = damage;
  }
}

package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.BlockingFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Opaque entries with group commit and snapshots. Owner loop only, unless a method says so. */
public final class Journal {

  /** What was on disk: replay {@link #entries} in order, then {@link Journal#open}. */
  public static final class Recovered {
    private Recovered() {}

    /** Snapshot first, then what followed it; payloads as appended. */
    public List<byte[]> entries() {
      throw new UnsupportedOperationException();
    }
  }

  private Journal() {}

  /**
   * Reads the newest complete generation of {@code directory/name.N}. Blocks: start-up thread only.
   * Never throws for what is on disk.
   */
  public static Recovered recover(
      BlockingFiles disk, Path directory, String name, Consumer<Damage> damage) {
    throw new UnsupportedOperationException();
  }

  /**
   * Goes on behind what was recovered. {@code snapshot} is asked on the loop, between commits, for
   * entries that stand for everything reported durable until then; entries that still wait follow
   * it, so replay must be idempotent when the caller applies entries before they are durable.
   */
  public static Journal open(LogLoop loop, Recovered recovered, Supplier<List<byte[]>> snapshot) {
    throw new UnsupportedOperationException();
  }

  /** Completes when the entry is on stable storage. The array is not copied: don't change it. */
  public void append(byte[] entry, LogCallback<Void> done) {
    throw new UnsupportedOperationException();
  }

  /** Ends after what waits is durable. */
  public void close(LogCallback<Void> done) {
    throw new UnsupportedOperationException();
  }

  /** Why nothing can be appended, {@code null} when writable. Any thread. */
  public String readOnlyReason() {
    throw new UnsupportedOperationException();
  }
}

package dev.whippet.broker.internal.bench.measure;

import java.io.IOException;

/**
 * Reads the machine's counters at both ends of a measurement. Counters that can't be had (another
 * system, a server elsewhere) are 0.
 */
public final class Meter {

  private final Proc proc = Proc.system();
  private final long serverPid;
  private final Disk disk;
  private Noise.Sample before;
  private long flushes;
  private long writes;
  private long writeCalls;
  private long deviceBytes;
  private long serverBytes;

  /**
   * Prepares to measure.
   *
   * @param serverPid 0 = unknown or elsewhere
   * @param disk of the server's data; null = unknown
   */
  public Meter(long serverPid, Disk disk) {
    this.serverPid = serverPid;
    this.disk = disk;
  }

  /** What was used between start and stop. */
  public record Usage(
      double seconds,
      double serverSeconds,
      double loadSeconds,
      double foreignCores,
      long serverResidentBytes,
      Storage storage) {}

  /** What the device and the server's process wrote: device counters are the whole device's. */
  public record Storage(
      long flushes, long deviceWrites, long serverWriteCalls, long deviceBytes, long serverBytes) {}

  /** Reads the first values. */
  public void start() throws IOException {
    if (!proc.isThere()) {
      return;
    }
    flushes = disk == null ? 0 : disk.flushes();
    writes = disk == null ? 0 : disk.writes();
    writeCalls = serverPid == 0 ? 0 : proc.writeCalls(serverPid);
    deviceBytes = disk == null ? 0 : disk.writtenBytes();
    serverBytes = serverPid == 0 ? 0 : proc.writtenBytes(serverPid);
    before = Noise.Sample.take(proc, serverPid);
  }

  /** Reads them again. */
  public Usage stop() throws IOException {
    if (before == null) {
      return new Usage(0, 0, 0, 0, 0, new Storage(0, 0, 0, 0, 0));
    }
    Noise.Sample after = Noise.Sample.take(proc, serverPid);
    Storage storage =
        new Storage(
            disk == null ? 0 : disk.flushes() - flushes,
            disk == null ? 0 : disk.writes() - writes,
            serverPid == 0 ? 0 : proc.writeCalls(serverPid) - writeCalls,
            disk == null ? 0 : disk.writtenBytes() - deviceBytes,
            serverPid == 0 ? 0 : proc.writtenBytes(serverPid) - serverBytes);
    return new Usage(
        after.secondsSince(before),
        after.server() - before.server(),
        after.load() - before.load(),
        Noise.foreignCores(before, after),
        serverPid == 0 ? 0 : proc.residentBytes(serverPid),
        storage);
  }
}

package dev.whippet.broker.internal.log.engine;

/**
 * What the logs of one loop wrote and acknowledged since the start: how much flash wears for a
 * message, and how many senders share a sync. Written by the owner loop, read from any thread.
 */
public final class LogMetrics {
  private volatile long bytesWritten;
  private volatile long commits;
  private volatile long syncs;
  private volatile long folds;
  private volatile long batches;
  private volatile long recordBytes;

  /**
   * All of it at about one moment.
   *
   * @param bytesWritten to segments and commit files: commits, folds, zeros
   * @param commits writes that somebody waited for
   * @param syncs writes, folds among them, and syncs that went to stable storage
   * @param folds writes that moved batches from commit files into segments
   * @param batches acknowledged
   * @param recordBytes of these batches, with the 64 bytes of each record's header
   */
  public record Snapshot(
      long bytesWritten, long commits, long syncs, long folds, long batches, long recordBytes) {

    /** The sum of two loops. */
    public Snapshot plus(Snapshot other) {
      return new Snapshot(
          bytesWritten + other.bytesWritten,
          commits + other.commits,
          syncs + other.syncs,
          folds + other.folds,
          batches + other.batches,
          recordBytes + other.recordBytes);
    }

    /** Bytes written for one byte of message; 0 before there is one. */
    public double bytesPerMessageByte() {
      return recordBytes == 0 ? 0 : (double) bytesWritten / recordBytes;
    }

    /** Batches acknowledged for one sync; 0 before there is one. */
    public double acksPerSync() {
      return syncs == 0 ? 0 : (double) batches / syncs;
    }
  }

  /** Bytes went to a file, outside of commits and folds. */
  public void wrote(long bytes) {
    bytesWritten += bytes;
  }

  /** A commit of so many bytes was begun. */
  public void committed(long bytes, boolean durably) {
    bytesWritten += bytes;
    commits++;
    syncs += durably ? 1 : 0;
  }

  /** A fold of so many bytes was begun. */
  public void folded(long bytes) {
    bytesWritten += bytes;
    folds++;
    syncs++;
  }

  public void synced() {
    syncs++;
  }

  public void acknowledged(long newBatches, long newRecordBytes) {
    batches += newBatches;
    recordBytes += newRecordBytes;
  }

  public Snapshot snapshot() {
    return new Snapshot(bytesWritten, commits, syncs, folds, batches, recordBytes);
  }
}

package dev.whippet.internal.outbox;

import java.io.Closeable;

/**
 * The bounded, crash-safe store-and-forward queue of one device, in one directory.
 *
 * <pre>
 * send (any thread)  -&gt; ring -&gt; "whippet-store": frame, one write, one sync -&gt; Listener.stored
 * Cursor (net thread) &lt;- files;  acknowledge -&gt; whole segments are free again
 * </pre>
 */
public final class Outbox implements Closeable {
  /** Told on the store thread "whippet-store", outside all locks; must be quick. */
  public interface Listener {
    /** Every sequence up to this one is on stable storage, or was named by {@link #failed}. */
    void stored(long upToSequence);

    /**
     * These sequences could not be stored and are gone; later sends may work again. Called before
     * {@link #stored} passes them.
     */
    void failed(long firstSequence, long lastSequence, OutboxException cause);

    /** Records are missing; during {@link Outbox#open}, on the caller's thread. */
    void gap(GapReport gap);
  }

  private Outbox() {}

  /**
   * Locks the directory, recovers what is there, raises the epoch durably, draws an instance, and
   * starts the store thread. Blocks for a few disk operations. Opens whatever state the files are
   * in.
   *
   * @throws OutboxException LOCKED if another process has the directory, UNUSABLE if it can't be
   *     made, read or written
   */
  public static Outbox open(OutboxConfig config, Disk disk, Listener listener)
      throws OutboxException {
    throw new UnsupportedOperationException();
  }

  /**
   * Copies the entry into the ring. Any thread. Waits for nothing but a short lock, unless the
   * overflow policy is BLOCK and a bound is reached.
   *
   * @return its sequence: 1, 2, 3 …; skips happen after a crash only
   * @throws OutboxException FULL, TOO_LARGE, CLOSED or INTERRUPTED; nothing was taken then
   * @throws IllegalArgumentException if the route is unknown
   */
  public long send(Entry entry) throws OutboxException {
    throw new UnsupportedOperationException();
  }

  /** The producer id: 16 random bytes, made once per directory. A copy. */
  public byte[] producerId() {
    throw new UnsupportedOperationException();
  }

  /** The epoch: raised durably by each open. */
  public int epoch() {
    throw new UnsupportedOperationException();
  }

  /** The instance: 16 random bytes, drawn by each open. A copy. */
  public byte[] instance() {
    throw new UnsupportedOperationException();
  }

  /** The highest sequence that this directory has ever reserved. */
  public long reservedSequence() {
    throw new UnsupportedOperationException();
  }

  /**
   * Takes a new producer id, durable on return: the broker knows a higher sequence than this outbox
   * ever reserved, so the directory is an old copy (whippet-extension.md 3.3). Records keep their
   * sequences, sequences go on, and all published marks are gone: the broker knows nothing of the
   * new id. Blocks for one sync.
   */
  public void renewProducer() throws OutboxException {
    throw new UnsupportedOperationException();
  }

  /** Every sequence up to this one is stored or reported as failed. */
  public long storedSequence() {
    throw new UnsupportedOperationException();
  }

  /** Every sequence up to this one was acknowledged. */
  public long acknowledgedSequence() {
    throw new UnsupportedOperationException();
  }

  /** The highest sequence that {@link #send} has returned, or that was found by open. */
  public long lastSequence() {
    throw new UnsupportedOperationException();
  }

  /** Records that wait for the disk or for an acknowledgement. */
  public long backlogRecords() {
    throw new UnsupportedOperationException();
  }

  /** Their bytes, by whole segments. */
  public long backlogBytes() {
    throw new UnsupportedOperationException();
  }

  /** Size of all files, spare ones included. */
  public long bytesOnDisk() {
    throw new UnsupportedOperationException();
  }

  /** A cursor that begins after this sequence; close it. */
  public Cursor cursor(long afterSequence) {
    throw new UnsupportedOperationException();
  }

  /**
   * Everything up to this sequence has arrived. Any thread; never blocks. Kept durably with the
   * next commit, within about a second, or at close: after a crash the cursor may be older.
   */
  public void acknowledge(long upToSequence) {
    throw new UnsupportedOperationException();
  }

  /** The route of an id; null if unknown. */
  public Route route(int id) {
    throw new UnsupportedOperationException();
  }

  /**
   * The id of a route, made if new. Any thread; never blocks: it is stored with the first record
   * that uses it.
   *
   * @throws OutboxException TOO_LARGE if there are too many routes
   */
  public int routeFor(String stream, String topic) throws OutboxException {
    throw new UnsupportedOperationException();
  }

  /**
   * Notes the partition count that choices use from this sequence on; durable on return. Blocks for
   * one sync, unless it is known already.
   */
  public void recordMapping(int route, int partitionCount, long fromSequence)
      throws OutboxException {
    throw new UnsupportedOperationException();
  }

  /** The partition count that applies to a sequence; 0 if none was recorded. */
  public int partitionCountFor(int route, long sequence) {
    throw new UnsupportedOperationException();
  }

  /**
   * Notes that this producer has published to a partition of a broker; durable on return. Blocks
   * for one sync, unless it is known already.
   */
  public void recordPublished(byte[] brokerId, int route, int partition) throws OutboxException {
    throw new UnsupportedOperationException();
  }

  /** Whether that was noted. */
  public boolean wasPublished(byte[] brokerId, int route, int partition) {
    throw new UnsupportedOperationException();
  }

  /** Stores what waits, keeps the acknowledged cursor, ends the thread, releases the lock. */
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}

package dev.whippet.internal.outbox;

import java.io.Closeable;
import java.io.File;
import java.io.IOException;

/**
 * The bounded, crash-safe store-and-forward queue of one device, in one directory.
 *
 * <pre>
 * send (any thread)   -&gt; ring -&gt; "whippet-store": one write, one sync -&gt; Listener.stored
 * Cursor (net thread) &lt;- files;  acknowledge -&gt; whole segments are free again
 * </pre>
 *
 * <ul>
 *   <li>A sequence is given once: blocks of them are reserved durably. A crash skips the rest of a
 *       block; gaps between sequences are normal (whippet-extension.md 3.1).
 *   <li>A record is stored when a sync covered it, and only then read, and only then told.
 *   <li>A write or sync that fails fails at most the records of that commit; what was stored before
 *       is untouched, and later sends work again when the disk does. If the process is killed right
 *       after such a failure, before any later success, its records may still be found: their
 *       outcome is unknown, as for any send without a receipt.
 *   <li>Files: docs/FORMAT.md, Outbox. Damage is stepped over and reported, never fatal.
 * </ul>
 *
 * <p>Threads: any for everything but a {@link Cursor}. Limits: {@link OutboxConfig}; on the disk,
 * the backlog plus one segment in use, one kept, and four spare ones.
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

  private final Closeable lock;
  private final Disk disk;
  private final Meta meta;
  private final Facts facts;
  private final Segments segments;
  private final Ring ring;
  private final Store store;
  private final Thread thread;

  private Outbox(OutboxConfig config, Disk disk, Closeable lock, Meta meta, Listener listener)
      throws IOException {
    this.lock = lock;
    this.disk = disk;
    this.meta = meta;
    meta.load(config.sequenceBlock());
    facts = new Facts(config.segmentBytes());
    segments = new Segments();
    Recovery recovery = new Recovery(config, disk, meta, facts);
    recovery.run();
    long last = recovery.reserved;
    meta.epoch = recovery.epoch + 1;
    meta.reserved = last + config.sequenceBlock();
    meta.stored = recovery.lastStored;
    meta.acknowledged = recovery.acknowledged;
    meta.clean = false;
    if (meta.lost) {
      meta.create();
    } else {
      meta.save();
    }
    Writer writer = new Writer(config, disk, meta, facts, segments);
    writer.restore(recovery);
    for (GapReport gap : recovery.gaps) {
      listener.gap(gap);
    }
    ring = new Ring(config, segments, last + 1, meta.reserved);
    store = new Store(ring, writer, meta, segments, listener, config.directory());
    thread = new Thread(store, Store.THREAD_NAME);
    thread.setDaemon(true);
  }

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
    Closeable lock = lock(config.directory(), disk);
    Meta meta = null;
    Outbox outbox = null;
    try {
      meta = new Meta(disk, config.directory());
      outbox = new Outbox(config, disk, lock, meta, listener);
    } catch (OutboxException typed) {
      throw typed;
    } catch (IOException failed) {
      throw unusable(config.directory(), failed);
    } finally {
      if (outbox == null) {
        closeQuietly(meta);
        closeQuietly(lock);
      }
    }
    outbox.thread.start();
    return outbox;
  }

  private static Closeable lock(File directory, Disk disk) throws OutboxException {
    try {
      disk.createDirectory(directory);
      Closeable lock = disk.tryLock(new File(directory, "lock"));
      if (lock != null) {
        return lock;
      }
    } catch (IOException failed) {
      throw unusable(directory, failed);
    }
    throw new OutboxException(
        OutboxException.Reason.LOCKED,
        "outbox directory "
            + directory
            + " is in use by another process or another client of this one:"
            + " close that one, or give each its own directory");
  }

  private static OutboxException unusable(File directory, IOException failed) {
    return new OutboxException(
        OutboxException.Reason.UNUSABLE,
        "outbox directory "
            + directory
            + " can't be used ("
            + failed
            + "): it must be a writable directory on a disk with room",
        failed);
  }

  private static void closeQuietly(Closeable closeable) {
    if (closeable != null) {
      try {
        closeable.close();
      } catch (IOException ignored) {
        // nothing depends on it
      }
    }
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
    if (facts.route(entry.route) == null) {
      throw new IllegalArgumentException("unknown route: " + entry.route);
    }
    return ring.send(entry);
  }

  /** The producer id: 16 random bytes, made once per directory. A copy. */
  public byte[] producerId() {
    return meta.producerId();
  }

  /** The epoch: raised durably by each open. */
  public int epoch() {
    return meta.epoch;
  }

  /** The instance: 16 random bytes, drawn by each open. A copy. */
  public byte[] instance() {
    return meta.instance.clone();
  }

  /** The highest sequence that this directory has ever reserved. */
  public long reservedSequence() {
    return meta.reserved;
  }

  /**
   * Takes a new producer id, durable on return: the broker knows a higher sequence than this outbox
   * ever reserved, so the directory is an old copy (whippet-extension.md 3.3). Records keep their
   * sequences, sequences go on, and all published marks are gone: the broker knows nothing of the
   * new id. Blocks for one sync.
   */
  public void renewProducer() throws OutboxException {
    store.renewProducer();
  }

  /** Every sequence up to this one is stored or reported as failed. */
  public long storedSequence() {
    return segments.stored();
  }

  /** Every sequence up to this one was acknowledged. */
  public long acknowledgedSequence() {
    return segments.acknowledged();
  }

  /** The highest sequence that {@link #send} has returned, or that was found by open. */
  public long lastSequence() {
    return ring.lastSequence();
  }

  /** Records that wait for the disk or for an acknowledgement. */
  public long backlogRecords() {
    return segments.backlogRecords() + ring.waitingRecords();
  }

  /** Their bytes, by whole segments. */
  public long backlogBytes() {
    return segments.backlogBytes() + ring.waitingBytes();
  }

  /** Size of all files, spare ones included. */
  public long bytesOnDisk() {
    return segments.bytesOnDisk() + Meta.BYTES;
  }

  /** A cursor that begins after this sequence; close it. */
  public Cursor cursor(long afterSequence) {
    return new Cursor(this, disk, segments, facts, afterSequence);
  }

  /**
   * Everything up to this sequence has arrived. Any thread; never blocks. Kept durably with the
   * next commit, within about a second, or at close: after a crash the cursor may be older.
   */
  public void acknowledge(long upToSequence) {
    long before = segments.acknowledged();
    segments.acknowledge(upToSequence);
    if (segments.acknowledged() > before) {
      ring.acknowledged();
    }
  }

  /** The route of an id; null if unknown. */
  public Route route(int id) {
    return facts.route(id);
  }

  /**
   * The id of a route, made if new. Any thread; never blocks: it is stored with the first record
   * that uses it.
   *
   * @throws OutboxException TOO_LARGE if there are too many routes
   */
  public int routeFor(String stream, String topic) throws OutboxException {
    return facts.routeFor(stream, topic);
  }

  /**
   * Notes the partition count that choices use from this sequence on; durable on return. Blocks for
   * one sync, unless it is known already.
   */
  public void recordMapping(int route, int partitionCount, long fromSequence)
      throws OutboxException {
    awaitDurable(facts.map(route, partitionCount, fromSequence));
  }

  /** The partition count that applies to a sequence; 0 if none was recorded. */
  public int partitionCountFor(int route, long sequence) {
    return facts.partitionCountFor(route, sequence);
  }

  /**
   * Notes that this producer has published to a partition of a broker; durable on return. Blocks
   * for one sync, unless it is known already.
   */
  public void recordPublished(byte[] brokerId, int route, int partition) throws OutboxException {
    awaitDurable(facts.publish(brokerId, meta.producerId(), route, partition));
  }

  /** Whether that was noted. */
  public boolean wasPublished(byte[] brokerId, int route, int partition) {
    return facts.published(brokerId, meta.producerId(), route, partition);
  }

  /** Stores what waits, keeps the acknowledged cursor, ends the thread, releases the lock. */
  @Override
  public void close() {
    if (Thread.currentThread() == thread) {
      throw new IllegalStateException("close() called by the listener");
    }
    ring.close(null);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException again) {
        interrupted = true;
      }
    }
    closeQuietly(meta);
    closeQuietly(lock);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void awaitDurable(long ordinal) throws OutboxException {
    if (facts.isDurable(ordinal)) {
      return;
    }
    store.round();
    if (!facts.isDurable(ordinal)) {
      throw store.failure();
    }
  }

  /** From a cursor. */
  void found(GapReport gap) {
    store.found(gap);
  }
}

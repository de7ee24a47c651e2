package dev.whippet.internal.outbox;

import dev.whippet.internal.disk.Disk;
import dev.whippet.internal.segment.Channel;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;

/**
 * The bounded, crash-safe store-and-forward queue of one device, in one directory.
 *
 * <pre>
 * send (any thread)   -&gt; ring -&gt; "whippet-store": a write and a sync -&gt; Listener.stored
 * Cursor (net thread) &lt;- files;  acknowledge -&gt; whole segments are free again
 * </pre>
 *
 * <ul>
 *   <li>Six channels ({@link Channel}), each with its order, segments and cursor: an urgent record
 *       waits neither for the disk nor for the network behind others.
 *   <li>A sequence is given once: blocks of them are reserved durably. A crash skips the rest of a
 *       block; gaps between sequences are normal (whippet-extension.md 3.1).
 *   <li>A record is stored when a sync covered it, and only then read, and only then told.
 *   <li>A write or sync that fails fails at most the records of that commit; what was stored before
 *       is untouched, and later sends work again when the disk does. If the process is killed right
 *       after such a failure, before any later success, its records may still be found: their
 *       outcome is unknown, as for any send without a receipt.
 *   <li>What is dropped, by a bound or an age, is on the disk as a gap before it is told and before
 *       the cursor passes it.
 *   <li>Files: docs/FORMAT.md, Outbox. Damage is stepped over and reported, never fatal.
 * </ul>
 *
 * <p>Threads: any for everything but a {@link Cursor}. Limits: {@link OutboxConfig}; on the disk,
 * the backlog plus for each channel that was used one segment in use or kept, and four spare ones.
 */
public final class Outbox implements Closeable {
  /** Told on the store thread "whippet-store", outside all locks; must be quick. */
  public interface Listener {
    /**
     * Every sequence of this one's channel up to it is on stable storage, or was named by {@link
     * #failed} or {@link #gap}.
     */
    void stored(long upToSequence);

    /**
     * These sequences could not be stored and are gone; later sends may work again. Called before
     * {@link #stored} passes them.
     */
    void failed(long firstSequence, long lastSequence, OutboxException cause);

    /** Records are missing or dropped; during {@link Outbox#open}, on the caller's thread. */
    void gap(GapReport gap);
  }

  private final Closeable lock;
  private final Writer.Shared shared;
  private final Meta meta;
  private final Facts facts;
  private final Segments[] channels;
  private final Ring ring;
  private final Store store;

  private Outbox(Writer.Shared shared, Closeable lock, Listener listener) throws IOException {
    this.lock = lock;
    this.shared = shared;
    this.meta = shared.meta;
    this.facts = shared.facts;
    this.channels = shared.channels;
    OutboxConfig config = shared.config;
    meta.load(config.sequenceBlock());
    Recovery recovery = new Recovery(shared);
    recovery.run();
    long[] last = reserve(recovery);
    shared.spares.restore(recovery.nextSlot, recovery.blanks);
    Writer[] writers = new Writer[Channel.COUNT];
    for (int c = 0; c < Channel.COUNT; c++) {
      writers[c] = new Writer(shared, c);
      writers[c].restore(recovery.channels[c]);
    }
    for (GapReport gap : recovery.gaps) {
      listener.gap(gap);
    }
    for (GapReport gap = facts.pollGap(); gap != null; gap = facts.pollGap()) {
      listener.gap(gap);
    }
    ring = new Ring(config, channels, last, meta, turns());
    store = new Store(ring, shared, writers, listener);
  }

  /** Raises the epoch and the reservations, durably; returns what was reserved before. */
  private long[] reserve(Recovery recovery) throws IOException {
    long[] last = new long[Channel.COUNT];
    for (int c = 0; c < Channel.COUNT; c++) {
      ChannelRecovery found = recovery.channels[c];
      last[c] = found.reserved;
      meta.reserved.set(c, last[c] + shared.config.sequenceBlock());
      meta.stored[c] = found.lastStored;
      meta.acknowledged[c] = found.acknowledged;
      meta.kept(c, found.acknowledged);
    }
    meta.epoch = recovery.epoch + 1;
    meta.clean = false;
    if (meta.lost) {
      meta.create();
    } else {
      meta.save();
    }
    return last;
  }

  /** The channel of each lane that took the newest records, or the first one. */
  private int[] turns() {
    int[] turns = new int[Channel.LANES];
    for (int lane = 0; lane < Channel.LANES; lane++) {
      boolean second = channels[2 * lane + 1].newestSerial() > channels[2 * lane].newestSerial();
      turns[lane] = 2 * lane + (second ? 1 : 0);
    }
    return turns;
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
    Writer.Shared shared = new Writer.Shared();
    Outbox outbox = null;
    try {
      shared.config = config;
      shared.disk = disk;
      shared.meta = new Meta(disk, config.directory());
      shared.facts = new Facts(config.segmentBytes());
      shared.spares = new Spares(config, disk);
      shared.vault = new Vault(config.keys());
      shared.channels = new Segments[Channel.COUNT];
      for (int c = 0; c < Channel.COUNT; c++) {
        shared.channels[c] = new Segments(c);
      }
      outbox = new Outbox(shared, lock, listener);
    } catch (OutboxException typed) {
      throw typed;
    } catch (IOException failed) {
      throw unusable(config.directory(), failed);
    } finally {
      if (outbox == null) {
        closeQuietly(shared.meta);
        closeQuietly(lock);
      }
    }
    outbox.store.awake();
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
   * @return its sequence, which rises by 1 in each channel; skips happen after a crash
   * @throws OutboxException FULL, TOO_LARGE, CLOSED or INTERRUPTED; nothing was taken then
   * @throws IllegalArgumentException if the route is unknown
   */
  public long send(Entry entry) throws OutboxException {
    if (facts.route(entry.route) == null) {
      throw new IllegalArgumentException("unknown route: " + entry.route);
    }
    long sequence = ring.send(entry);
    if (store.isPaused()) {
      store.awake();
    }
    return sequence;
  }

  /**
   * Lets the store thread end when nothing waits for it; a later send starts it for one commit. Any
   * thread; does not block.
   */
  public void pause() {
    store.pause();
  }

  /** Ends a pause. Any thread; does not block. */
  public void resume() {
    store.resume();
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

  /** The highest sequence of a channel that this directory has ever reserved. */
  public long reservedSequence(int channel) {
    return meta.reserved.get(channel);
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

  /** Every sequence of the channel up to this one is stored or reported as failed. */
  public long storedSequence(int channel) {
    return channels[channel].stored();
  }

  /** Every sequence of the channel up to this one was acknowledged, or dropped. */
  public long acknowledgedSequence(int channel) {
    return channels[channel].acknowledged();
  }

  /** The highest sequence of the channel that {@link #send} has returned, or that open found. */
  public long lastSequence(int channel) {
    return ring.lastSequence(channel);
  }

  /** The channel that takes what is sent in a lane. */
  public int channelOf(int lane) {
    return ring.channelOf(lane);
  }

  /** What is sent from now on in a lane takes its other channel, an order of its own. */
  public void turn(int lane) {
    ring.turn(lane);
  }

  /** Records that wait for the disk or for an acknowledgement. */
  public long backlogRecords() {
    long records = 0;
    for (int lane = 0; lane < Channel.LANES; lane++) {
      records += backlogRecords(lane);
    }
    return records;
  }

  /** Those of one lane. */
  public long backlogRecords(int lane) {
    return channels[2 * lane].backlogRecords()
        + channels[2 * lane + 1].backlogRecords()
        + ring.waitingRecords(lane);
  }

  /** Their bytes, by whole segments. */
  public long backlogBytes() {
    long bytes = ring.waitingBytes();
    for (Segments channel : channels) {
      bytes += channel.backlogBytes();
    }
    return bytes;
  }

  /** Size of all files, spare ones included. */
  public long bytesOnDisk() {
    return shared.spares.fileBytes() + Meta.BYTES;
  }

  /** A cursor over a channel that begins after this sequence of it; close it. */
  public Cursor cursor(long afterSequence) {
    return new Cursor(this, shared, afterSequence);
  }

  /**
   * Everything of this sequence's channel up to it has arrived. Any thread; never blocks. Kept
   * durably with the channel's next commit, within about a second, or at close: after a crash the
   * cursor may be older.
   */
  public void acknowledge(long upToSequence) {
    Segments channel = channels[Channel.of(upToSequence)];
    long before = channel.acknowledged();
    channel.acknowledge(upToSequence);
    if (channel.acknowledged() > before) {
      ring.acknowledged();
    }
  }

  /**
   * These records of one channel are sent now: from here on they leave the outbox acknowledged, or
   * with an unknown outcome. Any thread.
   *
   * @return false if one of them is dropped: read again
   */
  public boolean claim(long first, long last) {
    return channels[Channel.of(first)].claim(first, last);
  }

  /** Records of the channel up to this sequence may have been sent, in this process or before. */
  public long claimedSequence(int channel) {
    return channels[channel].claimed();
  }

  /**
   * Drops records that were read. Any thread; never blocks: they may be acknowledged when {@link
   * #isDropped} says so, and the listener is told soon.
   *
   * @param unknownOutcome whether they may have been sent; else they expired
   * @return 0: not now, there are too many gaps that were not passed; else to ask with
   */
  public long drop(long first, long last, long bytes, boolean unknownOutcome) {
    if (!facts.hasRoomForGap()) {
      store.gapRefused();
      return 0;
    }
    GapReport.Reason reason =
        unknownOutcome ? GapReport.Reason.UNKNOWN_OUTCOME : GapReport.Reason.EXPIRED;
    long now = shared.config.nowMillis();
    long ordinal = facts.drop(GapReport.drop(reason, first, last, last - first + 1, bytes, now));
    ring.poke();
    if (store.isPaused()) {
      store.awake();
    }
    return ordinal;
  }

  /** Whether a drop is on the disk, and the listener knows it. */
  public boolean isDropped(long ordinal) {
    return facts.isTold(ordinal);
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
   * Notes that this producer has published in a channel to a partition of a broker; durable on
   * return. Blocks for one sync, unless it is known already.
   */
  public void recordPublished(byte[] brokerId, int channel, int route, int partition)
      throws OutboxException {
    awaitDurable(facts.publish(brokerId, meta.producerId(), channel, route, partition));
  }

  /** Whether that was noted. */
  public boolean wasPublished(byte[] brokerId, int channel, int route, int partition) {
    return facts.published(brokerId, meta.producerId(), channel, route, partition);
  }

  /** Stores what waits, keeps the acknowledged cursor, ends the thread, releases the lock. */
  @Override
  public void close() {
    if (store.isThread(Thread.currentThread())) {
      throw new IllegalStateException("close() called by the listener");
    }
    ring.close(null);
    store.awaitEnd();
    closeQuietly(meta);
    closeQuietly(lock);
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

  /** From a cursor: nobody has the key of a segment. Blocks until that is on the disk. */
  void keep(Segment segment, long first, long last) throws OutboxException {
    GapReport gap =
        new GapReport(GapReport.Reason.KEY_MISSING, first, last, segment.place(0))
            .keeping(segment.serial, segment.count, segment.used, shared.config.nowMillis());
    awaitDurable(facts.drop(gap));
  }

  /** From a cursor. */
  void found(GapReport gap) {
    store.found(gap);
  }
}

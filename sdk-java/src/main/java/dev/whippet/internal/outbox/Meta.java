package dev.whippet.internal.outbox;

import dev.whippet.internal.disk.Disk;
import dev.whippet.internal.segment.Channel;
import dev.whippet.internal.segment.Format;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The file {@code meta}: who this outbox is, and what it has reserved. Two slots, at 0 and 4,096,
 * written in turn, so that a torn write hits one only; the sound slot with the higher generation
 * counts.
 *
 * <pre>
 *  0 u32 "WHMT"       24 16 producer id   64 u64 reserved sequence   88 u32 sequence block
 *  4 u32 CRC          40 16 instance      72 u64 stored sequence     92 u32 0
 *  8 u32 version (2)  56 u32 epoch        80 u64 acknowledged        96 120 64 to 87 again for
 * 12 u32 0            60 u32 flags: 1 = closed cleanly, stored is       each of channels 1 to 5
 * 16 u64 generation          exact                                 216 40  0
 * </pre>
 *
 * Version 1 had 128 bytes and channel 0 alone.
 *
 * <p>When one slot is damaged it may have been the newer: epoch and reservation then skip what one
 * write can add, so that neither is used twice. When both are, the outbox becomes a new producer.
 *
 * <p>Owner: the opening thread, then the store thread; {@link #producerId} is guarded by this.
 */
final class Meta implements Closeable {
  static final String NAME = "meta";
  private static final int MAGIC = 0x544d4857; // "WHMT"
  private static final int SLOT_BYTES = 256;
  private static final int SLOT_BYTES_1 = 128;
  private static final int SLOT_DISTANCE = 4096;
  static final long BYTES = 2 * SLOT_DISTANCE;
  private static final int FLAG_CLEAN = 1;

  private final Format.Crc crc = new Format.Crc();
  private final SecureRandom random = new SecureRandom();
  private final Disk.DiskFile file;
  private final byte[] slot = new byte[SLOT_BYTES];

  private long generation;
  private byte[] producerId = new byte[Format.ID_BYTES];
  final byte[] instance = new byte[Format.ID_BYTES];
  int epoch;
  int sequenceBlock;
  final AtomicLongArray reserved = new AtomicLongArray(Channel.COUNT);
  final long[] stored = new long[Channel.COUNT];
  final long[] acknowledged = new long[Channel.COUNT];
  boolean clean;
  private final long[] kept = new long[Channel.COUNT];

  /** No sound slot was there. */
  boolean lost;

  Meta(Disk disk, File directory) throws IOException {
    this.file = disk.open(new File(directory, NAME));
    channels(1);
  }

  /** Reads the better slot; on a new or destroyed file, makes a new identity. */
  void load(int sequenceBlockNow) throws IOException {
    boolean first = loadSlot(0);
    long firstGeneration = generation;
    boolean second = loadSlot(1);
    if (first && second && generation < firstGeneration) {
      loadSlot(0);
    } else if (first && !second) {
      loadSlot(0);
    }
    if (first != second) {
      epoch++;
      for (int c = 0; c < Channel.COUNT; c++) {
        reserved.addAndGet(c, Math.max(sequenceBlock, sequenceBlockNow));
      }
      clean = false;
    }
    lost = !first && !second;
    if (lost) {
      random.nextBytes(producerId);
    }
    sequenceBlock = sequenceBlockNow;
    random.nextBytes(instance);
  }

  private boolean loadSlot(int index) throws IOException {
    long offset = (long) index * SLOT_DISTANCE;
    if (file.read(offset, slot, 0, SLOT_BYTES) < SLOT_BYTES || Format.i32(slot, 0) != MAGIC) {
      return false;
    }
    int version = Format.i32(slot, 8);
    if (!crc.sealed(slot, 0, version == 1 ? SLOT_BYTES_1 : SLOT_BYTES, 0, offset)) {
      return false;
    }
    if (version > Format.VERSION) {
      throw new OutboxException(
          OutboxException.Reason.UNUSABLE,
          "outbox format is "
              + version
              + ", this version reads up to "
              + Format.VERSION
              + ": use the newer SDK");
    }
    generation = Format.i64(slot, 16);
    System.arraycopy(slot, 24, producerId, 0, Format.ID_BYTES);
    epoch = Format.i32(slot, 56);
    clean = (Format.i32(slot, 60) & FLAG_CLEAN) != 0;
    sequenceBlock = Format.i32(slot, 88);
    channels(version);
    return true;
  }

  /** Takes the channels' marks from the slot; what it has no room for has its base. */
  private void channels(int version) {
    for (int c = 0; c < Channel.COUNT; c++) {
      boolean there = version > 1 || c == 0;
      int at = marks(c);
      reserved.set(c, Math.max(there ? Format.i64(slot, at) : 0, Channel.base(c)));
      stored[c] = Math.max(there ? Format.i64(slot, at + 8) : 0, Channel.base(c));
      acknowledged[c] = Math.max(there ? Format.i64(slot, at + 16) : 0, Channel.base(c));
    }
  }

  private static int marks(int channel) {
    return channel == 0 ? 64 : 96 + 24 * (channel - 1);
  }

  /** Makes room for both slots and writes them; only when there was none. */
  void create() throws IOException {
    file.setLength(BYTES);
    write(1);
    write(2);
    file.sync(true);
    generation = 2;
  }

  /** The cursor of a channel that is on the disk, here or in a segment. */
  long kept(int channel) {
    return kept[channel];
  }

  /** A commit has brought the cursor of a channel to the disk. */
  void kept(int channel, long acknowledgedSequence) {
    kept[channel] = Math.max(kept[channel], acknowledgedSequence);
  }

  /** Brings the cursors of all channels to the disk; false if that failed. */
  boolean keep(Segments[] channels) {
    for (int c = 0; c < Channel.COUNT; c++) {
      acknowledged[c] = channels[c].acknowledged();
    }
    try {
      save();
    } catch (IOException failed) {
      return false;
    }
    for (int c = 0; c < Channel.COUNT; c++) {
      kept(c, acknowledged[c]);
    }
    return true;
  }

  /** Writes all fields into the older slot and syncs. After a failure the older slot stays that. */
  void save() throws IOException {
    write(generation + 1);
    file.sync(false);
    generation++;
  }

  private void write(long newGeneration) throws IOException {
    int offset = (int) (newGeneration & 1) * SLOT_DISTANCE;
    Format.zero(slot, 0, SLOT_BYTES);
    Format.put32(slot, 0, MAGIC);
    Format.put32(slot, 8, Format.VERSION);
    Format.put64(slot, 16, newGeneration);
    System.arraycopy(producerId(), 0, slot, 24, Format.ID_BYTES);
    System.arraycopy(instance, 0, slot, 40, Format.ID_BYTES);
    Format.put32(slot, 56, epoch);
    Format.put32(slot, 60, clean ? FLAG_CLEAN : 0);
    for (int c = 0; c < Channel.COUNT; c++) {
      Format.put64(slot, marks(c), reserved.get(c));
      Format.put64(slot, marks(c) + 8, stored[c]);
      Format.put64(slot, marks(c) + 16, acknowledged[c]);
    }
    Format.put32(slot, 88, sequenceBlock);
    crc.seal(slot, 0, SLOT_BYTES, 0, offset);
    file.write(offset, slot, 0, SLOT_BYTES);
  }

  synchronized byte[] producerId() {
    return producerId.clone();
  }

  /** Draws another producer id and keeps it; on failure the old one stays. */
  void renew() throws IOException {
    byte[] old = producerId();
    byte[] drawn = new byte[Format.ID_BYTES];
    random.nextBytes(drawn);
    producerId(drawn);
    try {
      save();
    } catch (IOException failed) {
      producerId(old);
      throw failed;
    }
  }

  private synchronized void producerId(byte[] id) {
    producerId = id;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}

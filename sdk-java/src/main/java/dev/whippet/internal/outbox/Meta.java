package dev.whippet.internal.outbox;

import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.security.SecureRandom;

/**
 * The file {@code meta}: who this outbox is, and what it has reserved. Two slots, at 0 and 4,096,
 * written in turn, so that a torn write hits one only; the sound slot with the higher generation
 * counts.
 *
 * <pre>
 *  0 u32 "WHMT"       24 16 producer id   64 u64 reserved sequence   88 u32 sequence block
 *  4 u32 CRC          40 16 instance      72 u64 stored sequence     92 u32 0
 *  8 u32 version (1)  56 u32 epoch        80 u64 acknowledged        96 32  0
 * 12 u32 0            60 u32 flags: 1 = closed cleanly, stored is exact
 * 16 u64 generation
 * </pre>
 *
 * When one slot is damaged it may have been the newer: epoch and reservation then skip what one
 * write can add, so that neither is used twice. When both are, the outbox becomes a new producer.
 *
 * <p>Owner: the opening thread, then the store thread; {@link #producerId} is guarded by this.
 */
final class Meta implements Closeable {
  static final String NAME = "meta";
  private static final int MAGIC = 0x544d4857; // "WHMT"
  private static final int SLOT_BYTES = 128;
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
  volatile long reserved;
  long stored;
  long acknowledged;
  boolean clean;

  /** No sound slot was there. */
  boolean lost;

  Meta(Disk disk, File directory) throws IOException {
    this.file = disk.open(new File(directory, NAME));
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
      reserved += Math.max(sequenceBlock, sequenceBlockNow);
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
    if (file.read((long) index * SLOT_DISTANCE, slot, 0, SLOT_BYTES) < SLOT_BYTES
        || Format.i32(slot, 0) != MAGIC
        || !crc.sealed(slot, 0, SLOT_BYTES, 0, (long) index * SLOT_DISTANCE)) {
      return false;
    }
    int version = Format.i32(slot, 8);
    if (version != Format.VERSION) {
      throw new OutboxException(
          OutboxException.Reason.UNUSABLE,
          "outbox format is " + version + ", this version reads 1: use the newer SDK");
    }
    generation = Format.i64(slot, 16);
    System.arraycopy(slot, 24, producerId, 0, Format.ID_BYTES);
    epoch = Format.i32(slot, 56);
    clean = (Format.i32(slot, 60) & FLAG_CLEAN) != 0;
    reserved = Format.i64(slot, 64);
    stored = Format.i64(slot, 72);
    acknowledged = Format.i64(slot, 80);
    sequenceBlock = Format.i32(slot, 88);
    return true;
  }

  /** Makes room for both slots and writes them; only when there was none. */
  void create() throws IOException {
    file.setLength(BYTES);
    write(1);
    write(2);
    file.sync(true);
    generation = 2;
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
    Format.put64(slot, 64, reserved);
    Format.put64(slot, 72, stored);
    Format.put64(slot, 80, acknowledged);
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

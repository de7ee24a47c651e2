package dev.whippet.internal.outbox;

import dev.whippet.internal.disk.Disk;
import dev.whippet.internal.segment.Format;
import dev.whippet.internal.segment.SegmentCipher;
import java.io.IOException;

/**
 * Brings the batches of one channel to stable storage: frames, writes, syncs, and only then tells
 * the counters.
 *
 * <p>One segment is active. It begins with its header and all facts, written together with its
 * first batch and covered by the same sync. After any failed write or sync the segment is given up
 * at its durable end, and the batch, still in memory, goes to a fresh one, whose header says after
 * which sequence it goes on: what the failed write may have left behind is void. A second failure
 * fails what is left of the batch.
 *
 * <p>A file is used again only when a durable cursor covers all its records. With encryption each
 * segment has a key of its own, and what failed is never written again under it.
 *
 * <p>Owner: the store thread.
 */
final class Writer {
  private static final int ATTEMPTS = 2;
  private static final int SEALED_BYTES = 256 * 1024;

  /** What all channels of an outbox write with. */
  static final class Shared {
    OutboxConfig config;
    Disk disk;
    Meta meta;
    Facts facts;
    Spares spares;
    Vault vault;
    Segments[] channels;
  }

  private final Shared shared;
  private final Segments segments;
  private final int channel;
  private final Format.Crc crc = new Format.Crc();
  private final byte[] header = new byte[Format.COMMIT_BYTES];

  private Segment active;
  private Disk.DiskFile file;

  /** Null: the records of the active segment are not encrypted. */
  private SegmentCipher cipher;

  /** Encrypted commits that are written together. */
  private byte[] sealed = new byte[0];

  private int sealedEnd;
  private boolean fresh;
  private boolean newFile;
  private long position;

  private long previousSerial;
  private long previousSequence;
  private long recordsTotal;
  private int failedAt;

  /** Written since the last sync. */
  private long putCount;

  private long putLast;

  Writer(Shared shared, int channel) {
    this.shared = shared;
    this.segments = shared.channels[channel];
    this.channel = channel;
  }

  /** Goes on from what recovery found; the meta file says the same, durably. */
  void restore(ChannelRecovery found) {
    previousSequence = found.lastStored;
    recordsTotal = found.recordsTotal;
    segments.acknowledgedBefore(found.acknowledged, found.claimed());
    for (Segment segment : found.live) {
      segments.add(segment);
      shared.spares.count(segment.fileBytes);
      previousSerial = segment.serial;
    }
    segments.settle(found.lastStored);
  }

  // ---- commits

  /**
   * Stores a batch, and the facts that wait.
   *
   * @param from where the first record to store stands
   * @return null, or why what stands at {@link #failedAt} and behind is not stored
   */
  IOException commit(Ring.Batch batch, int from) {
    int at = from;
    int failures = 0;
    while (at < batch.end || shared.facts.pending() != null) {
      try {
        at = commitSome(batch, at);
        failures = 0;
      } catch (IOException failed) {
        giveUp();
        if (++failures == ATTEMPTS) {
          failedAt = at;
          return failed;
        }
      }
    }
    failedAt = batch.end;
    return null;
  }

  /** Where the records of the last batch begin that are not stored. */
  int failedAt() {
    return failedAt;
  }

  /** Stores as many whole records as fit into one segment; returns where the rest begins. */
  private int commitSome(Ring.Batch batch, int from) throws IOException {
    long acknowledged = segments.acknowledged();
    Facts.Snapshot news = shared.facts.pending();
    int first = from < batch.end ? commitBytes(Format.i32(batch.bytes, from)) : 0;
    int newsBytes = news == null ? 0 : Format.COMMIT_BYTES + news.records.length;
    putLast = previousSequence;
    putCount = 0;
    sealedEnd = 0;
    int flags = 0;
    if (active == null || position + newsBytes + first > active.fileBytes) {
      news = begin(first, acknowledged);
      flags = Format.CONTINUES;
    } else if (news != null) {
      byte[] commit = new byte[newsBytes];
      putFacts(commit, 0, news, acknowledged);
      file.write(position, commit, 0, commit.length);
      position += commit.length;
      flags = Format.CONTINUES;
    }
    int end = from;
    while (end < batch.end && position + commitBytes(Format.i32(batch.bytes, end)) <= limit()) {
      end = putRecords(batch, end, acknowledged, flags, end > from);
      flags = Format.CONTINUES;
    }
    writeSealed();
    file.sync(newFile);
    committed();
    shared.meta.kept(channel, acknowledged);
    if (news != null) {
      shared.facts.durable(news.ordinal);
    }
    recycle();
    return end;
  }

  private long limit() {
    return active.fileBytes;
  }

  private int commitBytes(int recordBytes) {
    int tag = shared.vault.encrypts() ? SegmentCipher.TAG_BYTES : 0;
    return Format.COMMIT_BYTES + recordBytes + tag;
  }

  /** Frames and writes records of consecutive sequences that fit, behind their commit header. */
  private int putRecords(Ring.Batch batch, int from, long acknowledged, int flags, boolean apart)
      throws IOException {
    byte[] b = batch.bytes;
    int tag = cipher == null ? 0 : SegmentCipher.TAG_BYTES;
    long room = limit() - position - Format.COMMIT_BYTES - tag;
    if (cipher != null) {
      room = Math.min(room, Math.max(SegmentCipher.RECORDS_BYTES_MAX, Format.i32(b, from)));
    }
    long first = Format.sequence(b, from);
    int end = from;
    int count = 0;
    while (end < batch.end
        && end + Format.i32(b, end) - from <= room
        && Format.sequence(b, end) == first + count) {
      crc.sealRecord(b, end, active.serial, position + Format.COMMIT_BYTES + end - from);
      end += Format.i32(b, end);
      count++;
    }
    int length = end - from + tag;
    putCommit(header, 0, length, count, acknowledged);
    Format.put64(header, 32, first);
    Format.put64(header, 40, first + count - 1);
    Format.put32(header, 56, flags | (cipher == null ? 0 : Format.ENCRYPTED));
    crc.seal(header, 0, Format.COMMIT_BYTES, active.serial, position);
    write(b, from, end - from, apart);
    position += Format.COMMIT_BYTES + length;
    putLast = first + count - 1;
    putCount += count;
    return end;
  }

  /** Header and records; in one write where the room before the records may be used. */
  private void write(byte[] b, int from, int length, boolean apart) throws IOException {
    if (cipher != null) {
      int whole = Format.COMMIT_BYTES + length + SegmentCipher.TAG_BYTES;
      if (sealed.length - sealedEnd < whole) {
        writeSealed();
        sealed = sealed.length < whole ? new byte[Math.max(whole, SEALED_BYTES)] : sealed;
      }
      System.arraycopy(header, 0, sealed, sealedEnd, Format.COMMIT_BYTES);
      cipher.seal(b, from, length, sealed, sealedEnd, position);
      sealedEnd += whole;
    } else if (apart) {
      file.write(position, header, 0, Format.COMMIT_BYTES);
      file.write(position + Format.COMMIT_BYTES, b, from, length);
    } else {
      System.arraycopy(header, 0, b, from - Format.COMMIT_BYTES, Format.COMMIT_BYTES);
      file.write(position, b, from - Format.COMMIT_BYTES, Format.COMMIT_BYTES + length);
    }
  }

  /** Writes the encrypted commits that were gathered; they end at {@code position}. */
  private void writeSealed() throws IOException {
    if (sealedEnd > 0) {
      file.write(position - sealedEnd, sealed, 0, sealedEnd);
      sealedEnd = 0;
    }
  }

  private void putFacts(byte[] b, int at, Facts.Snapshot news, long acknowledged) {
    int to = at + Format.COMMIT_BYTES;
    System.arraycopy(news.records, 0, b, to, news.records.length);
    for (int i = 0; i < news.records.length; i += Format.i32(b, to + i)) {
      crc.sealRecord(b, to + i, active.serial, position + Format.COMMIT_BYTES + i);
    }
    putCommit(b, at, news.records.length, news.count, acknowledged);
    crc.seal(b, at, Format.COMMIT_BYTES, active.serial, position);
  }

  private void putCommit(byte[] b, int at, int length, int count, long acknowledged) {
    Format.zero(b, at, Format.COMMIT_BYTES);
    Format.put32(b, at, Format.COMMIT_MAGIC);
    Format.put64(b, at + 8, active.serial);
    Format.put32(b, at + 16, length);
    Format.put32(b, at + 20, count);
    Format.put64(b, at + 24, putLast);
    Format.put64(b, at + 48, acknowledged);
  }

  /** The sync returned: everything up to {@code position} is stable. */
  private void committed() {
    if (putCount > 0) {
      previousSequence = putLast;
      recordsTotal += putCount;
      shared.meta.stored[channel] = previousSequence;
    }
    newFile = false;
    if (fresh) {
      fresh = false;
      previousSerial = active.serial;
      active.last = previousSequence;
      active.count = putCount;
      active.used = position;
      segments.add(active);
    } else {
      segments.grow(active, position, previousSequence, putCount);
    }
  }

  // ---- segments

  /** Starts a segment: its header and all facts are written, not synced. */
  private Facts.Snapshot begin(int firstBytes, long acknowledged) throws IOException {
    seal();
    byte[] key = shared.vault.encrypts() ? SegmentCipher.draw() : null;
    Segment.Life life = new Segment.Life();
    life.wrappedKey = key == null ? null : shared.vault.wrap(key);
    int factsAt = Format.segmentStart(key == null ? 0 : life.wrappedKey.length);
    Facts.Snapshot all = shared.facts.snapshot(shared.meta);
    byte[] start = new byte[factsAt + Format.COMMIT_BYTES + all.records.length];
    long bytes = Math.max(shared.config.segmentBytes(), start.length + firstBytes);
    recycle();
    if (shared.spares.isEmpty() && segments.anyReleased() && shared.meta.keep(shared.channels)) {
      recycle();
    }
    boolean usual = bytes == shared.config.segmentBytes();
    life.file = usual ? shared.spares.poll() : null;
    newFile = life.file == null;
    if (newFile) {
      life.file = shared.spares.newFile(bytes);
    }
    life.serial = (long) shared.meta.epoch << 32 | shared.spares.nextLife();
    life.previousSequence = previousSequence;
    life.recordsBefore = recordsTotal;
    active = new Segment(life, bytes);
    active.recyclable = usual;
    fresh = true;
    cipher = key == null ? null : new SegmentCipher(key);
    file = shared.disk.open(active.file);
    if (newFile) {
      file.setLength(bytes);
    }
    putHeader(start, acknowledged);
    position = factsAt;
    putFacts(start, factsAt, all, acknowledged);
    file.write(0, start, 0, start.length);
    position = start.length;
    return all;
  }

  private void putHeader(byte[] b, long acknowledged) {
    Format.put32(b, 0, Format.SEGMENT_MAGIC);
    Format.put32(b, 8, Format.VERSION);
    Format.put64(b, 16, active.serial);
    Format.put64(b, 24, previousSerial);
    Format.put64(b, 32, previousSequence);
    Format.put64(b, 40, acknowledged);
    Format.put64(b, 48, recordsTotal);
    Format.put64(b, 56, shared.meta.reserved.get(channel));
    System.arraycopy(shared.meta.producerId(), 0, b, 64, Format.ID_BYTES);
    if (active.wrappedKey != null) {
      Format.put16(b, 80, active.wrappedKey.length);
      int block = Format.keyBytes(active.wrappedKey.length);
      putKey(b, Format.SEGMENT_BYTES, block);
      putKey(b, Format.SEGMENT_BYTES + block, block);
    }
    crc.seal(b, 0, Format.SEGMENT_BYTES, active.serial, 0);
  }

  private void putKey(byte[] b, int at, int block) {
    int length = active.wrappedKey.length;
    Format.put32(b, at, Format.KEY_MAGIC);
    Format.put16(b, at + 8, length);
    Format.copy(active.wrappedKey, 0, length, b, at + Format.KEY_BYTES);
    crc.seal(b, at, block, active.serial, at);
  }

  boolean isActive() {
    return active != null;
  }

  /** Nothing more is added to the active segment. */
  void seal() {
    if (active != null) {
      closeQuietly();
      segments.seal(active);
      active = null;
    }
  }

  /** Something failed: never append to this segment again. */
  private void giveUp() {
    if (active == null) {
      return;
    }
    closeQuietly();
    if (fresh) {
      shared.spares.remove(active);
    } else {
      active.recyclable = false;
      segments.seal(active);
    }
    active = null;
    fresh = false;
    newFile = false;
  }

  private void closeQuietly() {
    if (file != null) {
      try {
        file.close();
      } catch (IOException ignored) {
        // what was synced is stable, and nothing else counts
      }
      file = null;
    }
  }

  /** Makes files that nothing needs any more ready for another life, or removes them. */
  void recycle() {
    for (Segment segment : segments.takeReleased(shared.meta.kept(channel))) {
      if (!segment.kept) {
        shared.spares.recycle(segment);
      }
    }
  }
}

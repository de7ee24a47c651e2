package dev.whippet.internal.outbox;

import java.io.File;
import java.io.IOException;
import java.util.ArrayDeque;

/**
 * Brings batches to stable storage: frames, writes, syncs, and only then tells the counters.
 *
 * <p>One segment is active. It begins with its header and all facts, written together with its
 * first batch and covered by the same sync. After any failed write or sync the segment is given up
 * at its durable end, and the batch, still in memory, goes to a fresh one, whose header says after
 * which sequence it goes on: what the failed write may have left behind is void. A second failure
 * fails what is left of the batch.
 *
 * <p>A file is used again only when a durable cursor covers all its records.
 *
 * <p>Owner: the store thread. Limits: {@value #SPARES_MAX} files are kept for reuse.
 */
final class Writer {
  private static final int ATTEMPTS = 2;
  private static final int SPARES_MAX = 4;
  private static final int ZERO_BYTES = 64 * 1024;

  private final OutboxConfig config;
  private final Disk disk;
  private final Meta meta;
  private final Facts facts;
  private final Segments segments;
  private final Format.Crc crc = new Format.Crc();
  private final ArrayDeque<File> spares = new ArrayDeque<>();

  private Segment active;
  private Disk.DiskFile file;
  private boolean fresh;
  private boolean newFile;
  private long position;

  private long nextSlot;
  private int lives;
  private long previousSerial;
  private long previousSequence;
  private long recordsTotal;
  private long durableAcknowledged;
  private boolean spareFailed;
  private long batchStored;

  Writer(OutboxConfig config, Disk disk, Meta meta, Facts facts, Segments segments) {
    this.config = config;
    this.disk = disk;
    this.meta = meta;
    this.facts = facts;
    this.segments = segments;
  }

  /** Goes on from what recovery found; the meta file says the same, durably. */
  void restore(Recovery found) {
    nextSlot = found.nextSlot;
    previousSequence = found.lastStored;
    recordsTotal = found.recordsTotal;
    durableAcknowledged = found.acknowledged;
    segments.acknowledgedBefore(found.acknowledged);
    for (Segment segment : found.live) {
      segments.add(segment);
      segments.fileBytes(segment.fileBytes);
      previousSerial = segment.serial;
    }
    segments.settle(found.lastStored);
    for (File blank : found.blanks) {
      spare(blank);
    }
  }

  private void spare(File blank) {
    if (spares.size() < SPARES_MAX && length(blank) == config.segmentBytes()) {
      spares.add(blank);
      segments.fileBytes(config.segmentBytes());
    } else {
      delete(blank);
    }
  }

  private long length(File blank) {
    try {
      Disk.DiskFile opened = disk.openToRead(blank);
      try {
        return opened.length();
      } finally {
        opened.close();
      }
    } catch (IOException failed) {
      return -1;
    }
  }

  // ---- commits

  /**
   * Stores a batch, and the facts that wait.
   *
   * @return null, or why what is above {@link #batchStored} is not stored
   */
  IOException commit(Ring.Batch batch) {
    batchStored = batch.firstSequence - 1;
    int at = Format.COMMIT_BYTES;
    int failures = 0;
    while (at < batch.end || facts.pending() != null) {
      try {
        at = commitSome(batch, at);
        failures = 0;
      } catch (IOException failed) {
        giveUp();
        if (++failures == ATTEMPTS) {
          return failed;
        }
      }
    }
    return null;
  }

  /** The highest sequence of the last batch that is stored. */
  long batchStored() {
    return batchStored;
  }

  /** Stores as many whole records as fit into one segment; returns where the rest begins. */
  private int commitSome(Ring.Batch batch, int from) throws IOException {
    long acknowledged = segments.acknowledged();
    Facts.Snapshot news = facts.pending();
    int first = from < batch.end ? Format.COMMIT_BYTES + Format.i32(batch.bytes, from) : 0;
    int newsBytes = news == null ? 0 : Format.COMMIT_BYTES + news.records.length;
    if (active == null || position + newsBytes + first > active.fileBytes) {
      news = facts.snapshot(acknowledged);
      begin(news, first, acknowledged);
    } else if (news != null) {
      byte[] commit = new byte[newsBytes];
      putFacts(commit, 0, news, acknowledged);
      file.write(position, commit, 0, commit.length);
      position += commit.length;
    }
    int end = from < batch.end ? putRecords(batch, from, acknowledged) : from;
    file.sync(newFile);
    committed(batch, from, end);
    durableAcknowledged = Math.max(durableAcknowledged, acknowledged);
    if (news != null) {
      facts.durable(news.ordinal);
    }
    recycle();
    return end;
  }

  /** Frames and writes the records that fit, behind their commit header. */
  private int putRecords(Ring.Batch batch, int from, long acknowledged) throws IOException {
    byte[] b = batch.bytes;
    int header = from - Format.COMMIT_BYTES;
    int room = (int) Math.min(batch.end - from, active.fileBytes - position - Format.COMMIT_BYTES);
    int end = from;
    int count = 0;
    while (end < batch.end && end + Format.i32(b, end) - from <= room) {
      crc.sealRecord(b, end, active.serial, position + end - header);
      end += Format.i32(b, end);
      count++;
    }
    long first = Format.sequence(b, from);
    putCommit(b, header, end - from, count, acknowledged);
    Format.put64(b, header + 32, first);
    Format.put64(b, header + 40, first + count - 1);
    crc.seal(b, header, Format.COMMIT_BYTES, active.serial, position);
    file.write(position, b, header, end - header);
    position += end - header;
    return end;
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
    Format.put64(b, at + 24, previousSequence);
    Format.put64(b, at + 48, acknowledged);
  }

  /** The sync returned: everything up to {@code position} is stable. */
  private void committed(Ring.Batch batch, int from, int end) {
    long count = 0;
    if (end > from) {
      long first = Format.sequence(batch.bytes, from);
      long last = Format.i64(batch.bytes, from - Format.COMMIT_BYTES + 40);
      count = last - first + 1;
      previousSequence = last;
      batchStored = last;
      recordsTotal += count;
    }
    newFile = false;
    if (fresh) {
      fresh = false;
      previousSerial = active.serial;
      active.last = previousSequence;
      active.count = count;
      active.used = position;
      segments.add(active);
    } else {
      segments.grow(active, position, previousSequence, count);
    }
  }

  // ---- segments

  /** Starts a segment: its header and all facts are written, not synced. */
  private void begin(Facts.Snapshot all, int firstBytes, long acknowledged) throws IOException {
    seal();
    byte[] start = new byte[Format.SEGMENT_BYTES + Format.COMMIT_BYTES + all.records.length];
    long bytes = Math.max(config.segmentBytes(), start.length + firstBytes);
    recycle();
    if (spares.isEmpty() && segments.anyReleased()) {
      keepCursor();
    }
    File name = bytes == config.segmentBytes() ? spares.poll() : null;
    boolean made = name == null;
    if (made) {
      name = new File(config.directory(), slotName(nextSlot++));
      segments.fileBytes(bytes);
    }
    long serial = (long) meta.epoch << 32 | ++lives;
    active = new Segment(name, serial, previousSequence, recordsTotal, bytes);
    active.recyclable = bytes == config.segmentBytes();
    fresh = true;
    newFile = made;
    file = disk.open(name);
    if (made) {
      file.setLength(bytes);
    }
    position = Format.SEGMENT_BYTES;
    putHeader(start, acknowledged);
    putFacts(start, Format.SEGMENT_BYTES, all, acknowledged);
    file.write(0, start, 0, start.length);
    position = start.length;
    spareFailed = false;
  }

  private void putHeader(byte[] b, long acknowledged) {
    Format.put32(b, 0, Format.SEGMENT_MAGIC);
    Format.put32(b, 8, Format.VERSION);
    Format.put64(b, 16, active.serial);
    Format.put64(b, 24, previousSerial);
    Format.put64(b, 32, previousSequence);
    Format.put64(b, 40, acknowledged);
    Format.put64(b, 48, recordsTotal);
    Format.put64(b, 56, meta.reserved);
    System.arraycopy(meta.producerId(), 0, b, 64, Format.ID_BYTES);
    crc.seal(b, 0, Format.SEGMENT_BYTES, active.serial, 0);
  }

  static String slotName(long slot) {
    String hex = Long.toHexString(slot);
    return "00000000".substring(hex.length()) + hex + ".seg";
  }

  private void seal() {
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
      segments.fileBytes(-active.fileBytes);
      delete(active.file);
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
  private void recycle() {
    for (Segment segment : segments.takeReleased(durableAcknowledged)) {
      if (segment.kept) {
        continue;
      }
      if (segment.recyclable && spares.size() < SPARES_MAX) {
        spares.add(segment.file);
      } else {
        segments.fileBytes(-segment.fileBytes);
        delete(segment.file);
      }
    }
  }

  private void delete(File name) {
    try {
      disk.delete(name);
    } catch (IOException ignored) {
      // the next open finds it and tries again
    }
  }

  // ---- meta

  /** Raises the reservation when half of it is used; false if that failed. */
  boolean reserve(long lastSequence) {
    long old = meta.reserved;
    if (old - lastSequence >= config.sequenceBlock() / 2) {
      return true;
    }
    meta.reserved = lastSequence + config.sequenceBlock();
    if (saveMeta()) {
      return true;
    }
    meta.reserved = old;
    return false;
  }

  void renew() throws IOException {
    meta.renew();
    facts.forgetMarks();
  }

  private void keepCursor() {
    if (saveMeta()) {
      recycle();
    }
  }

  private boolean saveMeta() {
    long acknowledged = segments.acknowledged();
    meta.stored = previousSequence;
    meta.acknowledged = acknowledged;
    try {
      meta.save();
    } catch (IOException failed) {
      return false;
    }
    durableAcknowledged = Math.max(durableAcknowledged, acknowledged);
    return true;
  }

  // ---- idle, end

  boolean wantsIdleWork() {
    return segments.acknowledged() > durableAcknowledged || wantsSpare();
  }

  private boolean wantsSpare() {
    return active != null && spares.isEmpty() && !spareFailed;
  }

  /** Nothing to store for a while: keeps the cursor, makes a file ahead; false if that failed. */
  boolean idle() {
    if (segments.acknowledged() > durableAcknowledged && !saveMeta()) {
      return false;
    }
    recycle();
    if (wantsSpare()) {
      makeSpare();
    }
    return true;
  }

  /** Written in full, so that later commits need no room and no metadata. */
  private void makeSpare() {
    File name = new File(config.directory(), slotName(nextSlot++));
    try {
      Disk.DiskFile made = disk.open(name);
      try {
        byte[] zeros = new byte[Math.min(ZERO_BYTES, config.segmentBytes())];
        for (int at = 0; at < config.segmentBytes(); at += zeros.length) {
          made.write(at, zeros, 0, Math.min(zeros.length, config.segmentBytes() - at));
        }
        made.sync(true);
      } finally {
        made.close();
      }
      spares.add(name);
      segments.fileBytes(config.segmentBytes());
    } catch (IOException failed) {
      spareFailed = true; // not needed yet; the next segment is made when it is
      delete(name);
    }
  }

  /** The last act: a clean end, with nothing reserved beyond what was used. */
  void finish(long lastSequence) {
    seal();
    long old = meta.reserved;
    meta.reserved = lastSequence;
    meta.clean = true;
    if (!saveMeta()) {
      meta.reserved = old;
    }
  }
}

package dev.whippet.internal.outbox;

import dev.whippet.internal.outbox.GapReport.Reason;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * Finds out, once, what the files of a directory hold. Writes nothing, except that it cuts the tail
 * of the newest segment and removes files that hold nothing.
 *
 * <ol>
 *   <li>Every segment header is read; where it is damaged, the commits behind it tell the serial.
 *   <li>Segments are put in the order of their serials. One that a later one names as its
 *       predecessor is complete up to the sequence named there, and its facts are repeated in the
 *       later one, if those are sound: then it is not read now. One that a later one skips was
 *       abandoned after a failed write, and is void.
 *   <li>The newest segment is read in full, and any other whose successor is missing or damaged.
 *   <li>What headers, commits and meta promise and nothing holds is reported.
 * </ol>
 *
 * <p>Owner: the opening thread.
 */
final class Recovery {
  private static final int READ_ATTEMPTS = 3;
  private static final int SCAN_BYTES = 64 * 1024;

  /** Route ids are skipped after damage: some that were given may not be known any more. */
  private static final int ROUTES_SKIPPED = 1 << 16;

  private final OutboxConfig config;
  private final Disk disk;
  private final Meta meta;
  private final Facts facts;
  private final Format.Crc crc = new Format.Crc();
  private final List<Loss> losses = new ArrayList<>();

  final List<Segment> live = new ArrayList<>();

  /** Files that hold nothing needed. */
  final List<File> blanks = new ArrayList<>();

  final List<GapReport> gaps = new ArrayList<>();
  long nextSlot = 1;
  long acknowledged;
  long lastStored;
  long reserved;
  long recordsTotal;
  int epoch;

  Recovery(OutboxConfig config, Disk disk, Meta meta, Facts facts) {
    this.config = config;
    this.disk = disk;
    this.meta = meta;
    this.facts = facts;
  }

  private static final SegmentReader.Sink IGNORED =
      new SegmentReader.Sink() {
        @Override
        public void lost(long first, long last, long offset) {
          // whoever reads the segment reports it
        }

        @Override
        public void fact(byte[] bytes, int at) {
          // only whether it is sound matters
        }
      };

  /** What is known of a file before its records are read. */
  private static final class Found {
    File file;
    long bytes;
    long serial;
    long previousSerial = -1;
    long previousSequence = -1;
    long acknowledged;
    long recordsBefore = -1;
    long reserved;

    /** The facts that it begins with are sound: they repeat all of the segments before. */
    boolean factsSound;

    boolean headerSound() {
      return recordsBefore >= 0;
    }
  }

  private static final class Loss {
    final Reason reason;
    final long first;
    final long last;
    final String where;

    Loss(Reason reason, long first, long last, String where) {
      this.reason = reason;
      this.first = first;
      this.last = last;
      this.where = where;
    }
  }

  void run() throws IOException {
    acknowledged = meta.acknowledged;
    reserved = meta.reserved;
    epoch = meta.epoch;
    List<Found> chain = chain(readHeaders());
    for (Found found : chain) {
      acknowledged = Math.max(acknowledged, found.acknowledged);
      if (meta.lost) {
        reserved = Math.max(reserved, found.reserved);
      }
      epoch = Math.max(epoch, (int) (found.serial >>> 32));
    }
    long walked = 0;
    for (int i = 0; i < chain.size(); i++) {
      Found next = i + 1 < chain.size() ? chain.get(i + 1) : null;
      walked = settle(chain.get(i), i > 0 ? chain.get(i - 1) : null, next, walked);
    }
    lastStored = walked;
    if (meta.stored > walked) {
      losses.add(new Loss(Reason.DAMAGED, walked + 1, meta.stored, Meta.NAME));
      lastStored = meta.stored;
      recordsTotal += meta.stored - walked;
    }
    reserved = Math.max(reserved, lastStored);
    if (meta.lost && !chain.isEmpty()) {
      reserved += config.sequenceBlock();
      gaps.add(new GapReport(Reason.IDENTITY_LOST, acknowledged + 1, lastStored, Meta.NAME));
    }
    report();
    freeAcknowledged();
    cutTail();
  }

  // ---- headers

  private List<Found> readHeaders() throws IOException {
    List<Found> all = new ArrayList<>();
    for (String name : disk.list(config.directory())) {
      if (!name.matches("[0-9a-f]{8}\\.seg")) {
        continue;
      }
      File file = new File(config.directory(), name);
      nextSlot = Math.max(nextSlot, Long.parseLong(name.substring(0, 8), 16) + 1);
      try {
        Found found = readHeader(file);
        if (found == null) {
          blanks.add(file);
        } else {
          all.add(found);
        }
      } catch (OutboxException newer) {
        throw newer;
      } catch (IOException failed) {
        gaps.add(new GapReport(Reason.UNREADABLE, 1, 0, name + ": " + failed.getMessage()));
      }
    }
    return all;
  }

  private Found readHeader(File file) throws IOException {
    Disk.DiskFile opened = disk.openToRead(file);
    try {
      Found found = new Found();
      found.file = file;
      found.bytes = opened.length();
      byte[] b = new byte[Format.SEGMENT_BYTES];
      int read = opened.read(0, b, 0, b.length);
      if (read < b.length
          || Format.i32(b, 0) != Format.SEGMENT_MAGIC
          || !crc.sealed(b, 0, b.length, Format.i64(b, 16), 0)) {
        return adopt(opened, found) ? found : null;
      }
      if (Format.i32(b, 8) != Format.VERSION) {
        throw new OutboxException(
            OutboxException.Reason.UNUSABLE,
            "segment format is " + Format.i32(b, 8) + ", this version reads 1: " + file.getName());
      }
      found.serial = Format.i64(b, 16);
      found.previousSerial = Format.i64(b, 24);
      found.previousSequence = Format.i64(b, 32);
      found.acknowledged = Format.i64(b, 40);
      found.recordsBefore = Format.i64(b, 48);
      found.reserved = Format.i64(b, 56);
      SegmentReader reader = new SegmentReader(opened, found.serial, 0, IGNORED);
      found.factsSound = reader.facts(found.bytes);
      return found;
    } finally {
      opened.close();
    }
  }

  /** The header is damaged: the newest life is that of the commit with the highest serial. */
  private boolean adopt(Disk.DiskFile file, Found found) throws IOException {
    byte[] b = new byte[SCAN_BYTES];
    long at = Format.SEGMENT_BYTES;
    while (at + Format.COMMIT_BYTES <= found.bytes) {
      int read = file.read(at, b, 0, b.length);
      int i = 0;
      for (; i + Format.COMMIT_BYTES <= read; i += Format.ALIGNMENT) {
        if (crc.isCommit(b, i, at + i) && Format.i64(b, i + 8) > found.serial) {
          found.serial = Format.i64(b, i + 8);
          boolean first = at + i == Format.SEGMENT_BYTES;
          found.previousSequence = first ? Format.i64(b, i + 24) : -1;
          found.acknowledged = Format.i64(b, i + 48);
        }
      }
      if (i == 0) {
        break;
      }
      at += i;
    }
    if (found.serial != 0) {
      facts.skipRoutes(ROUTES_SKIPPED);
    }
    return found.serial != 0;
  }

  /** In the order of serials, without what later ones skip. */
  private List<Found> chain(List<Found> all) {
    Collections.sort(
        all,
        new Comparator<Found>() {
          @Override
          public int compare(Found a, Found b) {
            return a.serial < b.serial ? 1 : a.serial == b.serial ? 0 : -1;
          }
        });
    List<Found> chain = new ArrayList<>();
    Found later = null;
    for (Found found : all) {
      boolean skipped =
          later != null
              && (found.serial == later.serial
                  || (later.previousSerial >= 0 && found.serial > later.previousSerial));
      if (skipped) {
        blanks.add(found.file);
      } else {
        chain.add(found);
        later = found;
      }
    }
    Collections.reverse(chain);
    return chain;
  }

  // ---- records

  /** Takes one segment of the chain; returns the highest sequence accounted for. */
  private long settle(Found found, Found before, Found next, long walked) {
    boolean repeated = next != null && next.factsSound;
    if (repeated && next.previousSequence >= 0 && next.previousSequence <= acknowledged) {
      blanks.add(found.file);
      return Math.max(walked, next.previousSequence);
    }
    long previous = found.previousSequence >= 0 ? found.previousSequence : walked;
    if (previous > walked) {
      boolean linked = before != null && found.previousSerial == before.serial;
      Reason reason = linked ? Reason.DAMAGED : Reason.SEGMENT_MISSING;
      losses.add(new Loss(reason, walked + 1, previous, "before " + found.file.getName()));
    }
    long recordsBefore = Math.max(found.recordsBefore, recordsTotal);
    Segment segment = new Segment(found.file, found.serial, previous, recordsBefore, found.bytes);
    segment.recyclable = found.bytes == config.segmentBytes();
    segment.sealed = true;
    segment.kept = next != null && !repeated; // facts that stand nowhere else
    boolean linked = repeated && next.previousSerial == found.serial;
    if (linked && found.headerSound()) {
      segment.used = found.bytes;
      segment.last = next.previousSequence;
      segment.count = Math.max(0, next.recordsBefore - found.recordsBefore);
      recordsTotal = recordsBefore + segment.count;
    } else {
      long bound = next != null ? next.previousSequence : meta.clean ? meta.stored : -1;
      long lost = read(segment, bound);
      recordsTotal = recordsBefore + segment.count + lost; // the next reader finds them missing
    }
    live.add(segment);
    return Math.max(previous, segment.last);
  }

  /** Reads facts and records up to a sequence (-1: all); returns how many are missing there. */
  private long read(Segment segment, long bound) {
    Scan scan = new Scan(segment);
    try {
      Disk.DiskFile file = disk.openToRead(segment.file);
      try {
        scan.reader = new SegmentReader(file, segment.serial, segment.previousSequence, scan);
        return records(segment, scan, bound);
      } finally {
        file.close();
      }
    } catch (IOException failed) {
      segment.kept = true;
      String where = segment.file.getName() + ": " + failed.getMessage();
      gaps.add(new GapReport(Reason.UNREADABLE, 1, 0, where));
      return 0;
    }
  }

  private long records(Segment segment, Scan scan, long bound) throws IOException {
    int failures = 0;
    long limit = bound < 0 ? Long.MAX_VALUE : bound;
    for (boolean more = true; more; ) {
      try {
        more = scan.reader.next(segment.fileBytes);
        if (more && scan.reader.walked() <= limit) {
          segment.count++;
          segment.last = scan.reader.walked();
        }
      } catch (IOException failed) {
        if (++failures % READ_ATTEMPTS == 0) {
          scan.reader.skipPage();
        }
      }
    }
    segment.used = scan.reader.soundEnd();
    acknowledged = Math.max(acknowledged, scan.reader.acknowledged());
    scan.reader.finish(Math.min(limit, scan.reader.commitLast()));
    return scan.settle(bound, limit);
  }

  /** What a full read of a segment meets. */
  private final class Scan implements SegmentReader.Sink {
    private final Segment segment;
    private final List<Loss> found = new ArrayList<>();
    private final List<Integer> commits = new ArrayList<>();
    private SegmentReader reader;

    Scan(Segment segment) {
      this.segment = segment;
    }

    @Override
    public void lost(long first, long last, long offset) {
      found.add(new Loss(Reason.DAMAGED, first, last, segment.place(offset)));
      commits.add(reader.commits());
    }

    @Override
    public void fact(byte[] bytes, int at) {
      facts.learn(bytes, at, true);
    }

    /** A loss in the last commit of all, after a crash, is a torn tail. */
    long settle(long bound, long limit) {
      long missing = 0;
      for (int i = 0; i < found.size(); i++) {
        Loss loss = found.get(i);
        if (loss.first > limit) {
          continue; // void
        }
        boolean torn = bound < 0 && commits.get(i) == reader.commits() && loss.first > meta.stored;
        long last = Math.min(loss.last, limit);
        Reason reason = torn ? Reason.TORN_TAIL : loss.reason;
        losses.add(new Loss(reason, loss.first, last, loss.where));
        segment.lossReportedTo = Math.max(segment.lossReportedTo, last);
        missing += last < segment.last ? last - loss.first + 1 : 0;
      }
      return missing;
    }
  }

  // ---- results

  private void report() {
    if (!losses.isEmpty() || !gaps.isEmpty()) {
      facts.skipRoutes(ROUTES_SKIPPED);
    }
    for (Loss loss : losses) {
      long first = Math.max(loss.first, acknowledged + 1);
      if (first <= loss.last || loss.first > loss.last) {
        gaps.add(new GapReport(loss.reason, first, Math.max(loss.last, first - 1), loss.where));
      }
    }
  }

  /** All but the newest, which holds the newest facts, and those that hold facts alone. */
  private void freeAcknowledged() {
    while (live.size() > 1 && live.get(0).last <= acknowledged && !live.get(0).kept) {
      blanks.add(live.remove(0).file);
    }
  }

  /** Gives back the room behind the newest segment, which is never appended to again. */
  private void cutTail() {
    if (live.isEmpty()) {
      return;
    }
    Segment newest = live.get(live.size() - 1);
    if (newest.last <= acknowledged || newest.used >= newest.fileBytes || newest.used == 0) {
      return;
    }
    newest.recyclable = false;
    try {
      Disk.DiskFile file = disk.open(newest.file);
      try {
        file.setLength(newest.used);
        newest.fileBytes = newest.used;
      } finally {
        file.close();
      }
    } catch (IOException failed) {
      newest.recyclable = false; // it stays as long as it is
    }
  }
}

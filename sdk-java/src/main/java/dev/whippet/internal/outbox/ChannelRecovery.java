package dev.whippet.internal.outbox;

import dev.whippet.internal.disk.Disk;
import dev.whippet.internal.outbox.GapReport.Reason;
import dev.whippet.internal.outbox.Recovery.Found;
import dev.whippet.internal.segment.Channel;
import dev.whippet.internal.segment.SegmentReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * What the files of one channel hold.
 *
 * <ol>
 *   <li>Segments are put in the order of their serials. One that a later one names as its
 *       predecessor is complete up to the sequence named there, and its facts are repeated in the
 *       later one, if those are sound: then it is not read now. One that a later one skips was
 *       abandoned after a failed write, and is void.
 *   <li>The newest segment is read in full, and any other whose successor is missing or damaged.
 * </ol>
 *
 * <p>Owner: the opening thread.
 */
final class ChannelRecovery {
  private static final int READ_ATTEMPTS = 3;

  /** So far behind the cursor records may have been sent before (whippet-extension.md 3.4). */
  private static final int CLAIMED_MAX = 65_536;

  private final Writer.Shared shared;
  private final Meta meta;
  private final int channel;
  private final List<GapReport> gaps;
  private final List<Loss> losses = new ArrayList<>();

  final List<Found> found = new ArrayList<>();
  final List<Found> blanks = new ArrayList<>();
  final List<Segment> live = new ArrayList<>();
  long acknowledged;
  long lastStored;
  long reserved;
  long recordsTotal;

  ChannelRecovery(Writer.Shared shared, int channel, List<GapReport> gaps) {
    this.shared = shared;
    this.meta = shared.meta;
    this.channel = channel;
    this.gaps = gaps;
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

  void read() throws IOException {
    acknowledged = meta.acknowledged[channel];
    reserved = meta.reserved.get(channel);
    List<Found> chain = chain();
    for (Found one : chain) {
      acknowledged = Math.max(acknowledged, one.acknowledged);
      if (meta.lost) {
        reserved = Math.max(reserved, one.reserved);
      }
    }
    long walked = Channel.base(channel);
    for (int i = 0; i < chain.size(); i++) {
      Found next = i + 1 < chain.size() ? chain.get(i + 1) : null;
      walked = settle(chain.get(i), i > 0 ? chain.get(i - 1) : null, next, walked);
    }
    lastStored = walked;
    long promised = meta.stored[channel];
    if (promised > walked) {
      losses.add(new Loss(Reason.DAMAGED, walked + 1, promised, Meta.NAME));
      lastStored = promised;
      recordsTotal += promised - walked;
    }
    reserved = Math.max(reserved, lastStored);
    if (meta.lost && !chain.isEmpty()) {
      reserved += shared.config.sequenceBlock();
      gaps.add(new GapReport(Reason.IDENTITY_LOST, acknowledged + 1, lastStored, Meta.NAME));
    }
  }

  boolean isDamaged() {
    return !losses.isEmpty() || meta.lost && !live.isEmpty();
  }

  /** These were dropped, durably. What was dropped at the front is passed; cursors skip others. */
  void dropped(GapReport gap) {
    if (gap.firstSequence() <= acknowledged + 1) {
      acknowledged = Math.max(acknowledged, Math.min(gap.lastSequence(), lastStored));
    }
  }

  /** Reports, and gives back what is not needed. */
  void settle() {
    report();
    freeAcknowledged();
    cutTail();
  }

  /** Records up to here may have been sent. */
  long claimed() {
    return Math.min(lastStored, acknowledged + CLAIMED_MAX);
  }

  /** In the order of serials, without what later ones skip. */
  private List<Found> chain() {
    Collections.sort(
        found,
        new Comparator<Found>() {
          @Override
          public int compare(Found a, Found b) {
            long left = a.life.serial;
            long right = b.life.serial;
            return left < right ? 1 : left == right ? 0 : -1;
          }
        });
    List<Found> chain = new ArrayList<>();
    Found later = null;
    for (Found one : found) {
      boolean skipped =
          later != null
              && (one.life.serial == later.life.serial
                  || (later.previousSerial >= 0 && one.life.serial > later.previousSerial));
      if (skipped) {
        blanks.add(one);
      } else {
        chain.add(one);
        later = one;
      }
    }
    Collections.reverse(chain);
    return chain;
  }

  // ---- records

  /** Takes one segment of the chain; returns the highest sequence accounted for. */
  private long settle(Found one, Found before, Found next, long walked) throws IOException {
    boolean repeated = next != null && next.factsSound;
    long nextPrevious = next == null ? -1 : next.life.previousSequence;
    if (repeated && nextPrevious >= 0 && nextPrevious <= acknowledged) {
      blanks.add(one);
      return Math.max(walked, nextPrevious);
    }
    long previous = one.life.previousSequence >= 0 ? one.life.previousSequence : walked;
    if (previous > walked) {
      boolean linked = before != null && one.previousSerial == before.life.serial;
      Reason reason = linked ? Reason.DAMAGED : Reason.SEGMENT_MISSING;
      losses.add(new Loss(reason, walked + 1, previous, "before " + one.life.file.getName()));
    }
    boolean headerSound = one.headerSound();
    long recordsBeforeHere = one.life.recordsBefore;
    one.life.previousSequence = previous;
    one.life.recordsBefore = Math.max(recordsBeforeHere, recordsTotal);
    Segment segment = new Segment(one.life, one.bytes);
    segment.locked = one.life.keyDamaged;
    segment.recyclable = one.bytes == shared.config.segmentBytes();
    segment.sealed = true;
    segment.kept = next != null && !repeated; // facts that stand nowhere else
    boolean linked = repeated && next.previousSerial == one.life.serial;
    if (linked && headerSound) {
      segment.used = one.bytes;
      segment.last = nextPrevious;
      segment.count = Math.max(0, next.life.recordsBefore - recordsBeforeHere);
      recordsTotal = segment.recordsBefore + segment.count;
    } else {
      long bound = next != null ? nextPrevious : meta.clean ? meta.stored[channel] : -1;
      long lost = read(segment, bound);
      recordsTotal = segment.recordsBefore + segment.count + lost; // the reader finds them missing
    }
    live.add(segment);
    return Math.max(previous, segment.last);
  }

  /** Reads facts and records up to a sequence (-1: all); returns how many are missing there. */
  private long read(Segment segment, long bound) throws OutboxException {
    Scan scan = new Scan(segment);
    try {
      Disk.DiskFile file = shared.disk.openToRead(segment.file);
      try {
        scan.reader =
            new SegmentReader(
                file,
                segment.serial,
                segment.previousSequence,
                segment.start,
                shared.vault.open(segment),
                scan);
        return records(segment, scan, bound);
      } finally {
        file.close();
      }
    } catch (OutboxException keyUnavailable) {
      throw keyUnavailable;
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
    if (scan.reader.unreadable() > 0) {
      // Without the key: whoever reads it reports it, with what the commits' headers say.
      segment.count = scan.reader.unreadable();
      segment.last = Math.min(limit, Math.max(segment.last, scan.reader.commitLast()));
      return 0;
    }
    scan.reader.finish(Math.min(limit, scan.reader.commitLast()));
    return scan.settle(bound, limit);
  }

  /** What a full read of a segment meets. */
  private final class Scan implements SegmentReader.Sink {
    private final Segment segment;
    private final List<Loss> lost = new ArrayList<>();
    private final List<Integer> syncs = new ArrayList<>();
    private SegmentReader reader;

    Scan(Segment segment) {
      this.segment = segment;
    }

    @Override
    public void lost(long first, long last, long offset) {
      lost.add(new Loss(Reason.DAMAGED, first, last, segment.place(offset)));
      syncs.add(reader.syncs());
    }

    @Override
    public void fact(byte[] bytes, int at) {
      shared.facts.learn(bytes, at, true);
    }

    /** A loss in the last sync of all, after a crash, is a torn tail. */
    long settle(long bound, long limit) {
      long missing = 0;
      for (int i = 0; i < lost.size(); i++) {
        Loss loss = lost.get(i);
        if (loss.first > limit) {
          continue; // void
        }
        boolean torn =
            bound < 0 && syncs.get(i) == reader.syncs() && loss.first > meta.stored[channel];
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
      Found freed = new Found();
      Segment first = live.remove(0);
      freed.life.file = first.file;
      freed.life.serial = first.serial;
      blanks.add(freed);
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
      Disk.DiskFile file = shared.disk.open(newest.file);
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

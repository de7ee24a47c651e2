package dev.whippet.internal.outbox;

import dev.whippet.internal.disk.Disk;
import dev.whippet.internal.outbox.GapReport.Reason;
import dev.whippet.internal.segment.Channel;
import dev.whippet.internal.segment.Format;
import dev.whippet.internal.segment.SegmentReader;
import java.io.IOException;
import java.util.Arrays;

/**
 * Drops the oldest records: to make room, or because they are too old. It reads what it drops, so
 * that the gap tells exactly how many and how much.
 *
 * <p>Who makes room: the least urgent lane that has something, but none more urgent than the lane
 * that needs it; in a lane the records that wait longest. Room for bytes is made by whole segments,
 * room for records by the 64th part of the bound.
 *
 * <p>Owner: the store thread. Limit: one open file and 64 KiB a channel that drops; memory for the
 * sequences of one segment.
 */
final class Dropper {
  private static final int PARTS = 64;

  private final Writer.Shared shared;
  private final Writer[] writers;
  private final Front[] fronts = new Front[Channel.COUNT];
  private long bytesOver;
  private long recordsOver;

  Dropper(Writer.Shared shared, Writer[] writers) {
    this.shared = shared;
    this.writers = writers;
  }

  /** The oldest records of one channel, read one after the other. */
  private final class Front implements SegmentReader.Sink {
    final Segments channel;
    Segment segment;
    Disk.DiskFile file;
    SegmentReader reader;

    /** The reader stands on a record that was not taken. */
    boolean peeked;

    /** Taken: sequences and bytes of their records. */
    long[] sequences = new long[PARTS];

    int[] bytes = new int[PARTS];
    int count;

    Front(Segments channel) {
      this.channel = channel;
    }

    /** Stands on the oldest record of a segment; false if there is none that can be read. */
    boolean peek(Segment oldest) throws IOException {
      if (segment != oldest) {
        leave();
        file = shared.disk.openToRead(oldest.file);
        segment = oldest;
        reader =
            new SegmentReader(
                file,
                oldest.serial,
                oldest.previousSequence,
                oldest.start,
                shared.vault.open(oldest),
                this);
      }
      long passed = Math.max(channel.acknowledged(), channel.droppedTo());
      while (!peeked || reader.walked() <= passed) {
        peeked = reader.next(oldest.used);
        if (!peeked) {
          return false;
        }
      }
      return true;
    }

    /** Takes the record it stands on, unless it was dropped for its age before. */
    void take() {
      long sequence = reader.walked();
      peeked = false;
      if (shared.facts.isDropped(sequence)) {
        return;
      }
      if (count == sequences.length) {
        sequences = Arrays.copyOf(sequences, 2 * count);
        bytes = Arrays.copyOf(bytes, 2 * count);
      }
      sequences[count] = sequence;
      bytes[count++] = Format.i32(reader.bytes(), reader.at());
    }

    void leave() {
      if (file != null) {
        try {
          file.close();
        } catch (IOException ignored) {
          // it was only read
        }
      }
      segment = null;
      file = null;
      peeked = false;
    }

    @Override
    public void lost(long first, long last, long offset) {
      long passed = Math.max(channel.acknowledged(), channel.droppedTo());
      long from = Math.max(first, passed + 1);
      long to = Math.min(last, segment.last);
      if (from <= to && channel.lose(segment, from, to)) {
        shared.facts.drop(
            GapReport.drop(Reason.DAMAGED, from, to, to - from + 1, 0, shared.config.nowMillis()));
      }
    }

    @Override
    public void fact(byte[] record, int at) {
      // known
    }
  }

  // ---- room

  /** Makes room for a batch of a lane. How much of it still has none is told by the next two. */
  void makeRoom(int lane, long bytes, long records) {
    OutboxConfig config = shared.config;
    for (; ; ) {
      bytesOver = bytes - config.backlogBytesMax();
      recordsOver = records - config.backlogRecordsMax();
      for (Segments channel : shared.channels) {
        bytesOver += channel.backlogBytes();
        recordsOver += channel.backlogRecords();
      }
      boolean fits = bytesOver <= 0 && recordsOver <= 0;
      Segments victim = fits ? null : victim(lane);
      if (victim == null) {
        return;
      }
      if (!hasRoomForGap()) {
        bytesOver = 0;
        recordsOver = 0;
        return;
      }
      Segment oldest = victim.oldest();
      if (oldest == null) {
        continue; // acknowledged since it was chosen
      }
      if (bytesOver > 0) {
        dropSegment(victim, oldest);
      } else {
        dropRecords(victim, oldest, Math.max(recordsOver, config.backlogRecordsMax() / PARTS));
      }
    }
  }

  long bytesOver() {
    return bytesOver;
  }

  long recordsOver() {
    return recordsOver;
  }

  /** Without room for gaps the bound gives way, not the report. */
  private boolean hasRoomForGap() {
    if (!shared.facts.hasRoomForGap() && shared.meta.keep(shared.channels)) {
      shared.facts.prune(shared.meta);
    }
    return shared.facts.hasRoomForGap();
  }

  private Segments victim(int lane) {
    for (int place = Channel.LANES - 1; place >= Channel.urgency(lane); place--) {
      int other = Channel.laneByUrgency(place);
      Segments first = shared.channels[2 * other];
      Segments second = shared.channels[2 * other + 1];
      Segment one = first.oldest();
      Segment two = second.oldest();
      if (one != null || two != null) {
        return two == null || one != null && one.serial < two.serial ? first : second;
      }
    }
    return null;
  }

  private void dropSegment(Segments channel, Segment oldest) {
    if (!oldest.sealed) {
      writers[channel.channel].seal();
    }
    Front front = front(channel);
    try {
      while (front.peek(oldest)) {
        front.take();
      }
      front.reader.finish(oldest.last);
      drop(front, oldest.last, Reason.OVERFLOW);
    } catch (IOException failed) {
      dropUnread(front, oldest);
    }
    front.leave();
  }

  private void dropRecords(Segments channel, Segment oldest, long most) {
    Front front = front(channel);
    try {
      boolean more = front.peek(oldest);
      while (more && front.count < most) {
        front.take();
        more = front.peek(oldest);
      }
      long last = more ? front.sequences[front.count - 1] : oldest.last;
      drop(front, last, Reason.OVERFLOW);
    } catch (IOException failed) {
      dropUnread(front, oldest);
      front.leave();
    }
  }

  private Front front(Segments channel) {
    Front front = fronts[channel.channel];
    if (front == null) {
      front = new Front(channel);
      fronts[channel.channel] = front;
    }
    front.count = 0;
    return front;
  }

  /** Everything up to {@code last} goes; what was read of it tells how much that is. */
  private void drop(Front front, long last, Reason reason) {
    Segments channel = front.channel;
    long claimed = channel.beginDrop(last);
    int split = 0;
    while (split < front.count && front.sequences[split] <= claimed) {
      split++;
    }
    note(front, 0, split, Reason.UNKNOWN_OUTCOME);
    note(front, split, front.count, reason);
  }

  /** Runs of consecutive sequences, each a gap. */
  private void note(Front front, int from, int to, Reason reason) {
    int begin = from;
    long bytes = 0;
    for (int i = from; i < to; i++) {
      bytes += front.bytes[i];
      if (i + 1 == to || front.sequences[i + 1] != front.sequences[i] + 1) {
        shared.facts.drop(
            GapReport.drop(
                reason,
                front.sequences[begin],
                front.sequences[i],
                i + 1 - begin,
                bytes,
                shared.config.nowMillis()));
        begin = i + 1;
        bytes = 0;
      }
    }
  }

  /** It can't be read: all that it may hold. */
  private void dropUnread(Front front, Segment oldest) {
    Segments channel = front.channel;
    long first = Math.max(channel.acknowledged(), channel.droppedTo()) + 1;
    channel.beginDrop(oldest.last);
    shared.facts.drop(
        GapReport.drop(
            Reason.UNKNOWN_OUTCOME,
            Math.max(first, oldest.previousSequence + 1),
            oldest.last,
            Math.min(oldest.count, oldest.last - first + 1),
            0,
            shared.config.nowMillis()));
  }

  // ---- age

  /** Drops what is too old at the front of each channel. */
  void expire(long nowMillis) {
    for (Segments channel : shared.channels) {
      Segment oldest = channel.oldest();
      while (oldest != null && shared.facts.hasRoomForGap() && expire(channel, oldest, nowMillis)) {
        oldest = channel.oldest();
      }
    }
  }

  /** Whether all of a segment was too old. */
  private boolean expire(Segments channel, Segment oldest, long nowMillis) {
    Front front = front(channel);
    try {
      boolean more = front.peek(oldest);
      while (more && isExpired(front.reader, nowMillis)) {
        front.take();
        more = front.peek(oldest);
      }
      if (front.count > 0) {
        boolean all = !more && oldest.sealed;
        drop(front, all ? oldest.last : front.sequences[front.count - 1], Reason.EXPIRED);
        return all;
      }
    } catch (IOException failed) {
      front.leave(); // whoever sends it finds out
    }
    return false;
  }

  private boolean isExpired(SegmentReader reader, long nowMillis) {
    return shared.config.isExpired(
        Format.i64(reader.bytes(), reader.at() + 24),
        Format.i32(reader.bytes(), reader.at() + 40),
        nowMillis);
  }

  void close() {
    for (Front front : fronts) {
      if (front != null) {
        front.leave();
      }
    }
  }
}

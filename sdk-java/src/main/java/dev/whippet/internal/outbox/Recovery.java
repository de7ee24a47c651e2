package dev.whippet.internal.outbox;

import dev.whippet.internal.disk.Disk;
import dev.whippet.internal.outbox.GapReport.Reason;
import dev.whippet.internal.segment.Channel;
import dev.whippet.internal.segment.Format;
import dev.whippet.internal.segment.SegmentReader;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Finds out, once, what the files of a directory hold. Writes nothing, except that it cuts the tail
 * of the newest segments and removes files that hold nothing.
 *
 * <ol>
 *   <li>Every segment header is read; where it is damaged, the commits behind it tell the serial.
 *   <li>{@link ChannelRecovery} puts the segments of each channel in order, and reads what it must.
 *   <li>What was dropped is a fact by now: the cursors pass it.
 *   <li>What headers, commits and meta promise and nothing holds is reported.
 * </ol>
 *
 * <p>Owner: the opening thread.
 */
final class Recovery {
  private static final int SCAN_BYTES = 64 * 1024;

  /** Route ids are skipped after damage: some that were given may not be known any more. */
  private static final int ROUTES_SKIPPED = 1 << 16;

  private final Writer.Shared shared;
  private final Meta meta;
  private final Disk disk;
  private final Format.Crc crc = new Format.Crc();

  final ChannelRecovery[] channels = new ChannelRecovery[Channel.COUNT];

  /** Files that hold nothing needed. */
  final List<File> blanks = new ArrayList<>();

  final List<GapReport> gaps = new ArrayList<>();
  long nextSlot = 1;
  int epoch;

  Recovery(Writer.Shared shared) {
    this.shared = shared;
    this.meta = shared.meta;
    this.disk = shared.disk;
    for (int c = 0; c < Channel.COUNT; c++) {
      channels[c] = new ChannelRecovery(shared, c, gaps);
    }
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
  static final class Found {
    final Segment.Life life = new Segment.Life();
    long bytes;
    int channel;
    long previousSerial = -1;
    long acknowledged;
    long reserved;

    /** The facts that it begins with are sound: they repeat all of the segments before. */
    boolean factsSound;

    Found() {
      life.previousSequence = -1;
      life.recordsBefore = -1;
    }

    boolean headerSound() {
      return life.recordsBefore >= 0;
    }
  }

  void run() throws IOException {
    epoch = meta.epoch;
    for (Found found : readHeaders()) {
      epoch = Math.max(epoch, (int) (found.life.serial >>> 32));
      channels[found.channel].found.add(found);
    }
    boolean damaged = !gaps.isEmpty();
    for (ChannelRecovery channel : channels) {
      channel.read();
      damaged |= channel.isDamaged();
    }
    shared.facts.learned();
    if (damaged) {
      shared.facts.skipRoutes(ROUTES_SKIPPED);
    }
    for (GapReport gap : shared.facts.gaps()) {
      channels[Channel.of(gap.firstSequence())].dropped(gap);
    }
    Set<Long> kept = keptSerials();
    for (ChannelRecovery channel : channels) {
      channel.settle();
      for (Found blank : channel.blanks) {
        if (!kept.contains(blank.life.serial)) {
          blanks.add(blank.life.file);
        }
      }
    }
  }

  /** Segments without a key: their files stay, whatever was passed. */
  private Set<Long> keptSerials() {
    Set<Long> kept = new HashSet<>();
    for (GapReport gap : shared.facts.gaps()) {
      kept.add(gap.keptSerial());
    }
    return kept;
  }

  // ---- headers

  private List<Found> readHeaders() throws IOException {
    List<Found> all = new ArrayList<>();
    for (String name : disk.list(shared.config.directory())) {
      if (!name.matches("[0-9a-f]{8}\\.seg")) {
        continue;
      }
      File file = new File(shared.config.directory(), name);
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
      found.life.file = file;
      found.bytes = opened.length();
      byte[] b = new byte[Format.SEGMENT_BYTES];
      int read = opened.read(0, b, 0, b.length);
      if (read < b.length
          || Format.i32(b, 0) != Format.SEGMENT_MAGIC
          || !crc.sealed(b, 0, b.length, Format.i64(b, 16), 0)) {
        return adopt(opened, found) ? found : null;
      }
      if (Format.i32(b, 8) > Format.VERSION) {
        throw new OutboxException(
            OutboxException.Reason.UNUSABLE,
            "segment format is "
                + Format.i32(b, 8)
                + ", this version reads up to "
                + Format.VERSION
                + ": "
                + file.getName());
      }
      found.life.serial = Format.i64(b, 16);
      found.previousSerial = Format.i64(b, 24);
      found.life.previousSequence = Format.i64(b, 32);
      found.channel = channel(found.life.previousSequence);
      found.acknowledged = Format.i64(b, 40);
      found.life.recordsBefore = Format.i64(b, 48);
      found.reserved = Format.i64(b, 56);
      readKey(opened, found.life, Format.u16(b, 80));
      int start = Format.segmentStart(Format.u16(b, 80));
      SegmentReader reader = new SegmentReader(opened, found.life.serial, 0, start, null, IGNORED);
      found.factsSound = reader.facts(found.bytes);
      return found;
    } finally {
      opened.close();
    }
  }

  private static int channel(long sequence) {
    return Math.min(Channel.of(sequence), Channel.COUNT - 1);
  }

  /** Takes the wrapped key from one of its copies; null if both are damaged. */
  private byte[] readKey(Disk.DiskFile file, long serial, int length) throws IOException {
    int block = Format.keyBytes(length);
    for (int copy = 0; copy < 2 && length > 0; copy++) {
      int at = Format.SEGMENT_BYTES + copy * block;
      byte[] b = new byte[block];
      if (file.read(at, b, 0, block) == block
          && Format.i32(b, 0) == Format.KEY_MAGIC
          && Format.u16(b, 8) == length
          && crc.sealed(b, 0, block, serial, at)) {
        byte[] wrapped = new byte[length];
        System.arraycopy(b, Format.KEY_BYTES, wrapped, 0, length);
        return wrapped;
      }
    }
    return null;
  }

  private void readKey(Disk.DiskFile file, Segment.Life life, int length) throws IOException {
    if (length > 0 && length <= Format.WRAPPED_KEY_BYTES_MAX) {
      byte[] wrapped = readKey(file, life.serial, length);
      life.keyDamaged = wrapped == null;
      life.wrappedKey = wrapped == null ? new byte[length] : wrapped;
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
        if (crc.isCommit(b, i, at + i) && Format.i64(b, i + 8) > found.life.serial) {
          found.life.serial = Format.i64(b, i + 8);
          boolean first = at + i == Format.SEGMENT_BYTES;
          found.life.previousSequence = first ? Format.i64(b, i + 24) : -1;
          found.channel = channel(Format.i64(b, i + 24));
          found.acknowledged = Format.i64(b, i + 48);
        }
      }
      if (i == 0) {
        break;
      }
      at += i;
    }
    if (found.life.serial != 0) {
      shared.facts.skipRoutes(ROUTES_SKIPPED);
      if (file.read(Format.SEGMENT_BYTES, b, 0, Format.KEY_BYTES) == Format.KEY_BYTES
          && Format.i32(b, 0) == Format.KEY_MAGIC) {
        readKey(file, found.life, Format.u16(b, 8));
        found.life.keyDamaged = false; // there may be none
      }
    }
    return found.life.serial != 0;
  }
}

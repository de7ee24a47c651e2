package dev.whippet.broker.internal.log.journal;

import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.format.Blocks;
import dev.whippet.broker.internal.log.format.FileHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One file of a journal, read whole by start-up: its sound entries, and how many of them count. The
 * last commit counts up to its first entry that is missing: it may be torn.
 */
final class Generation {

  /** A sound entry. */
  record Found(int at, int commitStart, long number, int kind, byte[] payload) {
    /** Tells that the snapshot before it is whole. */
    boolean completes() {
      return kind != EntryFormat.KIND_SNAPSHOT;
    }
  }

  final Path path;
  final long number;
  final List<Found> found = new ArrayList<>();
  final List<byte[]> payloads = new ArrayList<>();
  final List<Damage> gaps = new ArrayList<>();
  long salt;
  long expected = 1;
  long snapshotEnd;
  long end = FileHeader.COPIES_BYTES;
  long size;
  ByteBuf content;
  boolean newer;

  /** An earlier version's: nothing is written behind it any more. */
  boolean older;

  /** Both copies of the header are gone: nothing is written behind it any more. */
  boolean headless;

  /** There was one: a crash leaves a header whole, or zeros. */
  boolean defaced;

  boolean trash;
  boolean unclean;

  Generation(Path path, long number) {
    this.path = path;
    this.number = number;
  }

  void read(BlockingFiles.OpenFile open) throws IOException {
    size = open.size();
    if (size > Integer.MAX_VALUE - Blocks.BYTES) {
      throw new IOException("journal of " + size + " bytes");
    }
    ByteBuf all = Unpooled.buffer((int) size);
    all.writerIndex(open.read(0, all.nioBuffer(0, (int) size)));
    if (all.writerIndex() < size) {
      throw new IOException(all.writerIndex() + " of " + size + " bytes could be read");
    }
    content = all;
    newer =
        FileHeader.isNewer(all, 0, FileHeader.JOURNAL)
            || FileHeader.isNewer(all, Blocks.BYTES, FileHeader.JOURNAL);
    older =
        FileHeader.isOlder(all, 0, FileHeader.JOURNAL)
            || FileHeader.isOlder(all, Blocks.BYTES, FileHeader.JOURNAL);
    FileHeader header = FileHeader.read(all, 0, FileHeader.JOURNAL, number);
    if (header == null) {
      header = FileHeader.read(all, Blocks.BYTES, FileHeader.JOURNAL, number);
    }
    if (header != null) {
      salt = header.salt();
      expected = header.base();
    } else {
      headless = true;
      defaced = isThere(all, 0) || isThere(all, Blocks.BYTES);
      if (!adoptSalt(all)) {
        return;
      }
    }
    find(all);
  }

  private static boolean isThere(ByteBuf all, int at) {
    return all.writerIndex() >= at + Integer.BYTES && all.getInt(at) != 0;
  }

  /** Both copies of the header are gone: the first sound entry at a block boundary tells. */
  private boolean adoptSalt(ByteBuf all) {
    for (int at = FileHeader.COPIES_BYTES; at < size; at += Blocks.BYTES) {
      if (EntryFormat.isSound(all, at)) {
        salt = EntryFormat.salt(all, at);
        expected = EntryFormat.number(all, at);
        return true;
      }
    }
    return false;
  }

  private void find(ByteBuf all) {
    long next = expected;
    int at = FileHeader.COPIES_BYTES;
    while (at + EntryFormat.HEADER_BYTES <= size) {
      if (!EntryFormat.isSound(all, at)
          || EntryFormat.salt(all, at) != salt
          || EntryFormat.number(all, at) < next) {
        at += Blocks.STEP_BYTES;
        continue;
      }
      byte[] payload = EntryFormat.payload(all, at);
      long entryNumber = EntryFormat.number(all, at);
      int kind = EntryFormat.kind(all, at);
      found.add(new Found(at, EntryFormat.commitStart(all, at), entryNumber, kind, payload));
      next = entryNumber + 1;
      at += EntryFormat.sizeOf(payload.length);
    }
  }

  /** How many of the entries found count, when the last commit may be torn. */
  int untorn() {
    if (found.isEmpty()) {
      return 0;
    }
    int commitStart = found.get(found.size() - 1).commitStart;
    int first = found.size() - 1;
    while (first > 0 && found.get(first - 1).commitStart == commitStart) {
      first--;
    }
    if (found.get(first).at != commitStart) {
      return first;
    }
    int count = first + 1;
    while (count < found.size() && found.get(count).number == found.get(count - 1).number + 1) {
      count++;
    }
    return count;
  }

  /** The number behind the first {@code count} of the entries found. */
  long next(int count) {
    return count == 0 ? expected : found.get(count - 1).number + 1;
  }

  /** Takes the first {@code count} of the entries found. */
  void take(int count) {
    for (Found one : found.subList(0, count)) {
      if (one.number > expected) {
        long lost = one.number - expected;
        gaps.add(
            new Damage(Damage.Kind.LOST, path, one.at, 0, expected, lost, "entries are damaged"));
      }
      expected = one.number + 1;
      if (one.kind != EntryFormat.KIND_SNAPSHOT_END) {
        payloads.add(one.payload);
      }
      end = one.at + EntryFormat.HEADER_BYTES + one.payload.length;
      snapshotEnd = one.kind == EntryFormat.KIND_ENTRY ? snapshotEnd : end;
    }
    unclean = headless || older || Blocks.up(end) > size;
    for (int i = (int) end; content != null && i < size && !trash; i++) {
      trash = content.getByte(i) != 0;
      unclean |= trash && i < Blocks.up(end);
    }
  }
}

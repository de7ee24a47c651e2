package dev.whippet.broker.internal.log.commit;

import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.Blocks;
import dev.whippet.broker.internal.log.format.FileHeader;
import io.netty.buffer.ByteBuf;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Finds the sound batches of one commit file that count.
 *
 * <p>Every batch says where its commit began and where its partition's part of that began. Of the
 * last commit, which may be torn, a batch counts only when all of its partition before it, in this
 * commit, are sound: a producer's sequences must not be known while some of them are not there. In
 * earlier commits whatever is missing is damage, since the next one proves that they were durable.
 *
 * <p>Without a sound header the first batch that begins a commit tells the salt, and that stricter
 * rule holds for all: either the header of the next life was being written, and all batches are in
 * segments, whose partitions leave them out; or it is damaged, and they are needed. No I/O in here.
 */
final class CommitScan {

  /** Takes one batch; the records are the scan's. */
  interface Taker {
    void take(BatchHeader header, ByteBuf records);
  }

  private record Found(BatchHeader header, int position) {
    int commitStart() {
      return position - header.sharedOffset;
    }

    int runStart() {
      return position - header.commitOffset;
    }

    int end() {
      return position + header.totalBytes();
    }
  }

  private final Path path;
  private final long number;
  private final ByteBuf content;
  private final Consumer<Damage> damage;
  private final List<Found> sound = new ArrayList<>();
  private boolean hasHeader;
  private long salt;

  CommitScan(Path path, long number, ByteBuf content, Consumer<Damage> damage) {
    this.path = path;
    this.number = number;
    this.content = content;
    this.damage = damage;
  }

  /** Finds them. */
  void run() {
    FileHeader header = headerOf(content, number);
    hasHeader = header != null;
    if (hasHeader) {
      salt = header.salt();
      find();
      noteHoles();
      return;
    }
    if (firstCommit()) {
      find();
    }
    if (isThere(0) || isThere(Blocks.BYTES)) {
      String what = "no sound header: what is in no segment is taken from the batches themselves";
      damage.accept(new Damage(Damage.Kind.TAIL_CUT, path, 0, content.writerIndex(), -1, 0, what));
    }
  }

  /** The header of a commit file that begins with {@code content}, {@code null} without one. */
  static FileHeader headerOf(ByteBuf content, long number) {
    FileHeader first = headerAt(content, 0, number);
    return first == null ? headerAt(content, Blocks.BYTES, number) : first;
  }

  private boolean isThere(int index) {
    return content.writerIndex() >= index + Integer.BYTES && content.getInt(index) != 0;
  }

  private static FileHeader headerAt(ByteBuf content, int index, long number) {
    FileHeader found = FileHeader.read(content, index, FileHeader.COMMITS);
    return found == null || found.base() != number ? null : found;
  }

  /** Takes the salt of the first commit. */
  private boolean firstCommit() {
    BatchHeader batch = new BatchHeader();
    for (int at = FileHeader.COPIES_BYTES;
        at + BatchHeader.BYTES <= content.writerIndex();
        at += Blocks.BYTES) {
      if (isSoundInItself(batch, at) && batch.sharedOffset == 0) {
        salt = batch.salt;
        return true;
      }
    }
    return false;
  }

  private void find() {
    BatchHeader batch = new BatchHeader();
    int at = FileHeader.COPIES_BYTES;
    while (at + BatchHeader.BYTES <= content.writerIndex()) {
      if (isSound(batch, at)) {
        Found found = new Found(batch, at);
        sound.add(found);
        at = found.end();
        batch = new BatchHeader();
      } else {
        at += Blocks.STEP_BYTES;
      }
    }
  }

  private boolean isSound(BatchHeader batch, int at) {
    return isSoundInItself(batch, at) && batch.salt == salt;
  }

  private boolean isSoundInItself(BatchHeader batch, int at) {
    return content.getIntLE(at) == BatchHeader.MAGIC
        && batch.read(content, at)
        && batch.commitOffset >= 0
        && batch.commitOffset <= batch.sharedOffset
        && batch.sharedOffset <= at - FileHeader.COPIES_BYTES
        && batch.bodyBytes <= content.writerIndex() - at - BatchHeader.BYTES
        && batch.hasSoundBody(content, at + BatchHeader.BYTES);
  }

  private int lastCommitStart() {
    return sound.isEmpty() ? 0 : sound.get(sound.size() - 1).commitStart();
  }

  /** Bytes before the last commit that are no sound batch were one. */
  private void noteHoles() {
    int end = FileHeader.COPIES_BYTES;
    int commit = end;
    int last = lastCommitStart();
    for (Found one : sound) {
      int begins = Math.min(one.position, last);
      int expected = one.commitStart() == commit ? end : Blocks.up(end);
      if (begins > expected) {
        damage.accept(
            new Damage(
                Damage.Kind.LOST,
                path,
                expected,
                begins - expected,
                -1,
                0,
                "batches of a commit file are damaged"));
      }
      end = one.end();
      commit = one.commitStart();
    }
  }

  /** Shows what counts, in the order of the file. */
  void forEach(Taker taker) {
    int proven = hasHeader ? lastCommitStart() : 0;
    Found before = null;
    for (Found one : sound) {
      boolean follows =
          before != null && before.runStart() == one.runStart() && before.end() == one.position;
      if (one.commitStart() < proven || one.header.commitOffset == 0 || follows) {
        int body = one.position + BatchHeader.BYTES;
        taker.take(one.header, content.slice(body, one.header.bodyBytes));
        before = one;
      }
    }
  }
}

package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.log.engine.CommitSpace;
import dev.whippet.broker.internal.log.engine.Commits;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.internal.log.engine.HotTail;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.LooseBatch;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;

/**
 * Brings what recovery found in commit files of an earlier life into one of this life, durably, so
 * that the old ones can go before anybody is served. Owner loop only.
 */
final class LooseKeeper implements Commits.Source {
  private final LogLoop loop;
  private final HotTail tail;
  private final ArrayDeque<Batch> unfolded;
  private final ArrayDeque<LooseBatch> left;
  private final ArrayDeque<LooseBatch> taken = new ArrayDeque<>();
  private final Commits.Source partition;
  private FileCompletion<Void> done;
  private int runStart;

  /**
   * @param unfolded gets the batches, in order; empty
   * @param partition folds them later
   */
  LooseKeeper(
      LogLoop loop,
      HotTail tail,
      ArrayDeque<Batch> unfolded,
      List<LooseBatch> loose,
      Commits.Source partition) {
    this.loop = loop;
    this.tail = tail;
    this.unfolded = unfolded;
    this.left = new ArrayDeque<>(loose);
    this.partition = partition;
  }

  /** Without a failure all of them are durable in this life's files. */
  void start(FileCompletion<Void> whenDone) {
    done = whenDone;
    loop.commits().join(this);
  }

  /** Into segments at once. */
  void straight(FileCompletion<Void> whenDone) {
    done = whenDone;
    declined();
  }

  @Override
  public int collect(int bytesMax) {
    int total = 0;
    while (!left.isEmpty() && left.peek().header().totalBytes() <= bytesMax - total) {
      total += left.peek().header().totalBytes();
      taken.add(left.poll());
    }
    return total == 0 ? -1 : total;
  }

  @Override
  public void write(ByteBuf out, long salt) {
    runStart = out.writerIndex();
    for (LooseBatch one : taken) {
      ByteBuf records = one.records();
      new Batch(one.header(), records, records.readerIndex(), null)
          .write(out, salt, runStart, true);
    }
  }

  @Override
  public void ended(ByteBuf out, CommitSpace space, IOException failure) {
    if (failure != null) {
      while (!taken.isEmpty()) {
        left.addFirst(taken.pollLast());
      }
      show();
      done.done(null, failure);
      return;
    }
    while (!taken.isEmpty()) {
      LooseBatch one = taken.poll();
      BatchHeader header = one.header();
      int at = runStart + header.commitOffset;
      space.hold();
      unfolded.add(new Batch(header, out.retain(), at + BatchHeader.BYTES, space));
      tail.keepFrom(unfolded.peek().header().baseOffset);
      ByteBuf shown = out.retainedSlice(at, header.totalBytes());
      tail.add(shown, new int[] {0}, header.baseOffset, header.endOffset());
      one.records().release();
    }
    if (left.isEmpty()) {
      done.done(null, null);
    } else {
      loop.commits().join(this);
    }
  }

  /** There is no commit file: straight into the segments then. */
  @Override
  public void declined() {
    show();
    partition.fold(done);
  }

  /** What is left is served from memory, and waits for a fold. */
  void show() {
    while (!left.isEmpty()) {
      LooseBatch one = left.poll();
      BatchHeader header = one.header();
      ByteBuf records = one.records();
      ByteBuf memory = loop.allocator.directBuffer(header.totalBytes());
      new Batch(header, records, records.readerIndex(), null).write(memory, header.salt, 0, false);
      records.release();
      unfolded.add(new Batch(header, memory.retain(), BatchHeader.BYTES, null));
      tail.keepFrom(unfolded.peek().header().baseOffset);
      tail.add(memory, new int[] {0}, header.baseOffset, header.endOffset());
    }
  }

  @Override
  public Durability durability() {
    return Durability.POWER;
  }

  /** Nobody is served before. */
  @Override
  public boolean mayWait() {
    return false;
  }

  @Override
  public void fold(FileCompletion<Void> whenFolded) {
    partition.fold(whenFolded);
  }
}

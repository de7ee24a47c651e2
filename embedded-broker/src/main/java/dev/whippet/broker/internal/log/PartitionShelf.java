package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.log.engine.IndexFile;
import dev.whippet.broker.internal.log.engine.LogCallback;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.retain.Drop;
import dev.whippet.broker.internal.log.retain.Retention;
import dev.whippet.broker.internal.log.retain.SealedSegment;
import dev.whippet.broker.internal.log.retain.Shelf;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * One partition's segments as retention sees them, what they take up, and how they leave: out of
 * the list at once, then, one after the other and in order, from the disk. Each removal is durable
 * before the next begins, so that a crash leaves a gapless end of the log. A removal that fails is
 * tried again with the next drop; the next start finds the rest.
 *
 * <p>Owner loop only, unless a method says otherwise.
 */
final class PartitionShelf {

  /** Sealed segments shown to a sweep, the oldest ones; when they are gone the next are shown. */
  private static final int SHOWN_MAX = 64;

  private final LogLoop loop;
  private final PartitionLog log;
  private final Retention retention;

  /** Out of the list, still on disk, oldest first. */
  private final ArrayDeque<Segment> leaving = new ArrayDeque<>();

  /** They wait until nothing that was dropped is left on disk. */
  private final List<LogCallback<Void>> whenSwept = new ArrayList<>();

  private boolean removing;
  private boolean sealWanted;

  /** What was added to the disk's account: for all segments, and for the newest of them. */
  private long fileBytes;

  private volatile long newestBytes;

  /** Time of the newest message; -1 before there is one. */
  private volatile long newestMicros = -1;

  private volatile List<SealedSegment> sealed = List.of();

  PartitionShelf(LogLoop loop, PartitionLog log) {
    this.loop = loop;
    this.log = log;
    this.retention = log.settings().retention();
  }

  /** Takes what recovery found into account. Start-up thread. */
  void recovered() {
    for (Segment segment : log.segmentList()) {
      count(segment.length);
      loop.space().countAhead(segment.restBytes());
      newestBytes = segment.length;
    }
    retention.topic().add(log.bytes());
    newestMicros = log.messages() == 0 ? -1 : log.lastTimestamp();
    show();
  }

  /** A new segment was begun: the one before is sealed, and returned if there is one. */
  Segment add(Segment segment) {
    List<Segment> segments = log.segmentList();
    Segment before = segments.isEmpty() ? null : segments.get(segments.size() - 1);
    if (before != null && before.base == segment.base) {
      segments.remove(before); // it was empty, and this is its file
      before = null;
    } else {
      newestBytes = 0;
    }
    segments.add(segment);
    sealWanted = false;
    grew();
    show();
    loop.space().alarm();
    return before;
  }

  /** Something of it is visible, and its size is known: is a bound passed? */
  void committed(long recordBytes) {
    retention.topic().add(recordBytes);
    newestMicros = log.lastTimestamp();
    grew();
    if (!sealed.isEmpty() && (retention.topic().excess() > 0 || loop.space().sizeExcess() > 0)) {
      loop.space().alarm();
    }
  }

  /** The newest segment's file has grown. */
  void grew() {
    List<Segment> segments = log.segmentList();
    if (!segments.isEmpty()) {
      long now = segments.get(segments.size() - 1).length;
      count(now - newestBytes);
      newestBytes = now;
    }
  }

  private void count(long bytes) {
    fileBytes += bytes;
    loop.space().add(bytes);
  }

  /** The next commit shall begin a new segment, so that the one written to may go. */
  void seal() {
    sealWanted = true;
  }

  /** True when a commit would let the segment go: it is taken on a full disk, too. */
  boolean isSealWanted() {
    return sealWanted;
  }

  /** Expiry needs the segment to end, even when little comes. */
  boolean isOld(Segment segment) {
    return sealWanted
        || segment.firstTimestamp >= 0
            && retention.isExpired(segment.firstTimestamp, loop.clock.micros());
  }

  /** True when all messages have expired, for longer than {@code moreMicros}. Any thread. */
  boolean isExpired(long nowMicros, long moreMicros) {
    long newest = newestMicros;
    return newest >= 0
        && log.messages() > 0
        && retention.isExpired(newest, nowMicros)
        && nowMicros - newest >= moreMicros;
  }

  /**
   * Nothing comes that would end the newest segment, and it has expired: begins one without a
   * batch. If that fails the next sweep asks again.
   */
  void endExpired(PartitionWriter writer) {
    writer.fold(
        (nothing, failure) -> {
          Segment newest = writer.active();
          boolean ends = newest != null && newest.firstTimestamp >= 0 && isOld(newest);
          if (ends && writer.isIdle() && writer.isFolded() && writer.refusal() == null) {
            writer.begin(newest.endOffset, (begun, notBegun) -> {});
          }
        });
  }

  private void show() {
    List<Segment> segments = log.segmentList();
    List<SealedSegment> shown = new ArrayList<>();
    for (int i = 0; i + 1 < segments.size() && i < SHOWN_MAX; i++) {
      Segment one = segments.get(i);
      shown.add(
          new SealedSegment(
              one.base,
              segments.get(i + 1).base,
              one.length,
              one.recordBytes,
              one.messages,
              one.lastTimestamp));
    }
    sealed = List.copyOf(shown);
  }

  /** Any thread. */
  Shelf view(long consumedTo) {
    return new Shelf(log.settings().incarnation(), retention, consumedTo, sealed, newestBytes);
  }

  Drop drop(long below, Drop.Reason reason) {
    List<Segment> segments = log.segmentList();
    long first = segments.isEmpty() ? 0 : segments.get(0).base;
    long messages = 0;
    long recordBytes = 0;
    long bytes = 0;
    int count = 0;
    while (segments.size() > 1 && segments.get(1).base <= below) {
      Segment going = segments.remove(0);
      messages += going.messages;
      recordBytes += going.recordBytes;
      bytes += going.length;
      leaving.add(going);
      count++;
    }
    removeNext();
    if (count == 0) {
      return null;
    }
    count(-bytes);
    loop.space().leaving(bytes);
    log.dropped(messages, recordBytes);
    show();
    long last = segments.get(0).base - 1;
    return new Drop(
        log.settings().incarnation(),
        reason,
        new Drop.Range(first, last),
        new Drop.Size(count, messages, bytes));
  }

  /**
   * Drops the oldest sealed segments, at most {@code countMax}, up to the first that ends above
   * {@code consumedTo}; ends when nothing that was dropped is left on disk.
   */
  void dropOldest(long countMax, long consumedTo, LogCallback<Void> done) {
    List<Segment> segments = log.segmentList();
    long below = -1;
    for (int i = 0; i < countMax && i + 1 < segments.size(); i++) {
      long end = segments.get(i + 1).base;
      if (end > consumedTo) {
        break;
      }
      below = end;
    }
    drop(below, Drop.Reason.REQUESTED);
    whenSwept.add(done);
    endIfSwept(null);
  }

  private void endIfSwept(IOException failure) {
    if (failure == null && !leaving.isEmpty()) {
      return;
    }
    List<LogCallback<Void>> now = List.copyOf(whenSwept);
    whenSwept.clear();
    now.forEach(one -> one.done(null, LogFailure.ofWrite(failure)));
  }

  private void removeNext() {
    Segment next = leaving.peek();
    if (next == null || removing) {
      return;
    }
    removing = true;
    loop.retire(next, (nothing, failure) -> removed(next, failure));
  }

  private void removed(Segment segment, IOException failure) {
    removing = false;
    if (failure == null) {
      leaving.remove();
      gone(segment);
    }
    if (failure == null && !log.isClosed()) {
      removeNext();
    }
    boolean given = failure == null && log.isClosed() && !leaving.isEmpty();
    endIfSwept(given ? new IOException("the partition is closed") : failure);
    log.endIfQuiet();
  }

  private void gone(Segment segment) {
    loop.space().leaving(-segment.length);
    loop.space().countAhead(-segment.restBytes());
  }

  /** True when nothing that was dropped is left on disk. */
  boolean isSwept() {
    return leaving.isEmpty();
  }

  boolean isIdle() {
    return !removing;
  }

  /**
   * The partition is deleted: gives everything back and removes its files and directory.
   *
   * @param others files that are no segments
   * @param onDisk false when there can't be a directory
   */
  void delete(List<Path> others, boolean onDisk, LogCallback<Void> done) {
    ArrayDeque<Path> doomed = new ArrayDeque<>(others);
    doomed.addAll(clear());
    if (!onDisk && doomed.isEmpty()) {
      done.done(null, null);
      return;
    }
    Path directory = log.directory();
    doomed.add(directory);
    loop.forgetDirectory(directory);
    loop.deleteAll(
        doomed,
        directory.getParent(),
        (nothing, failure) -> done.done(null, LogFailure.ofWrite(failure)));
  }

  private List<Path> clear() {
    List<Segment> left = new ArrayList<>(leaving);
    left.forEach(this::gone);
    left.addAll(log.segmentList());
    log.segmentList().forEach(one -> loop.space().countAhead(-one.restBytes()));
    List<Path> files = new ArrayList<>();
    for (Segment one : left) {
      files.add(one.path);
      files.add(IndexFile.beside(one.path));
    }
    leaving.clear();
    endIfSwept(null);
    count(-fileBytes);
    retention.topic().add(-log.bytes());
    return files;
  }
}

package dev.whippet.broker.internal.log.engine;

import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.file.FileFailure;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The shared writer's rhythm: one commit in flight, whatever arrives meanwhile is the next one. No
 * timer. Entries end in the order in which they came. Owner loop only.
 *
 * <pre>
 *   IDLE --add--> COMMITTING --done--> IDLE, or COMMITTING again when entries wait
 *                     | failed
 *                     v
 *                  BROKEN   everything that waits fails, and everything that comes; never retried
 *                     | the owner made sure of what is there: reopen
 *                     v
 *                   IDLE
 * </pre>
 *
 * A commit that could not even be begun, for want of memory, fails what waits and no more: nothing
 * of it can be on the disk. So does one that ends as {@link CommitRefused}.
 */
public final class CommitQueue<E> {

  /** Who owns the file. */
  public interface Target<E> {
    /**
     * Moves the first of {@code waiting} (one at least) to {@code group} and starts the durable
     * write that covers them.
     *
     * @return false when those need no write, and {@code done} will not be called
     * @throws OutOfMemoryError before anything was started; {@code done} will not be called
     */
    boolean commit(ArrayDeque<E> waiting, List<E> group, FileCompletion<Void> done);

    /** The entry and all before it are on stable storage. */
    void durable(E entry);

    /** A commit failed for good; {@link #undone} follows. */
    void broken(LogFailure failure);

    /** Nothing that is not durable will be; comes before the entries' failures: roll back. */
    default void undone() {}

    void failed(E entry, LogFailure failure);

    /** Nothing waits and nothing is in flight any more. */
    void idle();
  }

  private final Target<E> target;
  private final ArrayDeque<E> waiting = new ArrayDeque<>();
  private final List<E> group = new ArrayList<>();
  private boolean committing;
  private LogFailure refusal;

  /** It stays refused, whatever becomes of the disk. */
  private boolean forGood;

  public CommitQueue(Target<E> target) {
    this.target = target;
  }

  /** Fails the entry at once when the queue is broken or stopped. */
  public void add(E entry) {
    if (refusal != null) {
      target.failed(entry, refusal);
      return;
    }
    waiting.add(entry);
    if (!committing) {
      commitNext();
    }
  }

  public boolean isIdle() {
    return !committing && waiting.isEmpty();
  }

  /** Why entries are refused, {@code null} while they are taken. */
  public LogFailure refusal() {
    return refusal;
  }

  /** From now on entries fail with {@code failure}; what waits is still committed. */
  public void refuse(LogFailure failure) {
    forGood = true;
    if (refusal == null) {
      refusal = failure;
    }
  }

  /**
   * Takes entries again after a commit failed, once the owner has read back what is durable and
   * nothing of the failed one can come back behind it. Not after {@link #refuse} or {@link
   * #giveUp}.
   */
  public void reopen() {
    if (!forGood) {
      refusal = null;
    }
  }

  /** Fails what waits; the commit in flight goes on. */
  public void failWaiting(LogFailure failure) {
    List<E> failing = new ArrayList<>(waiting);
    waiting.clear();
    failing.forEach(entry -> target.failed(entry, failure));
  }

  private void commitNext() {
    while (!waiting.isEmpty()) {
      committing = true;
      try {
        if (target.commit(waiting, group, this::ended)) {
          return;
        }
        endGroup();
      } catch (OutOfMemoryError e) {
        failAll(new LogFailure(LogFailure.Reason.OVERLOADED, "no memory for a commit: " + e));
      }
    }
    target.idle();
  }

  private void ended(Void nothing, IOException failure) {
    if (failure instanceof CommitRefused refused) {
      failAll(refused.failure());
    } else if (failure != null) {
      breakDown(failure);
      return;
    } else {
      endGroup();
    }
    if (!committing) {
      commitNext();
    }
  }

  /** While it runs, {@code committing} keeps re-entrant adds waiting. */
  private void endGroup() {
    for (int i = 0; i < group.size(); i++) {
      target.durable(group.get(i));
    }
    group.clear();
    committing = false;
  }

  private void breakDown(IOException cause) {
    boolean full = cause instanceof FileFailure failed && failed.noSpace();
    LogFailure.Reason now = full ? LogFailure.Reason.NO_SPACE : LogFailure.Reason.WRITE_FAILED;
    LogFailure.Reason later = full ? LogFailure.Reason.NO_SPACE : LogFailure.Reason.READ_ONLY;
    LogFailure failure = new LogFailure(now, cause.toString());
    refusal = new LogFailure(later, cause.toString());
    target.broken(refusal);
    failAll(failure);
    if (isIdle()) {
      target.idle();
    }
  }

  /**
   * What was reported durable may not be: a late sync failed. As after a failed commit, but the one
   * in flight ends by itself.
   */
  public void giveUp(IOException cause) {
    if (forGood) {
      return;
    }
    forGood = true;
    refusal = new LogFailure(LogFailure.Reason.READ_ONLY, cause.toString());
    target.broken(refusal);
    target.undone();
    failWaiting(refusal);
  }

  private void failAll(LogFailure failure) {
    target.undone();
    List<E> failing = new ArrayList<>(group);
    failing.addAll(waiting);
    group.clear();
    waiting.clear();
    committing = false;
    failing.forEach(entry -> target.failed(entry, failure));
  }
}

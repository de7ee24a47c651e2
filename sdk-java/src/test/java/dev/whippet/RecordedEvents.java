package dev.whippet;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Remembers what a client told; a test waits for what it expects. */
final class RecordedEvents extends ClientEvents {
  private static final long WAIT_MILLIS_MAX = 180_000;

  private final List<String> states = new ArrayList<>();
  private final List<String> reasons = new ArrayList<>();
  private final List<Gap> gaps = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();
  private int attemptsFailed;

  @Override
  public synchronized void stateChanged(ConnectionState from, ConnectionState to, String reason) {
    states.add(to.name());
    reasons.add(reason);
    notifyAll();
  }

  @Override
  public synchronized void attemptFailed(int failures, String reason, long nextAttemptMillis) {
    attemptsFailed++;
    notifyAll();
  }

  @Override
  public synchronized void gap(Gap gap) {
    gaps.add(gap);
    notifyAll();
  }

  @Override
  public synchronized void warned(String what) {
    warnings.add(what);
    notifyAll();
  }

  void awaitWarning(String words) throws InterruptedException {
    await(
        events -> events.warnings.stream().anyMatch(one -> one.contains(words)),
        "a warning with " + words);
  }

  synchronized List<Gap> gaps() {
    return new ArrayList<>(gaps);
  }

  synchronized List<String> states() {
    return new ArrayList<>(states);
  }

  synchronized int attemptsFailed() {
    return attemptsFailed;
  }

  /** The reason of the last change to a state. */
  synchronized String reason(ConnectionState state) {
    return reasons.get(states.lastIndexOf(state.name()));
  }

  void awaitState(ConnectionState state) throws InterruptedException {
    await(events -> events.states.contains(state.name()), state.name());
  }

  void awaitGaps(int count) throws InterruptedException {
    await(events -> events.gaps.size() >= count, count + " gaps");
  }

  void awaitFailures(int count) throws InterruptedException {
    await(events -> events.attemptsFailed >= count, count + " failed attempts");
  }

  private synchronized void await(Predicate<RecordedEvents> condition, String what)
      throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS_MAX);
    while (!condition.test(this)) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        throw new AssertionError("waited in vain for " + what + "; " + states + " " + reasons);
      }
      wait(left);
    }
  }
}

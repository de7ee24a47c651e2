package dev.whippet.broker.internal.log.commit;

import dev.whippet.broker.internal.log.engine.Commits;
import dev.whippet.broker.internal.log.engine.LogLoop;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The folds of one loop: at most {@value #UNDER_WAY_MAX} at once, so that commits don't wait behind
 * hundreds of them. One that failed is tried again every second. Owner loop only.
 */
final class CommitFolds {
  static final int UNDER_WAY_MAX = 16;
  private static final long RETRY_MICROS = 1_000_000;

  private final LogLoop loop;
  private final Runnable ended;
  private final Set<Commits.Source> waiting = new LinkedHashSet<>();
  private final List<Commits.Source> failed = new ArrayList<>();
  private int underWay;
  private boolean starting;

  /**
   * @param ended runs after each fold
   */
  CommitFolds(LogLoop loop, Runnable ended) {
    this.loop = loop;
    this.ended = ended;
  }

  /** Nothing is under way, and nothing will be before a retry. */
  boolean isIdle() {
    return underWay == 0 && waiting.isEmpty();
  }

  void start(Collection<Commits.Source> sources) {
    waiting.addAll(sources);
    startNext();
  }

  private void startNext() {
    if (starting) {
      return; // by a fold that had nothing to do
    }
    starting = true;
    while (underWay < UNDER_WAY_MAX && !waiting.isEmpty()) {
      Commits.Source next = waiting.iterator().next();
      waiting.remove(next);
      underWay++;
      next.fold(
          (nothing, failure) -> {
            underWay--;
            if (failure != null) {
              retryLater(next);
            }
            startNext();
            ended.run();
          });
    }
    starting = false;
  }

  private void retryLater(Commits.Source source) {
    failed.add(source);
    if (failed.size() == 1) {
      loop.clock.after(
          RETRY_MICROS,
          () -> {
            List<Commits.Source> again = List.copyOf(failed);
            failed.clear();
            start(again);
          });
    }
  }
}

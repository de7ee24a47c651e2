package dev.whippet.broker;

import dev.whippet.broker.internal.log.engine.Damage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What recovery and the logs found wrong on disk since the start, for {@link Health}; each is also
 * logged once. Any thread; guarded by {@code this}.
 */
final class Findings {

  private static final Logger LOG = LoggerFactory.getLogger(Findings.class);

  private final List<Health.Problem> problems = new ArrayList<>();
  private int unlisted;

  /** Since when what comes and goes is there, as of the last look. */
  private Map<String, Long> seen = Map.of();

  /** A log or a journal found damage. An unfinished end is what a crash leaves: no problem. */
  synchronized void damage(Damage damage) {
    String where =
        damage.file()
            + " at byte "
            + damage.position()
            + (damage.count() > 0
                ? ", " + damage.count() + " lost from offset " + damage.firstOffset()
                : "")
            + ": "
            + damage.what();
    if (damage.kind() == Damage.Kind.TAIL_CUT) {
      LOG.info("cut an unfinished end: {}", where);
    } else if (damage.kind() == Damage.Kind.READ_ONLY) { // health asks the logs themselves
      LOG.error("{} is read-only, sends there fail: {}", damage.file(), damage.what());
    } else {
      boolean unusable = damage.kind() == Damage.Kind.UNUSABLE;
      Health.Kind kind = unusable ? Health.Kind.READ_ONLY : Health.Kind.DAMAGED;
      add(new Health.Problem(kind, "disk", where));
    }
  }

  /** Something that was left out or set aside, in words. */
  synchronized void add(List<String> words) {
    words.forEach(each -> add(new Health.Problem(Health.Kind.DAMAGED, "disk", each)));
  }

  private void add(Health.Problem problem) {
    LOG.warn("damage: {}", problem.reason());
    if (problems.size() < Health.PROBLEMS_MAX) {
      problems.add(problem);
    } else {
      unlisted++;
    }
  }

  /** These problems after {@code now}, as one view. */
  synchronized Health health(List<Health.Problem> now, Health.Disk disk) {
    List<Health.Problem> all = new ArrayList<>();
    Map<String, Long> still = new HashMap<>();
    for (Health.Problem problem : now) {
      String name = problem.kind() + " " + problem.what();
      long since = seen.getOrDefault(name, problem.sinceMillis());
      still.put(name, since);
      all.add(problem.since(since));
    }
    seen = still;
    all.addAll(problems);
    int listed = Math.min(all.size(), Health.PROBLEMS_MAX);
    Health.Status status = all.isEmpty() ? Health.Status.LIVE : Health.Status.DEGRADED;
    int more = unlisted + all.size() - listed;
    return new Health(status, List.copyOf(all.subList(0, listed)), more, disk);
  }
}

package dev.whippet.samples.demo;

import dev.whippet.samples.sensor.Ledger;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Compares what the publishers wrote down (each receipt "stored") with what the consumer wrote down
 * (each message received), as sets of (publisher, sequence, payload checksum).
 *
 * <p>Lost: stored and never received with that checksum. Doubled: received again. Out of order:
 * received after a higher sequence of the same publisher.
 */
final class Account {

  /** One publisher's line. */
  record Entry(
      String publisher, long stored, long received, long lost, long doubled, long outOfOrder) {
    boolean clean() {
      return lost == 0 && doubled == 0 && outOfOrder == 0;
    }
  }

  private final List<Entry> entries;

  private Account(List<Entry> entries) {
    this.entries = entries;
  }

  static Account of(List<Ledger.Line> stored, List<Ledger.Line> received) {
    Set<String> publishers = new TreeSet<>();
    stored.forEach(line -> publishers.add(line.publisher()));
    received.forEach(line -> publishers.add(line.publisher()));
    return new Account(
        publishers.stream().map(publisher -> entry(publisher, stored, received)).toList());
  }

  private static Entry entry(
      String publisher, List<Ledger.Line> stored, List<Ledger.Line> received) {
    Set<Ledger.Line> missing = new HashSet<>();
    for (Ledger.Line line : stored) {
      if (line.publisher().equals(publisher)) {
        missing.add(line);
      }
    }
    final long storedCount = missing.size();

    Map<Long, Ledger.Line> seen = new HashMap<>();
    long doubled = 0;
    long outOfOrder = 0;
    long highest = Long.MIN_VALUE;
    for (Ledger.Line line : received) {
      if (!line.publisher().equals(publisher)) {
        continue;
      }
      if (seen.put(line.sequence(), line) != null) {
        doubled++;
      } else if (line.sequence() < highest) {
        outOfOrder++;
      }
      highest = Math.max(highest, line.sequence());
      missing.remove(line);
    }
    return new Entry(publisher, storedCount, seen.size(), missing.size(), doubled, outOfOrder);
  }

  List<Entry> entries() {
    return entries;
  }

  /** True when nothing is lost, doubled or out of order, and there was something to compare. */
  boolean clean() {
    return !entries.isEmpty() && entries.stream().allMatch(Entry::clean);
  }

  String render() {
    StringBuilder table = new StringBuilder();
    table.append(
        String.format(
            Locale.ROOT,
            "  %-10s %10s %10s %8s %8s %13s%n",
            "publisher",
            "stored",
            "received",
            "lost",
            "doubled",
            "out of order"));
    for (Entry e : entries) {
      table.append(
          String.format(
              Locale.ROOT,
              "  %-10s %10d %10d %8d %8d %13d%n",
              e.publisher,
              e.stored,
              e.received,
              e.lost,
              e.doubled,
              e.outOfOrder));
    }
    return table.toString();
  }
}

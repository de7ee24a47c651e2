package dev.whippet.broker.internal.log.journal;

import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.Blocks;
import dev.whippet.broker.internal.log.format.FileHeader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What start-up found of a journal: replay {@link #entries} in order, then {@link Journal#open}.
 * The newest complete generation counts; one is complete when the end of its snapshot, or any entry
 * after it, is sound. Blocks; never throws for what is on disk.
 */
public final class JournalRecovery {
  final Path directory;
  final String name;
  long generation;
  long nextNumber = 1;
  long snapshotBytes;

  /** How far the file goes; zeros from its length on. */
  long allocated;

  boolean unclean;
  Segment file;
  String readOnlyReason;

  private final BlockingFiles disk;
  private final Consumer<Damage> damage;
  private List<byte[]> entries = List.of();

  JournalRecovery(BlockingFiles disk, Path directory, String name, Consumer<Damage> damage) {
    this.disk = disk;
    this.directory = directory;
    this.name = name;
    this.damage = damage;
  }

  /** Snapshot first, then what followed it; payloads as appended. */
  public List<byte[]> entries() {
    return entries;
  }

  void run() {
    try {
      List<Generation> found = new ArrayList<>();
      for (Path path : disk.list(directory)) {
        long number = numberOf(path);
        if (number > 0) {
          generation = Math.max(generation, number);
          found.add(new Generation(path, number));
        }
      }
      found.sort((one, other) -> Long.compare(other.number, one.number));
      Generation chosen = choose(found);
      if (chosen != null && readOnlyReason == null) {
        settle(chosen, found);
      }
    } catch (IOException e) {
      unusable(directory, e.toString());
    }
  }

  private long numberOf(Path path) {
    String file = path.getFileName().toString();
    String prefix = name + ".";
    return file.startsWith(prefix) && file.substring(prefix.length()).matches("[0-9]{1,18}")
        ? Long.parseLong(file.substring(prefix.length()))
        : 0;
  }

  /**
   * The newest complete one; else the newest in which anything is sound. Without a header of its
   * own, what is sound in a file may be what an older one had left in its blocks: it counts only
   * behind the numbers of that.
   */
  private Generation choose(List<Generation> newestFirst) {
    Generation salvage = null;
    Generation headless = null;
    for (Generation one : newestFirst) {
      try (BlockingFiles.OpenFile open = disk.open(one.path)) {
        one.read(open);
      } catch (IOException e) {
        unusable(one.path, e.toString());
      }
      if (one.newer) {
        unusable(one.path, "written by a later version");
      }
      int untorn = one.untorn();
      boolean first = one.number == 1;
      if (first || one.found.subList(0, untorn).stream().anyMatch(Generation.Found::completes)) {
        if (one.headless && !first && headless == null) {
          headless = one;
          continue;
        }
        boolean newer = headless != null && headless.found.get(0).number() >= one.next(untorn);
        return taken(newer ? headless : one);
      }
      salvage = salvage == null && !one.found.isEmpty() ? one : salvage;
    }
    if (headless != null) {
      return taken(headless);
    }
    if (salvage != null) {
      // Its snapshot was durable, or the generation before would still be there.
      salvage.take(salvage.found.size());
      damage.accept(
          new Damage(Damage.Kind.LOST, salvage.path, 0, 0, -1, 0, "the snapshot is not complete"));
      take(salvage);
    }
    return salvage;
  }

  private Generation taken(Generation chosen) {
    chosen.take(chosen.untorn());
    take(chosen);
    return chosen;
  }

  private void take(Generation chosen) {
    entries = chosen.payloads;
    nextNumber = chosen.expected;
    snapshotBytes = chosen.snapshotEnd;
    chosen.gaps.forEach(damage);
  }

  private void settle(Generation chosen, List<Generation> all) throws IOException {
    long end = Blocks.up(chosen.end);
    if (chosen.trash) {
      Damage.Kind kind = chosen.defaced ? Damage.Kind.LOST : Damage.Kind.TAIL_CUT;
      long bytes = chosen.size - chosen.end;
      damage.accept(
          new Damage(kind, chosen.path, chosen.end, bytes, -1, 0, "bytes of no sound entry"));
    }
    try (BlockingFiles.OpenFile open = disk.open(chosen.path)) {
      if (chosen.trash) {
        open.truncate(end);
      }
      open.force();
    }
    disk.syncDirectory(directory);
    file = new Segment(chosen.path, 0, chosen.salt, FileHeader.COPIES_BYTES, Blocks.BYTES);
    file.length = end;
    allocated = chosen.trash ? end : Math.max(end, Blocks.down(chosen.size));
    unclean = chosen.unclean;
    for (Generation one : all) {
      if (one != chosen) {
        disk.delete(one.path);
      }
    }
    disk.syncDirectory(directory.toAbsolutePath().getParent());
  }

  private void unusable(Path path, String why) {
    readOnlyReason = path + ": " + why;
    damage.accept(new Damage(Damage.Kind.UNUSABLE, path, 0, 0, -1, 0, "read-only: " + why));
  }
}

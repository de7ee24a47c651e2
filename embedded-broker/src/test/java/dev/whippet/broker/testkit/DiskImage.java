package dev.whippet.broker.testkit;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * What stands on a {@link MemoryDisk}: files, the names they have, and which of both would survive
 * a power cut. A name made, removed or changed is stable once its directory was synced (for a
 * change: that of the new name); until then a power cut takes the change or leaves it, each by
 * itself, but a change of name never in halves.
 */
final class DiskImage {
  private static final int SCRAP_BLOCKS = 24;

  /** One change of a name; {@code file} is null for a removal, {@code from} only for a renaming. */
  private record NameChange(Path from, Path to, DiskFile file) {}

  private final TreeMap<Path, DiskFile> names = new TreeMap<>();
  private final Map<Path, DiskFile> stableNames = new HashMap<>();
  private final List<NameChange> unsynced = new ArrayList<>();
  private final Map<Integer, DiskFile> files = new HashMap<>();

  /** What was written lately, anywhere: what a block that is new to a file may hold. */
  private final ArrayDeque<byte[]> scrap = new ArrayDeque<>();

  private final Path root;
  private int nextId;

  /** An empty disk on which {@code root} is a stable directory. */
  DiskImage(Path root) {
    this.root = root;
    DiskFile directory = add(true);
    names.put(root, directory);
    stableNames.put(root, directory);
  }

  private DiskImage(DiskImage other) {
    root = other.root;
    nextId = other.nextId;
    scrap.addAll(other.scrap);
  }

  /** Independent from now on; file ids stay. */
  DiskImage copy() {
    DiskImage copy = new DiskImage(this);
    names.forEach((path, file) -> copy.names.put(path, copyOf(file, copy)));
    stableNames.forEach((path, file) -> copy.stableNames.put(path, copyOf(file, copy)));
    for (NameChange one : unsynced) {
      DiskFile file = one.file == null ? null : copyOf(one.file, copy);
      copy.unsynced.add(new NameChange(one.from, one.to, file));
    }
    return copy;
  }

  private static DiskFile copyOf(DiskFile file, DiskImage copy) {
    return copy.files.computeIfAbsent(file.id, missing -> file.copy());
  }

  private DiskFile add(boolean directory) {
    DiskFile file = new DiskFile(nextId++, directory);
    files.put(file.id, file);
    return file;
  }

  // --- looking ----------------------------------------------------------------------------------

  List<Path> paths() {
    return List.copyOf(names.keySet());
  }

  boolean exists(Path path) {
    return names.containsKey(path);
  }

  DiskFile at(Path path) {
    return names.get(path);
  }

  List<Path> list(Path directory) {
    return names.tailMap(directory, false).keySet().stream()
        .takeWhile(path -> path.startsWith(directory))
        .filter(path -> directory.equals(path.getParent()))
        .toList();
  }

  DiskFile fileAt(Path path) throws IOException {
    DiskFile file = names.get(path);
    if (file == null || file.directory) {
      throw new NoSuchFileException(path.toString());
    }
    return file;
  }

  /** An open file lives on without a name. */
  DiskFile file(int id) {
    DiskFile file = files.get(id);
    return file == null ? new DiskFile(id, false) : file;
  }

  /** Bytes of all files that have a name. */
  long usedBytes() {
    return names.values().stream().mapToLong(DiskFile::length).sum();
  }

  // --- changing ---------------------------------------------------------------------------------

  void create(Path path, boolean directory) throws IOException {
    DiskFile there = names.get(path);
    if (there != null) {
      if (there.directory != directory) {
        throw new IOException(path + ": exists");
      }
      return;
    }
    if (!names.containsKey(path.getParent())) {
      throw new NoSuchFileException(path.toString());
    }
    DiskFile file = add(directory);
    names.put(path, file);
    unsynced.add(new NameChange(null, path, file));
  }

  void remove(Path path) throws IOException {
    if (!names.containsKey(path)) {
      return;
    }
    if (!list(path).isEmpty()) {
      throw new IOException(path + ": directory not empty");
    }
    names.remove(path);
    unsynced.add(new NameChange(null, path, null));
  }

  void rename(Path from, Path to) throws IOException {
    DiskFile file = names.get(from);
    if (file == null || !names.containsKey(to.getParent())) {
      throw new NoSuchFileException(from + " -> " + to);
    }
    if (file.directory) {
      settleBelow(from); // our code never renames a directory in which something is unsynced
    }
    move(names, from, to);
    unsynced.add(new NameChange(from, to, file));
  }

  private void settleBelow(Path directory) {
    for (Path path : paths()) {
      if (path.startsWith(directory) && names.get(path).directory) {
        syncNames(path);
      }
    }
  }

  private static void move(Map<Path, DiskFile> names, Path from, Path to) {
    for (Path path : List.copyOf(names.keySet())) {
      if (path.startsWith(from)) {
        Path moved = path.equals(from) ? to : to.resolve(from.relativize(path));
        names.put(moved, names.remove(path));
      }
    }
  }

  void syncNames(Path directory) {
    List<NameChange> rest = new ArrayList<>();
    for (NameChange one : unsynced) {
      if (directory.equals(one.to.getParent())) {
        makeStable(one, stableNames);
        rest.removeIf(made -> made.to.equals(one.from) && made.file == one.file);
      } else {
        rest.add(one);
      }
    }
    unsynced.clear();
    unsynced.addAll(rest);
  }

  private static void makeStable(NameChange change, Map<Path, DiskFile> names) {
    if (change.file == null) {
      names.remove(change.to);
    } else if (change.from == null) {
      names.put(change.to, change.file);
    } else {
      names.put(change.from, change.file); // its making need not have been stable
      move(names, change.from, change.to);
    }
  }

  void write(int id, int position, byte[] bytes, boolean durably) {
    file(id).write(position, bytes, durably);
    for (int at = 0; at < bytes.length; at += 4 * DiskFile.BLOCK_BYTES) {
      scrap.add(Arrays.copyOfRange(bytes, at, at + DiskFile.BLOCK_BYTES));
    }
    while (scrap.size() > SCRAP_BLOCKS) {
      scrap.poll();
    }
  }

  /** Takes a file or an empty directory away, on stable storage. */
  void lose(Path path) {
    names.remove(path);
    stableNames.remove(path);
    unsynced.removeIf(change -> change.to.equals(path));
  }

  // --- what a power cut does --------------------------------------------------------------------

  /** The disk as it is found afterwards; everything found is stable. */
  DiskImage afterPowerCut(Random random) {
    Map<Path, DiskFile> kept = new TreeMap<>(stableNames);
    int mode = random.nextInt(4);
    for (NameChange one : unsynced) {
      boolean keep = mode == 0 || mode != 1 && random.nextBoolean();
      if (keep && (one.from == null || kept.get(one.from) == one.file)) {
        makeStable(one, kept);
      }
    }
    DiskImage left = new DiskImage(this);
    List<byte[]> old = List.copyOf(scrap);
    kept.forEach(
        (path, file) -> {
          if (path.equals(root) || left.names.containsKey(path.getParent())) {
            DiskFile found =
                left.files.computeIfAbsent(file.id, id -> file.afterPowerCut(random, old));
            left.names.put(path, found);
            left.stableNames.put(path, found);
          }
        });
    return left;
  }
}

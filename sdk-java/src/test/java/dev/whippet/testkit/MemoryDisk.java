package dev.whippet.testkit;

import dev.whippet.internal.disk.Disk;
import java.io.Closeable;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A disk in memory that betrays you on request. What must survive it:
 *
 * <ul>
 *   <li>{@link #cutPowerAt}: the operation of that number and all later ones fail; {@link #reboot}
 *       then keeps what was synced, and of the rest, by seed and sector by sector, keeps, drops or
 *       tears. New names whose file was not synced with metadata may be gone, deleted ones back.
 *   <li>{@link #failAt}: the operation of that number fails. A failed write may have written a
 *       part; a failed sync drops, by seed, any of what it should have synced, and a later sync
 *       does not bring it back, though reads still show it until the reboot (as Linux does).
 *   <li>{@link #capacity}: writes and lengths that need more fail, with what fits written.
 *   <li>{@link #flip}: one bit is another one.
 * </ul>
 *
 * <p>Operations that change something are counted. Thread-safe. No limit but memory.
 */
public final class MemoryDisk implements Disk {
  private static final int SECTOR_BYTES = 512;

  private final Random random;
  private final Map<String, Node> names = new TreeMap<>();

  /** Names as they would be after a reboot that keeps nothing unsynced. */
  private final Map<String, Node> durableNames = new TreeMap<>();

  private final List<String> locks = new ArrayList<>();
  private long operations;
  private long cutAt = Long.MAX_VALUE;
  private long failAt = Long.MAX_VALUE;
  private long failures;
  private long capacity = Long.MAX_VALUE;
  private boolean readsFail;

  /** An empty disk; the seed decides what a crash keeps. */
  public MemoryDisk(long seed) {
    this.random = new Random(seed);
  }

  /** One file: what reads see, what is stable, and which sectors differ. */
  private static final class Node {
    byte[] seen = new byte[0];
    byte[] stable = new byte[0];
    final List<int[]> unsynced = new ArrayList<>();
    boolean lengthUnsynced;

    Node copyStable() {
      Node copy = new Node();
      copy.seen = stable.clone();
      copy.stable = stable.clone();
      return copy;
    }
  }

  // ---- faults

  /** Power goes at this operation (counted from 1 since the disk was made or rebooted). */
  public synchronized MemoryDisk cutPowerAt(long operation) {
    cutAt = operation;
    return this;
  }

  /** Operations from this one on fail, so many of them. */
  public synchronized MemoryDisk failAt(long operation, long count) {
    failAt = operation;
    failures = count;
    return this;
  }

  /** All files together may have so many bytes. */
  public synchronized MemoryDisk capacity(long bytes) {
    capacity = bytes;
    return this;
  }

  /** Reads fail from now on, or no more. */
  public synchronized MemoryDisk failReads(boolean fail) {
    readsFail = fail;
    return this;
  }

  /** Flips one bit of a file, on the platter and in the cache. */
  public synchronized void flip(String path, int offset, int bit) {
    Node node = names.get(path);
    node.seen[offset] ^= (byte) (1 << bit);
    if (offset < node.stable.length) {
      node.stable[offset] ^= (byte) (1 << bit);
    }
  }

  /** Some bytes of a file, as reads see them. */
  public synchronized byte[] read(String path, int from, int to) {
    return Arrays.copyOfRange(names.get(path).seen, from, to);
  }

  /** Offset of the last byte of a file that is not zero; -1 if all are. */
  public synchronized int lastNonZero(String path) {
    byte[] seen = names.get(path).seen;
    int at = seen.length - 1;
    while (at >= 0 && seen[at] == 0) {
      at--;
    }
    return at;
  }

  /** Operations so far. */
  public synchronized long operations() {
    return operations;
  }

  /** Whether the power is off. */
  public synchronized boolean isOff() {
    return operations >= cutAt;
  }

  /** Paths of all files, sorted. */
  public synchronized List<String> paths() {
    return new ArrayList<>(names.keySet());
  }

  /** The size of a file. */
  public synchronized int length(String path) {
    return names.get(path).seen.length;
  }

  /** Bytes of all files. */
  public synchronized long used() {
    long used = 0;
    for (Node node : names.values()) {
      used += node.seen.length;
    }
    return used;
  }

  /** The disk as a new process finds it after a power cut now. */
  public synchronized MemoryDisk reboot() {
    MemoryDisk after = new MemoryDisk(random.nextLong());
    Map<String, Node> kept = new TreeMap<>(durableNames);
    for (Map.Entry<String, Node> name : names.entrySet()) {
      if (!kept.containsKey(name.getKey()) && random.nextBoolean()) {
        kept.put(name.getKey(), name.getValue());
      }
    }
    for (Map.Entry<String, Node> name : kept.entrySet()) {
      boolean deleted = !names.containsKey(name.getKey());
      if (!deleted || random.nextBoolean()) {
        settle(name.getValue());
        after.put(name.getKey(), name.getValue());
      }
    }
    return after;
  }

  /** The disk as a new process finds it when the old one was killed: nothing is lost. */
  public synchronized MemoryDisk restart() {
    MemoryDisk after = new MemoryDisk(random.nextLong());
    for (Map.Entry<String, Node> name : names.entrySet()) {
      name.getValue().stable = name.getValue().seen.clone();
      after.put(name.getKey(), name.getValue());
    }
    return after;
  }

  private void put(String path, Node node) {
    Node copy = node.copyStable();
    names.put(path, copy);
    durableNames.put(path, copy);
  }

  /** Decides what of the unsynced reaches the platter. */
  private void settle(Node node) {
    if (node.lengthUnsynced && random.nextBoolean()) {
      node.stable = Arrays.copyOf(node.stable, node.seen.length);
    }
    boolean all = random.nextInt(4) == 0;
    boolean none = !all && random.nextInt(3) == 0;
    for (int[] range : node.unsynced) {
      for (int at = range[0]; at < range[1]; ) {
        int end = Math.min((at / SECTOR_BYTES + 1) * SECTOR_BYTES, range[1]);
        if (all || (!none && random.nextBoolean())) {
          int torn = !all && random.nextInt(8) == 0 ? at + random.nextInt(end - at) : end;
          bring(node, at, torn);
        }
        at = end;
      }
    }
    node.unsynced.clear();
    node.lengthUnsynced = false;
  }

  private static void bring(Node node, int from, int to) {
    int end = Math.min(to, node.seen.length);
    if (end > from) {
      if (end > node.stable.length) {
        node.stable = Arrays.copyOf(node.stable, end);
      }
      System.arraycopy(node.seen, from, node.stable, from, end - from);
    }
  }

  /** Counts an operation; true if it is to fail with effects, throws if the power is off. */
  private boolean operate() throws IOException {
    if (++operations >= cutAt) {
      throw new IOException("power is off");
    }
    return operations >= failAt && operations - failAt < failures;
  }

  // ---- Disk

  @Override
  public synchronized void createDirectory(File directory) throws IOException {
    if (isOff()) {
      throw new IOException("power is off");
    }
  }

  @Override
  public synchronized String[] list(File directory) throws IOException {
    List<String> found = new ArrayList<>();
    for (String path : names.keySet()) {
      File file = new File(path);
      if (directory.getPath().equals(file.getParent())) {
        found.add(file.getName());
      }
    }
    return found.toArray(new String[0]);
  }

  @Override
  public synchronized void delete(File file) throws IOException {
    if (operate()) {
      throw new IOException("delete failed: " + file);
    }
    names.remove(file.getPath());
  }

  @Override
  public synchronized Closeable tryLock(File file) throws IOException {
    String path = file.getPath();
    if (isOff()) {
      throw new IOException("power is off");
    }
    if (locks.contains(path)) {
      return null;
    }
    locks.add(path);
    return () -> {
      synchronized (this) {
        locks.remove(path);
      }
    };
  }

  @Override
  public synchronized DiskFile open(File file) throws IOException {
    Node node = names.get(file.getPath());
    if (node == null) {
      if (operate()) {
        throw new IOException("open failed: " + file);
      }
      node = new Node();
      names.put(file.getPath(), node);
    }
    return new MemoryFile(file.getPath(), node);
  }

  @Override
  public synchronized DiskFile openToRead(File file) throws IOException {
    Node node = names.get(file.getPath());
    if (node == null) {
      throw new FileNotFoundException(file.getPath());
    }
    return new MemoryFile(file.getPath(), node);
  }

  private final class MemoryFile implements DiskFile {
    private final String path;
    private final Node node;

    MemoryFile(String path, Node node) {
      this.path = path;
      this.node = node;
    }

    @Override
    public int read(long position, byte[] target, int offset, int length) throws IOException {
      synchronized (MemoryDisk.this) {
        if (readsFail) {
          throw new IOException("read failed: " + path + " at " + position);
        }
        int read = (int) Math.max(0, Math.min(length, node.seen.length - position));
        if (read > 0) {
          System.arraycopy(node.seen, (int) position, target, offset, read);
        }
        return read;
      }
    }

    @Override
    public void write(long position, byte[] source, int offset, int length) throws IOException {
      synchronized (MemoryDisk.this) {
        if (operations + 1 == cutAt) {
          put(position, source, offset, length); // may or may not reach the platter
        }
        boolean fail = operate();
        long room = capacity - used() + Math.max(0, node.seen.length - position);
        int fits = (int) Math.min(length, Math.max(0, room));
        if (fail) {
          fits = Math.min(fits, random.nextInt(length + 1));
        }
        put(position, source, offset, fits);
        if (fail || fits < length) {
          throw new IOException(fail ? "write failed: " + path : "no space left: " + path);
        }
      }
    }

    private void put(long position, byte[] source, int offset, int length) {
      int end = (int) position + length;
      if (length > 0 && end > node.seen.length) {
        node.seen = Arrays.copyOf(node.seen, end);
        node.lengthUnsynced = true;
      }
      System.arraycopy(source, offset, node.seen, (int) position, length);
      node.unsynced.add(new int[] {(int) position, end});
    }

    @Override
    public long length() {
      synchronized (MemoryDisk.this) {
        return node.seen.length;
      }
    }

    @Override
    public void setLength(long bytes) throws IOException {
      synchronized (MemoryDisk.this) {
        if (operate()) {
          throw new IOException("setLength failed: " + path);
        }
        if (bytes - node.seen.length > capacity - used()) {
          throw new IOException("no space left: " + path);
        }
        node.seen = Arrays.copyOf(node.seen, (int) bytes);
        node.lengthUnsynced = true;
      }
    }

    @Override
    public void sync(boolean metadata) throws IOException {
      synchronized (MemoryDisk.this) {
        if (operate()) {
          settle(node);
          throw new IOException("sync failed: " + path);
        }
        for (int[] range : node.unsynced) {
          bring(node, range[0], range[1]);
        }
        node.unsynced.clear();
        if (metadata || node.lengthUnsynced) {
          node.stable = Arrays.copyOf(node.stable, node.seen.length);
          node.lengthUnsynced = false;
        }
        if (metadata) {
          names.computeIfPresent(path, (name, now) -> durable(name, now));
        }
      }
    }

    private Node durable(String name, Node now) {
      if (now == node) {
        durableNames.put(name, node);
      }
      return now;
    }

    @Override
    public void close() {
      // nothing is held
    }
  }
}

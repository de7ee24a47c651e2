package dev.whippet.broker.testkit;

import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.file.FileFailure;
import dev.whippet.broker.internal.file.LoopFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * A disk in memory that may be cut off at any operation, fail, fill up, stall, or hold flipped
 * bits; the twin of {@link LoopFiles} and {@link BlockingFiles}, which share it. Deterministic by
 * seed.
 *
 * <p>What a power cut leaves ({@link #afterPowerCut}), by seed:
 *
 * <ul>
 *   <li>what was written durably or synced, as it was;
 *   <li>of what was not: all, nothing, or any mixture of its versions in sectors of 512 bytes;
 *       blocks that are new to the file may hold what some file held before;
 *   <li>of writes under way any sectors, and maybe one block of garbage;
 *   <li>names made, removed or changed since the last sync of their directory: each or none;
 *       lengths likewise.
 * </ul>
 *
 * What a killed process leaves ({@link #afterKill}): everything that was carried out, synced or
 * not, and part of what was under way.
 *
 * <p>Operations are numbered from 0 in the order in which they are carried out: opening, writing,
 * reading, allocating, truncating, syncing, creating, renaming, deleting. One thread.
 */
public final class MemoryDisk {

  /** When, around the chosen operation, the power goes. */
  public enum Cut {
    BEFORE,
    /** A write is torn; other operations are carried out, or not, by seed. */
    DURING,
    /** Carried out, but nobody is told. */
    AFTER
  }

  /** How an operation fails. */
  public enum Fault {
    NONE,
    /** Refused; a write may have been carried out in part. */
    EIO,
    /** Carried out, and reported as failed. */
    EIO_AFTERWARDS,
    /** Refused for want of space; a write may have been carried out in part. */
    NO_SPACE,
    /** A read whose bytes are not those of the file; other operations are carried out. */
    WRONG_BYTES
  }

  /** Decides about each operation before it is carried out. */
  @FunctionalInterface
  public interface Faults {
    Fault at(int operation, String what, Path path);
  }

  /** Thrown out of blocking operations when the power goes. */
  public static final class PowerCut extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /** Right before an operation is carried out: what would be left if the end came now. */
  public final class Moment {
    private final int number;
    private final DiskOperation operation;

    private Moment(int number, DiskOperation operation) {
      this.number = number;
      this.operation = operation;
    }

    /** The operation's number. */
    public int number() {
      return number;
    }

    /** False for an operation that only looks. */
    public boolean changes() {
      return operation.changes;
    }

    /** Such as {@code write durably /disk/partitions/...}. */
    @Override
    public String toString() {
      return "operation " + number + ", " + operation.what + " " + operation.path;
    }

    /** An independent disk, as found after a power cut around this operation. */
    public MemoryDisk powerCut(Cut when, long seed) {
      Random chance = new Random(mixed(seed, number, when.ordinal()));
      DiskImage left = image.copy();
      carryOut(left, when, chance);
      tearUnderWay(left, chance);
      return new MemoryDisk(chance.nextLong(), left.afterPowerCut(chance));
    }

    /** An independent disk, as found after the process was killed around this operation. */
    public MemoryDisk kill(Cut when, long seed) {
      Random chance = new Random(mixed(seed, number, when.ordinal()));
      DiskImage left = image.copy();
      if (when == Cut.DURING) {
        operation.abandon(left, chance);
      } else {
        carryOut(left, when, chance);
      }
      abandonUnderWay(left, chance);
      return new MemoryDisk(chance.nextLong(), left);
    }

    private void carryOut(DiskImage left, Cut when, Random chance) {
      switch (when) {
        case BEFORE -> {}
        case DURING -> operation.tear(left, chance);
        case AFTER -> operation.applyQuietly(left);
      }
    }
  }

  private final Random random;
  private final DiskImage image;

  /** Submitted by loops and not carried out. */
  private final List<DiskOperation> underWay = new ArrayList<>();

  private int operations;
  private int cutAt = -1;
  private Cut cut;
  private Faults faults = (operation, what, path) -> Fault.NONE;
  private long capacityBytes = Long.MAX_VALUE;
  private Random order;
  private boolean off;
  private List<Runnable> stalled;
  private Consumer<Moment> watcher;

  /** An empty disk on which {@code root} is a durable directory. */
  public MemoryDisk(long seed, Path root) {
    this(seed, new DiskImage(root));
  }

  private MemoryDisk(long seed, DiskImage image) {
    this.random = new Random(seed);
    this.image = image;
  }

  /** Well spread even for neighbouring seeds and numbers. */
  private static long mixed(long seed, long number, long more) {
    long value = seed * 0x9E3779B97F4A7C15L + number * 0xBF58476D1CE4E5B9L + more;
    value = (value ^ (value >>> 30)) * 0x94D049BB133111EBL;
    return value ^ (value >>> 31);
  }

  // --- what goes wrong --------------------------------------------------------------------------

  /** Switches the power off around an operation. */
  public void cutAt(int operation, Cut when) {
    cutAt = operation;
    cut = when;
  }

  /** Lets one operation fail; a write that fails may have been carried out in part. */
  public void failAt(int operation) {
    failAt(operation, Fault.EIO);
  }

  /** Lets one operation fail. */
  public void failAt(int operation, Fault fault) {
    faults = (number, what, path) -> number == operation ? fault : Fault.NONE;
  }

  /** Lets operations fail from now on as {@code faults} says. */
  public void failWhere(Faults faults) {
    this.faults = faults;
  }

  /** Files may not grow beyond this many bytes in all. */
  public void limitTo(long capacityBytes) {
    this.capacityBytes = capacityBytes;
  }

  /** Operations that a loop has under way at the same time are carried out in any order. */
  public void shuffle(long seed) {
    order = new Random(seed);
  }

  /** Holds back the operations of loops until {@link #resume}. */
  public void stall() {
    stalled = new ArrayList<>();
  }

  /** Carries out what was held back. */
  public void resume() {
    List<Runnable> waiting = stalled;
    stalled = null;
    waiting.forEach(Runnable::run);
  }

  /** Called before each operation is carried out; null for nobody. */
  public void watch(Consumer<Moment> watcher) {
    this.watcher = watcher;
  }

  /** How many operations were begun. */
  public int operations() {
    return operations;
  }

  /** True after the power cut. */
  public boolean isOff() {
    return off;
  }

  // --- what it holds ----------------------------------------------------------------------------

  /** All files, sorted. */
  public List<Path> files() {
    return image.paths().stream().filter(path -> !image.at(path).directory).toList();
  }

  /** True for a file or directory. */
  public boolean exists(Path path) {
    return image.exists(path);
  }

  /** A copy of what a file shows. */
  public byte[] content(Path file) {
    return image.at(file).content();
  }

  /** Bytes of all files. */
  public long usedBytes() {
    return image.usedBytes();
  }

  /** What files may still grow by; very much without a limit. */
  public long freeBytes() {
    return capacityBytes == Long.MAX_VALUE ? Long.MAX_VALUE / 2 : capacityBytes - usedBytes();
  }

  /** Feeds every name and byte that it shows. */
  public void digest(MessageDigest digest) {
    for (Path path : image.paths()) {
      digest.update(path.toString().getBytes(StandardCharsets.UTF_8));
      digest.update(image.at(path).content());
    }
  }

  /** Inverts bits of one byte, on stable storage. */
  public void flip(Path file, int index, int mask) {
    DiskFile node = image.at(file);
    byte[] one = new byte[1];
    byte[] all = node.content();
    one[0] = all[index];
    node.overwrite(index, (byte) (one[0] ^ mask));
  }

  /** Replaces bytes, on stable storage. */
  public void overwrite(Path file, int index, byte[] bytes) {
    for (int i = 0; i < bytes.length; i++) {
      image.at(file).overwrite(index + i, bytes[i]);
    }
  }

  /** Cuts a file short, on stable storage. */
  public void shorten(Path file, int length) {
    image.at(file).truncate(length);
    image.at(file).sync();
  }

  /** Removes a file, on stable storage. */
  public void lose(Path file) {
    image.lose(file);
  }

  /** Makes a file of whole blocks, on stable storage. */
  public void make(Path file, byte[] content) {
    try {
      image.create(file, false);
      image.at(file).write(0, content, true);
      image.syncNames(file.getParent());
    } catch (IOException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** Makes a durable directory. */
  public void makeDirectory(Path directory) {
    try {
      image.create(directory, true);
      image.syncNames(directory.getParent());
    } catch (IOException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /**
   * An independent disk with what this one shows now. What was not synced is still not: a power cut
   * of the new disk may lose it.
   */
  public MemoryDisk afterKill(long seed) {
    Random chance = new Random(seed);
    DiskImage left = image.copy();
    abandonUnderWay(left, chance);
    return new MemoryDisk(seed, left);
  }

  /** An independent disk with what a power cut leaves; what was not synced survives by seed. */
  public MemoryDisk afterPowerCut(long seed) {
    Random chance = new Random(seed);
    DiskImage left = image.copy();
    tearUnderWay(left, chance);
    return new MemoryDisk(seed, left.afterPowerCut(chance));
  }

  private void tearUnderWay(DiskImage left, Random chance) {
    for (DiskOperation one : underWay) {
      switch (chance.nextInt(3)) {
        case 0 -> {}
        case 1 -> one.tear(left, chance);
        default -> one.applyQuietly(left);
      }
    }
  }

  private void abandonUnderWay(DiskImage left, Random chance) {
    for (DiskOperation one : underWay) {
      if (chance.nextBoolean()) {
        one.abandon(left, chance);
      }
    }
  }

  // --- the two views ----------------------------------------------------------------------------

  /** This disk for the logs of a loop. */
  public LoopFiles loopFiles(Executor loop) {
    return new MemoryLoopFiles(this, loop);
  }

  /** This disk for recovery. */
  public BlockingFiles blockingFiles() {
    return new MemoryBlockingFiles(this);
  }

  DiskImage image() {
    return image;
  }

  List<DiskOperation> underWay() {
    return underWay;
  }

  /** Which of {@code count} operations under way is next. */
  int pick(int count) {
    return order == null ? 0 : order.nextInt(count);
  }

  /** Runs an operation of a loop now, or when the disk goes on. */
  void whenMoving(Runnable operation) {
    if (stalled != null) {
      stalled.add(operation);
    } else {
      operation.run();
    }
  }

  /**
   * Carries one operation out, or what the faults make of it.
   *
   * @return true when a read is to give wrong bytes
   */
  boolean perform(DiskOperation operation) throws IOException {
    int number = operations++;
    if (off) {
      throw new PowerCut();
    }
    if (watcher != null) {
      watcher.accept(new Moment(number, operation));
    }
    Fault fault = faults.at(number, operation.what, operation.path);
    long growth = operation.growth(image);
    if (growth > 0 && image.usedBytes() + growth > capacityBytes) {
      throw full(operation, number);
    }
    if (fault != Fault.NONE && fault != Fault.WRONG_BYTES) {
      throw failure(operation, number, fault);
    }
    if (number == cutAt) {
      if (cut == Cut.DURING) {
        operation.tear(image, random);
      } else if (cut == Cut.AFTER) {
        operation.applyQuietly(image);
      }
      off = true;
      throw new PowerCut();
    }
    operation.apply(image);
    return fault == Fault.WRONG_BYTES;
  }

  /** What is carried out of it does not make the file longer. */
  private IOException full(DiskOperation operation, int number) {
    int length = image.exists(operation.path) ? image.at(operation.path).length() : 0;
    IOException failure = failure(operation, number, Fault.NO_SPACE);
    if (image.exists(operation.path)) {
      image.at(operation.path).truncate(length);
    }
    return failure;
  }

  private IOException failure(DiskOperation operation, int number, Fault fault) {
    if (fault == Fault.EIO_AFTERWARDS) {
      operation.applyQuietly(image);
    } else if (random.nextBoolean()) {
      operation.fail(image, random);
    }
    String error = fault == Fault.NO_SPACE ? "No space left on device" : "Input/output error";
    String name = fault == Fault.NO_SPACE ? "ENOSPC" : "EIO";
    return new FileFailure(
        operation.what,
        operation.path,
        new IOException(error + " (" + name + " injected at operation " + number + ")"));
  }

  /** Changes one bit. */
  void spoil(byte[] bytes, int length) {
    if (length > 0) {
      bytes[random.nextInt(length)] ^= (byte) (1 << random.nextInt(8));
    }
  }
}

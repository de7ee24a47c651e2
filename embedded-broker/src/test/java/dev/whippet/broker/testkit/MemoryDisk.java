package dev.whippet.broker.testkit;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.file.LoopFiles;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Executor;

/**
 * A disk in memory that may be cut off at any operation, fail, stall, or hold flipped bits; the
 * twin of {@link LoopFiles} and {@link BlockingFiles}, which share it. Deterministic by seed.
 *
 * <p>What a power cut leaves ({@link #afterPowerCut}): content that was written durably or forced;
 * of a write under way any mixture of its old, new and garbage sectors of 512 bytes; names and
 * removals whose directory was synced, of the others some; lengths likewise. What a killed process
 * leaves ({@link #afterKill}): everything that was carried out, synced or not.
 *
 * <p>Operations are numbered from 0 in the order in which they are carried out: opening, writing,
 * reading, truncating, forcing, syncing, creating, deleting. One thread.
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

  /** Thrown out of blocking operations when the power goes. */
  public static final class PowerCut extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private static final int SECTOR_BYTES = 512;

  /** A directory has no content. */
  private static final class Node {
    final boolean directory;
    byte[] content = {};
    byte[] durable = {};

    Node(boolean directory) {
      this.directory = directory;
    }
  }

  private final Map<Path, Node> names = new TreeMap<>();
  private final Map<Path, Node> durableNames = new HashMap<>();
  private final Random random;
  private int operations;
  private int cutAt = -1;
  private Cut cut;
  private int failAt = -1;
  private boolean off;
  private List<Runnable> stalled;

  /** An empty disk on which {@code root} is a durable directory. */
  public MemoryDisk(long seed, Path root) {
    random = new Random(seed);
    Node directory = new Node(true);
    names.put(root, directory);
    durableNames.put(root, directory);
  }

  private MemoryDisk(long seed) {
    random = new Random(seed);
  }

  /** Switches the power off around an operation. */
  public void cutAt(int operation, Cut when) {
    cutAt = operation;
    cut = when;
  }

  /** Lets one operation fail; a write that fails may have been carried out in part. */
  public void failAt(int operation) {
    failAt = operation;
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

  /** How many operations were begun. */
  public int operations() {
    return operations;
  }

  /** True after the power cut. */
  public boolean isOff() {
    return off;
  }

  /** All files, sorted. */
  public List<Path> files() {
    return names.keySet().stream().filter(path -> !names.get(path).directory).toList();
  }

  /** True for a file or directory. */
  public boolean exists(Path path) {
    return names.containsKey(path);
  }

  /** The content itself: changes show. */
  public byte[] content(Path file) {
    return names.get(file).content;
  }

  /** Inverts bits of one byte, on stable storage. */
  public void flip(Path file, int index, int mask) {
    Node node = names.get(file);
    node.content[index] ^= (byte) mask;
    node.durable = node.content.clone();
  }

  /** Cuts a file short, on stable storage. */
  public void shorten(Path file, int length) {
    Node node = names.get(file);
    node.content = Arrays.copyOf(node.content, length);
    node.durable = node.content.clone();
  }

  /** Removes a file, on stable storage. */
  public void lose(Path file) {
    names.remove(file);
    durableNames.remove(file);
  }

  /**
   * An independent disk with what this one shows now. What was not synced is still not: a power cut
   * of the new disk may lose it.
   */
  public MemoryDisk afterKill(long seed) {
    MemoryDisk left = new MemoryDisk(seed);
    Map<Node, Node> copies = new IdentityHashMap<>();
    names.forEach((path, node) -> left.names.put(path, copyOf(node, copies)));
    durableNames.forEach((path, node) -> left.durableNames.put(path, copyOf(node, copies)));
    return left;
  }

  private static Node copyOf(Node node, Map<Node, Node> copies) {
    return copies.computeIfAbsent(
        node,
        original -> {
          Node copy = new Node(original.directory);
          copy.content = original.content.clone();
          copy.durable = original.durable.clone();
          return copy;
        });
  }

  /** An independent disk with what a power cut leaves; what was not synced survives by seed. */
  public MemoryDisk afterPowerCut(long seed) {
    MemoryDisk left = new MemoryDisk(seed);
    Map<Path, Node> all = new TreeMap<>(durableNames);
    all.putAll(names);
    for (Path path : all.keySet()) {
      Node visible = names.get(path);
      Node durable = durableNames.get(path);
      Node survivor = visible == durable || left.random.nextBoolean() ? visible : durable;
      boolean parentSurvives =
          left.names.containsKey(path.getParent()) || !all.containsKey(path.getParent());
      if (survivor != null && parentSurvives) {
        left.keep(path, survivor, left.mix(survivor.durable, survivor.content));
      }
    }
    return left;
  }

  private void keep(Path path, Node node, byte[] content) {
    Node copy = new Node(node.directory);
    copy.content = content.clone();
    copy.durable = copy.content.clone();
    names.put(path, copy);
    durableNames.put(path, copy);
  }

  /** Sector by sector one or the other; the length of one of them. */
  private byte[] mix(byte[] before, byte[] after) {
    if (Arrays.equals(before, after)) {
      return after;
    }
    byte[] mixed = Arrays.copyOf(after, random.nextBoolean() ? before.length : after.length);
    for (int at = 0; at < mixed.length; at += SECTOR_BYTES) {
      if (random.nextBoolean()) {
        int length = Math.min(SECTOR_BYTES, mixed.length - at);
        for (int i = at; i < at + length; i++) {
          mixed[i] = i < before.length ? before[i] : 0;
        }
      }
    }
    return mixed;
  }

  /** Old, new or garbage sectors, none synced; the file grows as far as one of them landed. */
  private void tear(Node node, int position, byte[] bytes) {
    int landed = random.nextInt(bytes.length / SECTOR_BYTES + 1) * SECTOR_BYTES;
    boolean garbage = random.nextInt(4) == 0;
    for (int at = 0; at < bytes.length; at += SECTOR_BYTES) {
      boolean keep = at < landed ? random.nextInt(8) != 0 : random.nextInt(8) == 0;
      if (keep) {
        byte[] sector = Arrays.copyOfRange(bytes, at, at + SECTOR_BYTES);
        if (garbage && random.nextInt(4) == 0) {
          random.nextBytes(sector);
        }
        put(node, position + at, sector);
      }
    }
  }

  private static void put(Node node, int position, byte[] bytes) {
    if (node.content.length < position + bytes.length) {
      node.content = Arrays.copyOf(node.content, position + bytes.length);
    }
    System.arraycopy(bytes, 0, node.content, position, bytes.length);
  }

  private void syncNames(Path directory) {
    for (Map<Path, Node> one : List.copyOf(List.of(names, durableNames))) {
      for (Path path : List.copyOf(one.keySet())) {
        if (directory.equals(path.getParent())) {
          Node node = names.get(path);
          if (node == null) {
            durableNames.remove(path);
          } else {
            durableNames.put(path, node);
          }
        }
      }
    }
  }

  /** Carries one operation out, or what the faults make of it. */
  private void perform(Path path, IoAction action, Runnable inPart) throws IOException {
    int number = operations++;
    if (off) {
      throw new PowerCut();
    }
    if (number == failAt) {
      if (random.nextBoolean()) {
        inPart.run();
      }
      throw new IOException(path + ": EIO injected at operation " + number);
    }
    if (number == cutAt) {
      if (cut == Cut.DURING) {
        inPart.run();
      } else if (cut == Cut.AFTER) {
        action.run();
      }
      off = true;
      throw new PowerCut();
    }
    action.run();
  }

  /** One operation. */
  @FunctionalInterface
  private interface IoAction {
    void run() throws IOException;
  }

  /** Something that either has a value or failed. */
  @FunctionalInterface
  private interface IoCall<T> {
    T run() throws IOException;
  }

  private static final Runnable NOT_AT_ALL = () -> {};

  private Node fileAt(Path path) throws IOException {
    Node node = names.get(path);
    if (node == null || node.directory) {
      throw new NoSuchFileException(path.toString());
    }
    return node;
  }

  private void create(Path path, boolean directory) throws IOException {
    if (!names.containsKey(path)) {
      if (!names.containsKey(path.getParent())) {
        throw new NoSuchFileException(path.toString());
      }
      names.put(path, new Node(directory));
    }
  }

  private void remove(Path path) throws IOException {
    if (names.keySet().stream().anyMatch(other -> path.equals(other.getParent()))) {
      throw new IOException(path + ": directory not empty");
    }
    names.remove(path);
  }

  // --- the loop's view --------------------------------------------------------------------------

  /** This disk for the logs of a loop. */
  public LoopFiles loopFiles(Executor loop) {
    return new TwinLoopFiles(loop);
  }

  private final class TwinLoopFiles implements LoopFiles {
    private final Executor loop;

    TwinLoopFiles(Executor loop) {
      this.loop = loop;
    }

    <T> void submit(IoCall<T> call, Runnable release, FileCompletion<T> done) {
      Runnable operation =
          () -> {
            T result = null;
            IOException failure = null;
            try {
              result = call.run();
            } catch (IOException e) {
              failure = e;
            } catch (PowerCut e) {
              release.run();
              return;
            }
            T value = result;
            IOException cause = failure;
            loop.execute(
                () -> {
                  release.run();
                  if (!off) {
                    done.done(value, cause);
                  }
                });
          };
      loop.execute(
          () -> {
            if (stalled != null) {
              stalled.add(operation);
            } else {
              operation.run();
            }
          });
    }

    @Override
    public String description() {
      return "memory";
    }

    @Override
    public boolean direct() {
      return true;
    }

    @Override
    public void open(Path path, FileCompletion<AsyncFile> done) {
      submit(
          () -> {
            perform(path, () -> create(path, false), NOT_AT_ALL);
            return new TwinAsyncFile(this, path, fileAt(path));
          },
          NOT_AT_ALL,
          done);
    }

    @Override
    public void syncDirectory(Path directory, FileCompletion<Void> done) {
      act(directory, () -> syncNames(directory), done);
    }

    @Override
    public void createDirectory(Path directory, FileCompletion<Void> done) {
      act(directory, () -> create(directory, true), done);
    }

    @Override
    public void delete(Path path, FileCompletion<Void> done) {
      act(path, () -> remove(path), done);
    }

    private void act(Path path, IoAction action, FileCompletion<Void> done) {
      submit(
          () -> {
            perform(path, action, NOT_AT_ALL);
            return null;
          },
          NOT_AT_ALL,
          done);
    }

    @Override
    public void close(FileCompletion<Void> done) {
      loop.execute(() -> done.done(null, null));
    }
  }

  private final class TwinAsyncFile implements AsyncFile {
    private final TwinLoopFiles files;
    private final Path path;
    private final Node node;

    TwinAsyncFile(TwinLoopFiles files, Path path, Node node) {
      this.files = files;
      this.path = path;
      this.node = node;
    }

    @Override
    public void writeDurably(long position, ByteBuf source, FileCompletion<Void> done) {
      checkAligned("position", position);
      checkAligned("length", source.readableBytes());
      checkAligned("address", source.nioBuffer(source.readerIndex(), 1).alignmentOffset(0, BLOCK));
      source.retain();
      files.submit(
          () -> {
            byte[] bytes = new byte[source.readableBytes()];
            source.getBytes(source.readerIndex(), bytes);
            perform(
                path,
                () -> {
                  put(node, (int) position, bytes);
                  node.durable = node.content.clone();
                },
                () -> tear(node, (int) position, bytes));
            return null;
          },
          source::release,
          done);
    }

    @Override
    public void read(long position, ByteBuf target, int length, FileCompletion<Integer> done) {
      checkAligned("position", position);
      checkAligned("length", length);
      target.retain();
      files.submit(
          () -> {
            perform(path, () -> {}, NOT_AT_ALL);
            int count = (int) Math.max(0, Math.min(length, node.content.length - position));
            target.writeBytes(node.content, (int) position, count);
            return count;
          },
          target::release,
          done);
    }

    @Override
    public void close(FileCompletion<Void> done) {
      files.loop.execute(() -> done.done(null, null));
    }
  }

  private static final int BLOCK = LoopFiles.BLOCK_BYTES;

  private static void checkAligned(String what, long value) {
    if (value % BLOCK != 0) {
      throw new IllegalArgumentException(what + " is not a multiple of " + BLOCK + ": " + value);
    }
  }

  // --- start-up's view --------------------------------------------------------------------------

  /** This disk for recovery. */
  public BlockingFiles blockingFiles() {
    return new TwinBlockingFiles();
  }

  private final class TwinBlockingFiles implements BlockingFiles {
    @Override
    public List<Path> list(Path directory) {
      return names.keySet().stream().filter(path -> directory.equals(path.getParent())).toList();
    }

    @Override
    public OpenFile open(Path file) throws IOException {
      perform(file, () -> fileAt(file), NOT_AT_ALL);
      return new TwinOpenFile(file, fileAt(file));
    }

    @Override
    public void delete(Path path) throws IOException {
      perform(path, () -> remove(path), NOT_AT_ALL);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
      perform(directory, () -> syncNames(directory), NOT_AT_ALL);
    }
  }

  private final class TwinOpenFile implements BlockingFiles.OpenFile {
    private final Path path;
    private final Node node;

    TwinOpenFile(Path path, Node node) {
      this.path = path;
      this.node = node;
    }

    @Override
    public long size() {
      return node.content.length;
    }

    @Override
    public int read(long position, ByteBuffer target) throws IOException {
      perform(path, () -> {}, NOT_AT_ALL);
      int count = (int) Math.max(0, Math.min(target.remaining(), node.content.length - position));
      target.put(node.content, (int) position, count);
      return count;
    }

    @Override
    public void truncate(long size) throws IOException {
      perform(
          path,
          () ->
              node.content = Arrays.copyOf(node.content, (int) Math.min(size, node.content.length)),
          NOT_AT_ALL);
    }

    @Override
    public void force() throws IOException {
      perform(path, () -> node.durable = node.content.clone(), NOT_AT_ALL);
    }

    @Override
    public void close() {}
  }
}

package dev.whippet.broker.testkit;

import dev.whippet.broker.internal.file.LoopFiles;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A file of a {@link DiskImage}, by blocks: what it shows, what is on stable storage, and every
 * version of a block since the last sync. Blocks are never changed once they are in: a copy shares
 * them. A missing block reads as zeros.
 *
 * <pre>
 *   write          shown, a version more             lost, kept or mixed by a power cut
 *   write durably  shown, stable; no version left    its blocks and the length up to them are safe
 *   allocate       length only
 *   sync           everything shown is stable
 * </pre>
 */
final class DiskFile {
  static final int BLOCK_BYTES = LoopFiles.BLOCK_BYTES;
  static final int SECTOR_BYTES = 512;

  final int id;
  final boolean directory;
  private byte[][] shown = {};
  private byte[][] stable = {};
  private int length;
  private int stableLength;
  private final Map<Integer, List<byte[]>> versions = new TreeMap<>();

  DiskFile(int id, boolean directory) {
    this.id = id;
    this.directory = directory;
  }

  DiskFile copy() {
    DiskFile copy = new DiskFile(id, directory);
    copy.shown = shown.clone();
    copy.stable = stable.clone();
    copy.length = length;
    copy.stableLength = stableLength;
    versions.forEach((block, list) -> copy.versions.put(block, new ArrayList<>(list)));
    return copy;
  }

  int length() {
    return length;
  }

  byte[] content() {
    byte[] all = new byte[length];
    read(0, all, length);
    return all;
  }

  /** Fills {@code target} from {@code position} as far as the file goes; returns the count. */
  int read(long position, byte[] target, int wanted) {
    int count = (int) Math.max(0, Math.min(wanted, length - position));
    for (int done = 0; done < count; ) {
      int at = (int) position + done;
      int inBlock = at % BLOCK_BYTES;
      int piece = Math.min(count - done, BLOCK_BYTES - inBlock);
      byte[] block = blockOf(shown, at / BLOCK_BYTES);
      if (block == null) {
        Arrays.fill(target, done, done + piece, (byte) 0);
      } else {
        System.arraycopy(block, inBlock, target, done, piece);
      }
      done += piece;
    }
    return count;
  }

  /** Whole blocks at a block's start. */
  void write(int position, byte[] bytes, boolean durably) {
    int end = position + bytes.length;
    length = Math.max(length, end);
    if (durably) {
      stableLength = Math.max(stableLength, end);
    }
    for (int at = 0; at < bytes.length; at += BLOCK_BYTES) {
      int block = (position + at) / BLOCK_BYTES;
      put(block, Arrays.copyOfRange(bytes, at, at + BLOCK_BYTES), durably);
    }
  }

  private void put(int block, byte[] bytes, boolean durably) {
    shown = with(shown, block, bytes);
    if (durably) {
      stable = with(stable, block, bytes);
      versions.remove(block);
    } else {
      versions.computeIfAbsent(block, first -> new ArrayList<>()).add(bytes);
    }
  }

  /** Space from {@code position} on exists and reads as zeros where nothing was written. */
  void allocate(int position, int bytes) {
    length = Math.max(length, position + bytes);
  }

  void truncate(int size) {
    if (size >= length) {
      return;
    }
    length = size;
    int last = size / BLOCK_BYTES;
    byte[] block = blockOf(shown, last);
    if (size % BLOCK_BYTES != 0 && block != null) {
      byte[] cut = Arrays.copyOf(Arrays.copyOf(block, size % BLOCK_BYTES), BLOCK_BYTES);
      put(last, cut, false);
      last++;
    }
    for (int gone = last; gone < shown.length; gone++) {
      if (shown[gone] != null) {
        put(gone, null, false);
      }
    }
  }

  void sync() {
    stable = shown.clone();
    stableLength = length;
    versions.clear();
  }

  /** Replaces one byte, on stable storage. */
  void overwrite(int index, byte value) {
    int block = index / BLOCK_BYTES;
    byte[] old = blockOf(shown, block);
    byte[] bytes = old == null ? new byte[BLOCK_BYTES] : old.clone();
    bytes[index % BLOCK_BYTES] = value;
    put(block, bytes, true);
  }

  // --- what a power cut does --------------------------------------------------------------------

  /**
   * A write in the middle: some sectors are there; maybe one block is neither old nor new, as an SD
   * card leaves it. What is there is stable, or not.
   */
  void tear(int position, byte[] bytes, Random random, boolean stably) {
    int sectors = bytes.length / SECTOR_BYTES;
    int landed = random.nextInt(sectors + 1);
    boolean mixed = random.nextBoolean();
    int garbage = random.nextInt(3) == 0 ? random.nextInt(bytes.length / BLOCK_BYTES) : -1;
    boolean any = false;
    for (int at = 0; at < bytes.length; at += BLOCK_BYTES) {
      int block = (position + at) / BLOCK_BYTES;
      byte[] old = blockOf(shown, block);
      byte[] torn = old == null ? new byte[BLOCK_BYTES] : old.clone();
      boolean changed = at / BLOCK_BYTES == garbage;
      for (int inBlock = 0; inBlock < BLOCK_BYTES; inBlock += SECTOR_BYTES) {
        boolean there = mixed ? random.nextBoolean() : (at + inBlock) / SECTOR_BYTES < landed;
        if (there) {
          System.arraycopy(bytes, at + inBlock, torn, inBlock, SECTOR_BYTES);
          changed = true;
        }
      }
      if (at / BLOCK_BYTES == garbage) {
        random.nextBytes(torn);
      }
      if (changed) {
        put(block, torn, stably);
        any = true;
      }
    }
    if (any && (random.nextBoolean() || position + bytes.length <= length)) {
      length = Math.max(length, position + bytes.length);
    }
    if (stably) {
      stableLength = Math.max(stableLength, Math.min(length, position + bytes.length));
    }
  }

  /** The file as it is found afterwards; everything found is stable. */
  DiskFile afterPowerCut(Random random, List<byte[]> scrap) {
    DiskFile left = new DiskFile(id, directory);
    left.shown = stable.clone();
    left.length = stableLength;
    if (!versions.isEmpty() || length != stableLength) {
      switch (random.nextInt(4)) {
        case 0 -> {
          left.shown = shown.clone();
          left.length = length;
        }
        case 1 -> {}
        default -> {
          left.shown = mixed(random, scrap);
          left.length = random.nextBoolean() ? length : stableLength;
        }
      }
    }
    left.forgetBehindEnd();
    left.sync();
    return left;
  }

  private byte[][] mixed(Random random, List<byte[]> scrap) {
    byte[][] blocks = stable.clone();
    for (Map.Entry<Integer, List<byte[]>> one : versions.entrySet()) {
      int block = one.getKey();
      List<byte[]> candidates = new ArrayList<>(one.getValue());
      candidates.add(blockOf(stable, block));
      if (blockOf(stable, block) == null && !scrap.isEmpty()) {
        candidates.add(scrap.get(random.nextInt(scrap.size())));
      }
      boolean bySector = random.nextBoolean();
      byte[] survivor = candidates.get(random.nextInt(candidates.size()));
      byte[] mix = survivor == null ? new byte[BLOCK_BYTES] : survivor.clone();
      for (int at = 0; bySector && at < BLOCK_BYTES; at += SECTOR_BYTES) {
        byte[] from = candidates.get(random.nextInt(candidates.size()));
        byte[] source = from == null ? new byte[BLOCK_BYTES] : from;
        System.arraycopy(source, at, mix, at, SECTOR_BYTES);
      }
      blocks = with(blocks, block, mix);
    }
    return blocks;
  }

  private void forgetBehindEnd() {
    int blocks = (length + BLOCK_BYTES - 1) / BLOCK_BYTES;
    if (shown.length > blocks) {
      shown = Arrays.copyOf(shown, blocks);
    }
    byte[] last = blockOf(shown, length / BLOCK_BYTES);
    if (length % BLOCK_BYTES != 0 && last != null) {
      byte[] cut = Arrays.copyOf(Arrays.copyOf(last, length % BLOCK_BYTES), BLOCK_BYTES);
      shown[length / BLOCK_BYTES] = cut;
    }
  }

  private static byte[] blockOf(byte[][] blocks, int index) {
    return index < blocks.length ? blocks[index] : null;
  }

  private static byte[][] with(byte[][] blocks, int index, byte[] bytes) {
    byte[][] target = blocks;
    if (index >= blocks.length) {
      target = Arrays.copyOf(blocks, Math.max(index + 1, blocks.length + blocks.length / 2));
    }
    target[index] = bytes;
    return target;
  }
}

package dev.whippet.broker.internal.log.format;

import dev.whippet.broker.internal.file.LoopFiles;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Arithmetic, memory and checksums of block-aligned files. */
public final class Blocks {
  public static final int BYTES = LoopFiles.BLOCK_BYTES;

  /** Batches and entries begin at multiples of this inside a commit. */
  public static final int STEP_BYTES = 8;

  private Blocks() {}

  /** The next block boundary at or above. */
  public static long up(long bytes) {
    return (bytes + BYTES - 1) & -BYTES;
  }

  public static int up(int bytes) {
    return (bytes + BYTES - 1) & -BYTES;
  }

  /** The block boundary at or below. */
  public static long down(long bytes) {
    return bytes & -BYTES;
  }

  /** The next step at or above. */
  public static int upToStep(int bytes) {
    return (bytes + STEP_BYTES - 1) & -STEP_BYTES;
  }

  /** Direct memory of {@code bytes}, a multiple of a block, at a block-aligned address; empty. */
  public static ByteBuf allocate(ByteBufAllocator allocator, int bytes) {
    ByteBuf aligned = allocator.directBuffer(bytes, bytes);
    if (bytes == 0 || aligned.nioBuffer(0, 1).alignmentOffset(0, BYTES) == 0) {
      return aligned; // the loops' own allocator
    }
    aligned.release();
    ByteBuf whole = allocator.directBuffer(bytes + BYTES, bytes + BYTES);
    int past = whole.nioBuffer(0, 1).alignmentOffset(0, BYTES);
    return whole.slice((BYTES - past) & (BYTES - 1), bytes).writerIndex(0);
  }

  /** True when a file can be written from there past the page cache. */
  public static boolean isAligned(ByteBuf memory, int index) {
    return memory.isDirect()
        && memory.nioBufferCount() == 1
        && memory.nioBuffer(index, 1).alignmentOffset(0, BYTES) == 0;
  }

  /** CRC32C (Castagnoli) of a range; moves no index. */
  public static int crc32c(ByteBuf bytes, int index, int length) {
    CRC32C crc = new CRC32C();
    if (bytes.nioBufferCount() == 1) {
      crc.update(bytes.nioBuffer(index, length));
    } else {
      for (ByteBuffer part : bytes.nioBuffers(index, length)) {
        crc.update(part);
      }
    }
    return (int) crc.getValue();
  }

  /**
   * CRC32C of what somebody else goes through: taken every {@value #PIECE_BYTES} bytes, while they
   * are in the nearest cache, instead of in a second pass over memory.
   */
  static final class Crc {
    private static final int PIECE_BYTES = 16 << 10;

    private final CRC32C crc = new CRC32C();
    private final ByteBuf bytes;

    /** One view of all of it, {@code null} when it stands in several pieces of memory. */
    private final ByteBuffer view;

    private final int start;
    private int done;

    /** Of what stands from {@code start} up to the writer index. */
    Crc(ByteBuf bytes, int start) {
      this.bytes = bytes;
      this.start = start;
      this.done = start;
      boolean whole = bytes.nioBufferCount() == 1;
      this.view = whole ? bytes.nioBuffer(start, bytes.writerIndex() - start) : null;
    }

    /** Bytes before {@code index} will not change. */
    void follow(int index) {
      if (index - done >= PIECE_BYTES) {
        take(index);
      }
    }

    /** Of all bytes before {@code index}. */
    int upTo(int index) {
      take(index);
      return (int) crc.getValue();
    }

    private void take(int index) {
      if (view == null) {
        for (ByteBuffer part : bytes.nioBuffers(done, index - done)) {
          crc.update(part);
        }
      } else {
        crc.update(view.limit(index - start).position(done - start));
      }
      done = index;
    }
  }

  /** Fills with zeros up to {@code writerIndex}. */
  public static void padTo(ByteBuf bytes, int writerIndex) {
    bytes.writeZero(writerIndex - bytes.writerIndex());
  }
}

package dev.whippet.broker.internal.file;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.function.IntFunction;

/**
 * Fills a file with zeros, so that its blocks exist before they are needed and a commit into them
 * changes no metadata: reserved, written in steps of {@value #STEP_BYTES} bytes, then synced.
 *
 * <pre>
 *   reserve -> (may go on? write a step -> pause)* -> sync -> done
 *                   | no: done, with a failure
 * </pre>
 *
 * Owned by the file's loop.
 */
public final class ZeroFill {
  /** One write of zeros: 1 MiB. */
  public static final int STEP_BYTES = 1 << 20;

  /** How fast it goes, and whether at all. */
  public interface Pace {
    /** Asked before each step of {@code bytes}; false ends it. */
    boolean mayGoOn(int bytes);

    /** After a step: runs {@code next}, now or later. */
    void pause(Runnable next);
  }

  private final AsyncFile file;
  private final long bytes;
  private final IntFunction<ByteBuf> memory;
  private final Pace pace;
  private final FileCompletion<Void> done;

  private ZeroFill(
      AsyncFile file,
      long bytes,
      IntFunction<ByteBuf> memory,
      Pace pace,
      FileCompletion<Void> done) {
    this.file = file;
    this.bytes = bytes;
    this.memory = memory;
    this.pace = pace;
    this.done = done;
  }

  /**
   * Begins.
   *
   * @param bytes from the file's start on, a multiple of a block
   * @param memory allocates a step's aligned memory; released here
   * @param done when they are on stable storage
   */
  public static void start(
      AsyncFile file,
      long bytes,
      IntFunction<ByteBuf> memory,
      Pace pace,
      FileCompletion<Void> done) {
    ZeroFill fill = new ZeroFill(file, bytes, memory, pace, done);
    file.allocate(
        0,
        bytes,
        (nothing, failure) -> {
          if (failure != null) {
            done.done(null, failure);
          } else {
            fill.step(0);
          }
        });
  }

  private void step(long position) {
    if (position == bytes) {
      file.sync(done);
      return;
    }
    int length = (int) Math.min(STEP_BYTES, bytes - position);
    if (!pace.mayGoOn(length)) {
      done.done(null, new IOException("the room is wanted elsewhere"));
      return;
    }
    ByteBuf zeros;
    try {
      zeros = memory.apply(length);
    } catch (OutOfMemoryError e) {
      done.done(null, new IOException("no memory for zeros", e));
      return;
    }
    zeros.writeZero(length);
    file.write(
        position,
        zeros,
        (nothing, failure) -> {
          zeros.release();
          if (failure != null) {
            done.done(null, failure);
          } else {
            pace.pause(() -> step(position + length));
          }
        });
  }
}

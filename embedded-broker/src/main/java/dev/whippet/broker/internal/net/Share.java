package dev.whippet.broker.internal.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * What one connection may still do in this turn of its loop ({@link Turns}), and the bytes that
 * wait for its next one. Those are counted in the loop's memory; none are held between turns
 * without a flood. Owner: the connection's loop.
 */
final class Share {
  private final Loop loop;
  private int turn = -1;
  private int steps;
  private int bytes;
  private boolean late;
  private ByteBuf waiting;
  private long charged;

  Share(Loop loop) {
    this.loop = loop;
  }

  /** Frames and requests that may still be worked on. */
  int steps() {
    int now = loop.turns().number();
    if (now != turn) {
      turn = now;
      renew();
    }
    return steps;
  }

  private void renew() {
    steps = Turns.STEPS_MAX;
    bytes = 0;
  }

  /** Late no more: a new share, before the turn is over. */
  void granted() {
    turn = loop.turns().number();
    late = false;
    renew();
  }

  void spend(int count) {
    steps -= count;
  }

  /** Bytes arrived; false when they are more than a turn's. */
  boolean arrived(int count) {
    steps();
    bytes += count;
    return bytes <= Turns.BYTES_MAX;
  }

  boolean isLate() {
    return late;
  }

  /** Asks for the next share, once. */
  void ask(Connection connection) {
    if (!late) {
      late = true;
      loop.turns().add(connection);
    }
  }

  /** What waits, or {@code null}. */
  ByteBuf waiting() {
    return waiting;
  }

  /** Takes all of {@code in}; false when the loop has no memory for it. */
  boolean keep(ByteBuf in, ByteBufAllocator allocator, boolean dispensable) {
    int length = in.readableBytes();
    if (!loop.memory().tryHold(length, dispensable)) {
      return false;
    }
    charged += length;
    if (waiting == null) {
      waiting = allocator.directBuffer(length);
    }
    waiting.discardSomeReadBytes().writeBytes(in);
    return true;
  }

  /** Some of what waited was taken: gives back its memory. */
  void settle() {
    if (waiting != null) {
      int left = waiting.readableBytes();
      loop.memory().dropHeld(charged - left);
      charged = left;
      if (left == 0) {
        waiting.release();
        waiting = null;
      }
    }
  }

  /** Throws away what waits. */
  void drop() {
    if (waiting != null) {
      waiting.skipBytes(waiting.readableBytes());
      settle();
    }
  }
}

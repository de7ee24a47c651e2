package dev.whippet.broker.internal.http;

import dev.whippet.broker.internal.net.LoopMemory;

/**
 * What the call under way of one connection holds of its loop's memory: the bytes of its body from
 * before they arrive, and what its reply may take from before it is made; both until it is
 * answered. Owner: the loop.
 */
final class CallMemory {
  private final LoopMemory memory;
  private long bodyBytes;
  private long replyBytes;
  private boolean closed;

  CallMemory(LoopMemory memory) {
    this.memory = memory;
  }

  /** False when there is no room now: {@code later} runs once it is taken. */
  boolean takeBody(long bytes, Runnable later) {
    if (bytes == 0 || memory.tryTake(bytes)) {
      bodyBytes = bytes;
      return true;
    }
    memory.await(
        bytes,
        () -> {
          if (closed) {
            memory.give(bytes);
          } else {
            bodyBytes = bytes;
            later.run();
          }
        });
    return false;
  }

  /**
   * As much for a reply as is to be had, at most {@code bytesMax}; false when there is nothing now:
   * {@code later} runs once it is taken.
   */
  boolean takeReply(long bytesMax, Runnable later) {
    if (closed) {
      return false;
    }
    long granted = memory.tryGrant();
    if (granted == 0) {
      memory.awaitGrant(
          () -> {
            if (takeReply(bytesMax, later)) {
              later.run();
            }
          });
      return false;
    }
    replyBytes = Math.min(granted, bytesMax);
    if (granted > replyBytes) {
      memory.giveReply(granted - replyBytes);
    }
    return true;
  }

  /** Runs {@code then} with {@code bytes} for the reply instead of those before, now or later. */
  void exchangeReply(long bytes, Runnable then) {
    memory.giveReply(replyBytes);
    replyBytes = 0;
    memory.takeReply(
        bytes,
        () -> {
          if (closed) {
            memory.giveReply(bytes);
          } else {
            replyBytes = bytes;
            then.run();
          }
        });
  }

  /** What the reply may take; 0 when nothing was asked for. */
  long replyBytes() {
    return replyBytes;
  }

  /** The call is answered. */
  void giveBack() {
    long body = bodyBytes;
    long reply = replyBytes;
    bodyBytes = 0;
    replyBytes = 0;
    memory.give(body);
    memory.giveReply(reply);
  }

  /** The connection is gone: what is waited for is given back when it comes. */
  void close() {
    closed = true;
    giveBack();
  }
}

package dev.whippet;

import java.io.Closeable;
import java.util.concurrent.TimeUnit;

/**
 * Reads a topic by polling, over the client's one connection.
 *
 * <ul>
 *   <li><b>Within one consumer's life</b> every message of a partition is handed out once, in the
 *       order of offsets, whatever happens to the connection: the position lives here, and a poll
 *       whose answer was lost is asked again from the same position.
 *   <li><b>From one life to the next</b>, starting at {@link Builder#startAtNext}: at least once. A
 *       new consumer of the same name goes on after the last committed message; what was handed out
 *       and not committed is handed out again.
 *   <li><b>Automatic commit</b> (the default) commits a batch when the next {@link #poll} or {@link
 *       #close} begins, that is after the application has dealt with it. Manual commit: {@link
 *       #commit}.
 *   <li><b>Idle</b>: between empty polls it waits, from 1 ms doubling up to {@link
 *       Builder#idleInterval}; no spinning.
 * </ul>
 *
 * <p>One thread at a time; another thread may call {@link #close} to end a poll.
 */
public final class Consumer implements Closeable {
  private Consumer() {}

  /**
   * Waits for messages. May block up to the time-out; a lost connection is waited for within it.
   *
   * @param messagesMax 1 to 100,000
   * @param timeout how long to wait if there is nothing; 0 asks once
   * @param unit of the timeout
   * @return messages of one partition; empty if the time ran out
   * @throws InterruptedException if the thread was interrupted
   * @throws WhippetException if the topic or partition does not exist, the user may not read it, or
   *     the client is closed
   */
  public Batch poll(int messagesMax, long timeout, TimeUnit unit) throws InterruptedException {
    throw new UnsupportedOperationException();
  }

  /**
   * Stores, under this consumer's name, that everything up to the end of the batch was dealt with.
   * May block up to the request time-out.
   *
   * @param batch of this consumer; an empty one changes nothing
   * @throws WhippetException if it could not be stored
   */
  public void commit(Batch batch) {
    throw new UnsupportedOperationException();
  }

  /**
   * Commits what automatic commit still owes (waiting at most the request time-out) and ends a poll
   * in another thread. A failed last commit is logged: the next life gets those messages again.
   */
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }

  /** Builds a {@link Consumer}. Every value is checked at once. Not thread-safe. */
  public static final class Builder {
    Builder() {}

    /**
     * The name under which commits are stored; "whippet" by default.
     *
     * @param name 1 to 255 bytes of UTF-8
     * @return this
     */
    public Builder name(String name) {
      throw new UnsupportedOperationException();
    }

    /**
     * Reads one partition only; by default all of them, in turns.
     *
     * @param partition 0 to 2,147,483,647
     * @return this
     */
    public Builder partition(int partition) {
      throw new UnsupportedOperationException();
    }

    /**
     * Starts after the last commit of this name, or at the first message: the default.
     *
     * @return this
     */
    public Builder startAtNext() {
      throw new UnsupportedOperationException();
    }

    /**
     * Starts at the oldest message.
     *
     * @return this
     */
    public Builder startAtFirst() {
      throw new UnsupportedOperationException();
    }

    /**
     * Starts at the newest message of each partition.
     *
     * @return this
     */
    public Builder startAtLast() {
      throw new UnsupportedOperationException();
    }

    /**
     * Starts at an offset, in each partition.
     *
     * @param offset at least 0
     * @return this
     */
    public Builder startAtOffset(long offset) {
      throw new UnsupportedOperationException();
    }

    /**
     * Starts at the first message that the server stored at that time or later.
     *
     * @param timestampMicros microseconds since 1970, at least 0
     * @return this
     */
    public Builder startAtTimestamp(long timestampMicros) {
      throw new UnsupportedOperationException();
    }

    /**
     * Whether batches are committed by themselves; true by default.
     *
     * @param autoCommit false: only {@link Consumer#commit} commits
     * @return this
     */
    public Builder autoCommit(boolean autoCommit) {
      throw new UnsupportedOperationException();
    }

    /**
     * The longest pause between two empty polls; 250 ms by default.
     *
     * @param interval 1 ms to 1 hour
     * @param unit of the interval
     * @return this
     */
    public Builder idleInterval(long interval, TimeUnit unit) {
      throw new UnsupportedOperationException();
    }

    /**
     * Makes the consumer; does not block, does not ask the server.
     *
     * @return a consumer at its start
     */
    public Consumer open() {
      throw new UnsupportedOperationException();
    }
  }
}

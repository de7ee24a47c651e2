package dev.whippet.broker.internal.command;

/**
 * The way back of one request's answer. Exactly one of {@link #reply}, {@link #replyAndClose} and
 * {@link #again} is called, exactly once, on any thread. Takes over the reply's buffers, also when
 * the connection is gone by then.
 */
public interface ReplySink {

  /** Answers; the connection stays open. */
  void reply(Reply reply);

  /** Answers, then closes the connection once the answer is written (statuses 30 and 100). */
  void replyAndClose(Reply reply);

  /** Memory that the reply's records may keep alive; any thread. */
  default long replyBytesMax() {
    return Long.MAX_VALUE;
  }

  /**
   * Instead of an answer: one message alone takes {@code bytes}, more than {@link #replyBytesMax}.
   * The request is handled anew, from its beginning, once there is so much.
   */
  default void again(long bytes) {
    throw new IllegalStateException("more memory than there is: " + bytes);
  }
}

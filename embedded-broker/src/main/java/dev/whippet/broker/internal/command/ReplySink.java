package dev.whippet.broker.internal.command;

/**
 * The way back of one request's answer. Exactly one of the methods is called, exactly once, on any
 * thread. Takes over the reply's buffers, also when the connection is gone by then.
 */
public interface ReplySink {

  /** Answers; the connection stays open. */
  void reply(Reply reply);

  /** Answers, then closes the connection once the answer is written (statuses 30 and 100). */
  void replyAndClose(Reply reply);
}

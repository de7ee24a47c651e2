package dev.whippet;

import java.util.concurrent.TimeUnit;

/**
 * One sent message's way, asked at any time from any thread. A receipt holds no more than a
 * sequence: its state is derived from how far the outbox and the server got, so that receipts of
 * millions of queued messages cost nothing once the application lets go of them.
 */
public final class Receipt {
  private final Progress progress;
  private final long sequence;

  Receipt(Progress progress, long sequence) {
    this.progress = progress;
    this.sequence = sequence;
  }

  /** How far a message got. */
  public enum State {
    /** Accepted into memory; lost if the process dies now. */
    QUEUED,
    /** On the device's stable storage; it survives a crash and a power cut. */
    STORED,
    /** Acknowledged by the server. */
    DELIVERED,
    /** Given up, with a {@link Gap} that says why. */
    DROPPED
  }

  /**
   * The message's sequence: rises by at least one from message to message of one outbox, also over
   * restarts. With an outbox identity it names a message for ever.
   *
   * @return at least 1
   */
  public long sequence() {
    return sequence;
  }

  /**
   * How far the message got.
   *
   * @return never null
   */
  public State state() {
    return progress.state(sequence);
  }

  /**
   * What the server could promise about this message.
   *
   * @return null unless the state is {@link State#DELIVERED}
   */
  public Guarantee guarantee() {
    return progress.guarantee(sequence);
  }

  /**
   * Why the message was dropped.
   *
   * @return null unless the state is {@link State#DROPPED}
   */
  public Gap gap() {
    return progress.dropped(sequence);
  }

  /**
   * Waits until the message is on stable storage (or further). May block; never call it on the
   * client's own threads.
   *
   * @param timeout how long to wait at most
   * @param unit of the timeout
   * @return false if the time ran out or the message was dropped
   * @throws InterruptedException if the thread was interrupted
   * @throws WhippetException if the outbox failed or the client was closed before
   */
  public boolean awaitStored(long timeout, TimeUnit unit) throws InterruptedException {
    return progress.await(sequence, State.STORED, unit.toMillis(timeout));
  }

  /**
   * Waits until the server acknowledged the message. May block; never call it on the client's own
   * threads.
   *
   * @param timeout how long to wait at most
   * @param unit of the timeout
   * @return false if the time ran out or the message was dropped
   * @throws InterruptedException if the thread was interrupted
   * @throws WhippetException if the outbox failed or was fenced, or the client was closed before
   */
  public boolean awaitDelivered(long timeout, TimeUnit unit) throws InterruptedException {
    return progress.await(sequence, State.DELIVERED, unit.toMillis(timeout));
  }

  @Override
  public String toString() {
    return "Receipt{sequence " + sequence + ", " + state() + "}";
  }
}

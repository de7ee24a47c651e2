package dev.whippet.internal.session;

/** Told what happens to a {@link Connection}, on the net thread; must be quick. */
public abstract class SessionObserver {
  protected SessionObserver() {}

  /** The state machine moved. */
  public void stateChanged(Session.State from, Session.State to, String reason) {}

  /** The connection failed or was refused; the next attempt comes after the delay. */
  public void attemptFailed(int failures, String reason, long delayMillis) {}

  /**
   * Everything up to this sequence is acknowledged.
   *
   * @param once whether the broker filters what is sent again
   */
  public void acknowledged(long upToSequence, boolean once) {}

  /**
   * The truth about some records is not known, or is bad.
   *
   * @param lostByBroker acknowledged records are gone; else: sent again without a filter
   */
  public void doubtful(boolean lostByBroker, long first, long last, String why) {}

  /** Something that somebody should look at, although it goes on. */
  public void warned(String what) {}
}

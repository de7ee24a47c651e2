package dev.whippet.internal.session;

import dev.whippet.internal.call.Clock;

/**
 * The state machine of the one connection. It does no input or output: {@link #step} takes an event
 * and the time, moves, and returns what the caller shall do.
 *
 * <pre>
 *             START                CONNECTED              LOGGED_IN
 *  OFFLINE ----------> CONNECTING -----------> LOGGING_IN -----------> DRAINING --CAUGHT_UP--> LIVE
 *                       ^  |   ^                |  |  |                 |   ^                   |
 *           TICK, HINT  |  |   |                |  |  |   DRAIN_REFUSED |   | TICK, HINT        |
 *                       |  v   |   LINK_LOST,   |  |  |   RETRY_LATER   v   |                   |
 *                      WAITING-+--- TICK -------+  |  |                BLOCKED &lt;--------------+
 *                       ^      |                   |  |                   |
 *                       |      | TICK,             |  |  NEW_CREDENTIALS  +--> CONNECTING
 *                       |      | NEW_CREDENTIALS   |  |
 *                       |     REFUSED &lt;------------+  +-- FENCED (from every state with a link)
 *                       |         LOGIN_REFUSED             --> FENCED (final)
 *                       +-- LINK_LOST from every state with a link
 *
 *  from every state but FENCED and CLOSED: PAUSE --> PAUSED --RESUME--> CONNECTING
 *  DRAINING, LIVE, BLOCKED: FAIL_BACK --> CONNECTING
 *  from everywhere: CLOSE --> CLOSED (final)
 * </pre>
 *
 * <ul>
 *   <li>TICK counts only when {@link #deadlineMillis} has come.
 *   <li>PROVED changes no state: it starts the back-off over.
 *   <li>HINT (the network may be back): WAITING tries at once, but no sooner than {@link
 *       #HINT_SPACING_MILLIS} after the attempt before; CONNECTING and LOGGING_IN begin anew, once
 *       an attempt; DRAINING and LIVE stay, the link is probed.
 *   <li>Before the end of a {@link #leaveAlone} nothing but NEW_CREDENTIALS and RESUME makes an
 *       attempt, and those wait for its end, too.
 *   <li>What is not drawn changes nothing.
 * </ul>
 *
 * <p>Owned by the net thread; {@link #state} and {@link #reason} may be read by any.
 */
public final class Session {
  /** Where the connection stands. */
  public enum State {
    OFFLINE(false),
    WAITING(false),
    CONNECTING(true),
    LOGGING_IN(true),
    DRAINING(true),
    LIVE(true),
    /** Logged in, sending is parked. */
    BLOCKED(true),
    /** The login was refused; no link. */
    REFUSED(false),
    /** By the application: no link, no time set. */
    PAUSED(false),
    FENCED(false),
    CLOSED(false);

    private final boolean link;

    State(boolean link) {
      this.link = link;
    }

    /** Whether there is a link, perhaps one that is being made. */
    boolean hasLink() {
      return link;
    }

    /** Whether requests may be sent. */
    boolean isLoggedIn() {
      return this == DRAINING || this == LIVE || this == BLOCKED;
    }
  }

  /** What happened. */
  enum Event {
    START,
    /** The time passed; maybe a deadline came. */
    TICK,
    /** The network may be back. */
    HINT,
    CONNECTED,
    LOGGED_IN,
    LOGIN_REFUSED,
    /** Everything stored was sent and acknowledged. */
    CAUGHT_UP,
    /** The first answer after login: this connection works. */
    PROVED,
    /** Sending can't go on before somebody changes something. */
    DRAIN_REFUSED,
    /** The broker wants to be left alone for a moment. */
    RETRY_LATER,
    FENCED,
    LINK_LOST,
    PAUSE,
    RESUME,
    /** Others than those that were refused. */
    NEW_CREDENTIALS,
    /** An endpoint that is preferred to this link's can be reached again. */
    FAIL_BACK,
    CLOSE
  }

  /** What to do now. */
  enum Action {
    NONE,
    /** Make a link. */
    CONNECT,
    /** Drop the link and make one. */
    RECONNECT,
    /** See whether the link still works. */
    PROBE,
    LOG_IN,
    /** Begin to send, or begin again. */
    DRAIN,
    /** Drop the link, if there still is one. */
    CLOSE_LINK
  }

  /** From the beginning of an attempt to the next one that a hint may cause. */
  static final long HINT_SPACING_MILLIS = 250;

  /** The longest time that a server may ask to be left alone. */
  static final long LEAVE_ALONE_MILLIS_MAX = 3_600_000;

  private final long connectTimeoutMillis;
  private final long loginTimeoutMillis;
  private final Backoff backoff;
  private final Backoff drainBackoff;

  private volatile State state = State.OFFLINE;
  private volatile String reason = "not started";
  private long deadlineMillis = Clock.NEVER;
  private long delayMillis;
  private long attemptedMillis = -HINT_SPACING_MILLIS;
  private long leftAloneUntilMillis;
  private boolean begunAnew;

  /**
   * @param backoff between attempts to connect; its park time is for refusals
   * @param drainBackoff between attempts to send when the broker asks to wait
   */
  Session(
      long connectTimeoutMillis, long loginTimeoutMillis, Backoff backoff, Backoff drainBackoff) {
    this.connectTimeoutMillis = connectTimeoutMillis;
    this.loginTimeoutMillis = loginTimeoutMillis;
    this.backoff = backoff;
    this.drainBackoff = drainBackoff;
  }

  /** Moves. {@code why} is for humans and holds no secret. */
  Action step(Event event, String why, long nowMillis) {
    if (state == State.CLOSED || (state == State.FENCED && event != Event.CLOSE)) {
      return Action.NONE;
    }
    switch (event) {
      case CLOSE:
        return move(State.CLOSED, why, Clock.NEVER, Action.CLOSE_LINK);
      case PAUSE:
        return state == State.PAUSED
            ? Action.NONE
            : move(State.PAUSED, why, Clock.NEVER, Action.CLOSE_LINK);
      case FENCED:
        return state.hasLink()
            ? move(State.FENCED, why, Clock.NEVER, Action.CLOSE_LINK)
            : Action.NONE;
      case LINK_LOST:
        return state.hasLink() ? fail(why, nowMillis) : Action.NONE;
      case PROVED:
        backoff.reset();
        drainBackoff.reset();
        return Action.NONE;
      case TICK:
        return nowMillis >= deadlineMillis ? deadline(nowMillis) : Action.NONE;
      case HINT:
        return hint(why, nowMillis);
      case START:
        return state == State.OFFLINE ? connect(why, nowMillis) : Action.NONE;
      case RESUME:
        return state == State.PAUSED ? connect(why, nowMillis) : Action.NONE;
      default:
        return conversation(event, why, nowMillis);
    }
  }

  /** The server wants no attempt for so long; obeyed by the next move. */
  void leaveAlone(long millis, long nowMillis) {
    long bounded = Math.max(0, Math.min(millis, LEAVE_ALONE_MILLIS_MAX));
    leftAloneUntilMillis = Math.max(leftAloneUntilMillis, nowMillis + bounded);
  }

  private Action conversation(Event event, String why, long nowMillis) {
    switch (event) {
      case CONNECTED:
        return state == State.CONNECTING
            ? move(State.LOGGING_IN, why, nowMillis + loginTimeoutMillis, Action.LOG_IN)
            : Action.NONE;
      case LOGGED_IN:
        return state == State.LOGGING_IN
            ? move(State.DRAINING, why, Clock.NEVER, Action.DRAIN)
            : Action.NONE;
      case LOGIN_REFUSED:
        if (state != State.LOGGING_IN) {
          return Action.NONE;
        }
        delayMillis = backoff.parkMillis();
        return move(State.REFUSED, why, nowMillis + delayMillis, Action.CLOSE_LINK);
      case NEW_CREDENTIALS:
        if (state == State.REFUSED) {
          return connect(why, nowMillis);
        }
        return state == State.BLOCKED ? reconnect(why, nowMillis) : Action.NONE;
      case FAIL_BACK:
        return state.isLoggedIn() ? reconnect(why, nowMillis) : Action.NONE;
      default:
        return sending(event, why, nowMillis);
    }
  }

  private Action sending(Event event, String why, long nowMillis) {
    if (state != State.DRAINING && state != State.LIVE) {
      return Action.NONE;
    }
    if (event == Event.CAUGHT_UP) {
      return state == State.DRAINING
          ? move(State.LIVE, why, Clock.NEVER, Action.NONE)
          : Action.NONE;
    }
    if (event == Event.RETRY_LATER) {
      delayMillis = leftAlone(nowMillis) + drainBackoff.nextDelayMillis();
    } else {
      delayMillis = backoff.parkMillis();
    }
    return move(State.BLOCKED, why, nowMillis + delayMillis, Action.NONE);
  }

  private Action deadline(long nowMillis) {
    switch (state) {
      case WAITING:
      case REFUSED:
        return connect("attempt " + (backoff.failures() + 1), nowMillis);
      case CONNECTING:
        fail("not connected within " + connectTimeoutMillis + " ms", nowMillis);
        return Action.CLOSE_LINK;
      case LOGGING_IN:
        fail("login not answered within " + loginTimeoutMillis + " ms", nowMillis);
        return Action.CLOSE_LINK;
      case BLOCKED:
        return move(State.DRAINING, "looking again after: " + reason, Clock.NEVER, Action.DRAIN);
      default:
        throw new IllegalStateException("a deadline in " + state);
    }
  }

  private Action hint(String why, long nowMillis) {
    long allowedMillis = Math.max(leftAloneUntilMillis, attemptedMillis + HINT_SPACING_MILLIS);
    switch (state) {
      case WAITING:
        if (nowMillis >= allowedMillis) {
          return connect(why, nowMillis);
        }
        deadlineMillis = Math.min(deadlineMillis, allowedMillis);
        return Action.NONE;
      case CONNECTING:
      case LOGGING_IN:
        if (begunAnew || nowMillis < allowedMillis) {
          return Action.NONE;
        }
        reconnect(why, nowMillis);
        begunAnew = true;
        return Action.RECONNECT;
      case BLOCKED:
        return nowMillis >= leftAloneUntilMillis
            ? move(State.DRAINING, why, Clock.NEVER, Action.DRAIN)
            : Action.NONE;
      case DRAINING:
      case LIVE:
        return Action.PROBE;
      default:
        return Action.NONE;
    }
  }

  private long leftAlone(long nowMillis) {
    return Math.max(0, leftAloneUntilMillis - nowMillis);
  }

  private Action connect(String why, long nowMillis) {
    if (nowMillis < leftAloneUntilMillis) {
      delayMillis = leftAlone(nowMillis);
      return move(State.WAITING, "the server is left alone", leftAloneUntilMillis, Action.NONE);
    }
    attemptedMillis = nowMillis;
    begunAnew = false;
    return move(State.CONNECTING, why, nowMillis + connectTimeoutMillis, Action.CONNECT);
  }

  private Action reconnect(String why, long nowMillis) {
    attemptedMillis = nowMillis;
    begunAnew = false;
    return move(State.CONNECTING, why, nowMillis + connectTimeoutMillis, Action.RECONNECT);
  }

  private Action fail(String why, long nowMillis) {
    delayMillis = leftAlone(nowMillis) + backoff.nextDelayMillis();
    return move(State.WAITING, why, nowMillis + delayMillis, Action.CLOSE_LINK);
  }

  private Action move(State to, String why, long deadline, Action action) {
    state = to;
    reason = why;
    deadlineMillis = deadline;
    return action;
  }

  /** Where it stands. */
  public State state() {
    return state;
  }

  /** Why it stands there; for humans, holds no secret. */
  public String reason() {
    return reason;
  }

  @Override
  public String toString() {
    return state + ": " + reason;
  }

  /** When {@link Event#TICK} counts next; {@link Clock#NEVER} if nothing is due. */
  long deadlineMillis() {
    return deadlineMillis;
  }

  /** The delay that the last move to WAITING, REFUSED or BLOCKED drew. */
  long delayMillis() {
    return delayMillis;
  }

  /** Attempts that failed since a connection last proved itself. */
  int failures() {
    return backoff.failures();
  }
}

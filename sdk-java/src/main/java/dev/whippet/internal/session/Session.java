package dev.whippet.internal.session;

/**
 * The state machine of the one connection. It does no input or output: {@link #step} takes an event
 * and the time, moves, and returns what the caller shall do.
 *
 * <pre>
 *             START                CONNECTED              LOGGED_IN
 *  OFFLINE ----------> CONNECTING -----------> LOGGING_IN -----------> DRAINING --CAUGHT_UP--> LIVE
 *                       ^  |   ^                |  |  |                 |   ^                   |
 *           TICK, hint  |  |   |                |  |  |   DRAIN_REFUSED |   | TICK, hint        |
 *                       |  v   |   LINK_LOST,   |  |  |   RETRY_LATER   v   |                   |
 *                      WAITING-+--- TICK -------+  |  |                BLOCKED &lt;--------------+
 *                       ^      |                   |  |
 *                       |      |  TICK             |  +-- FENCED (from every state with a link)
 *                       |     REFUSED &lt;------------+           --> FENCED (final)
 *                       |         LOGIN_REFUSED
 *                       +-- LINK_LOST from every state with a link
 *
 *  CLOSE from everywhere --> CLOSED (final)
 * </pre>
 *
 * <p>TICK counts only when {@link #deadlineMillis} has come. PROVED changes no state: it starts the
 * back-off over. What is not drawn changes nothing. PAUSED comes with a later issue, beside
 * OFFLINE.
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
    CLOSE
  }

  /** What to do now. */
  enum Action {
    NONE,
    /** Make a link. */
    CONNECT,
    LOG_IN,
    /** Begin to send, or begin again. */
    DRAIN,
    /** Drop the link, if there still is one. */
    CLOSE_LINK
  }

  static final long NEVER = Long.MAX_VALUE;

  private final long connectTimeoutMillis;
  private final long loginTimeoutMillis;
  private final Backoff backoff;
  private final Backoff drainBackoff;

  private volatile State state = State.OFFLINE;
  private volatile String reason = "not started";
  private long deadlineMillis = NEVER;
  private long delayMillis;

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
        return move(State.CLOSED, why, NEVER, Action.CLOSE_LINK);
      case FENCED:
        return state.hasLink() ? move(State.FENCED, why, NEVER, Action.CLOSE_LINK) : Action.NONE;
      case LINK_LOST:
        return state.hasLink() ? fail(why, nowMillis) : Action.NONE;
      case PROVED:
        backoff.reset();
        drainBackoff.reset();
        return Action.NONE;
      case START:
        return state == State.OFFLINE ? connect(why, nowMillis) : Action.NONE;
      case TICK:
        return nowMillis >= deadlineMillis ? deadline(nowMillis) : Action.NONE;
      case HINT:
        return hint(why, nowMillis);
      case CONNECTED:
        return state == State.CONNECTING
            ? move(State.LOGGING_IN, why, nowMillis + loginTimeoutMillis, Action.LOG_IN)
            : Action.NONE;
      default:
        return conversation(event, why, nowMillis);
    }
  }

  private Action conversation(Event event, String why, long nowMillis) {
    if (event == Event.LOGGED_IN || event == Event.LOGIN_REFUSED) {
      if (state != State.LOGGING_IN) {
        return Action.NONE;
      }
      if (event == Event.LOGGED_IN) {
        return move(State.DRAINING, why, NEVER, Action.DRAIN);
      }
      delayMillis = backoff.parkMillis();
      return move(State.REFUSED, why, nowMillis + delayMillis, Action.CLOSE_LINK);
    }
    if (state != State.DRAINING && state != State.LIVE) {
      return Action.NONE;
    }
    if (event == Event.CAUGHT_UP) {
      return state == State.DRAINING ? move(State.LIVE, why, NEVER, Action.NONE) : Action.NONE;
    }
    boolean soon = event == Event.RETRY_LATER;
    delayMillis = soon ? drainBackoff.nextDelayMillis() : backoff.parkMillis();
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
        return move(State.DRAINING, "looking again after: " + reason, NEVER, Action.DRAIN);
      default:
        throw new IllegalStateException("a deadline in " + state);
    }
  }

  private Action hint(String why, long nowMillis) {
    if (state == State.WAITING) {
      return connect(why, nowMillis);
    }
    return state == State.BLOCKED ? move(State.DRAINING, why, NEVER, Action.DRAIN) : Action.NONE;
  }

  private Action connect(String why, long nowMillis) {
    return move(State.CONNECTING, why, nowMillis + connectTimeoutMillis, Action.CONNECT);
  }

  private Action fail(String why, long nowMillis) {
    delayMillis = backoff.nextDelayMillis();
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

  /** Why it stands there. */
  public String reason() {
    return reason;
  }

  /** When {@link Event#TICK} counts next; {@link #NEVER} if nothing is due. */
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

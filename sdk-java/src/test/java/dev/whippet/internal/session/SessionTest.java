package dev.whippet.internal.session;

import static dev.whippet.internal.session.Session.Action.CLOSE_LINK;
import static dev.whippet.internal.session.Session.Action.CONNECT;
import static dev.whippet.internal.session.Session.Action.DRAIN;
import static dev.whippet.internal.session.Session.Action.LOG_IN;
import static dev.whippet.internal.session.Session.Action.NONE;
import static dev.whippet.internal.session.Session.Action.PROBE;
import static dev.whippet.internal.session.Session.Action.RECONNECT;
import static dev.whippet.internal.session.Session.State.BLOCKED;
import static dev.whippet.internal.session.Session.State.CLOSED;
import static dev.whippet.internal.session.Session.State.CONNECTING;
import static dev.whippet.internal.session.Session.State.DRAINING;
import static dev.whippet.internal.session.Session.State.FENCED;
import static dev.whippet.internal.session.Session.State.LIVE;
import static dev.whippet.internal.session.Session.State.LOGGING_IN;
import static dev.whippet.internal.session.Session.State.OFFLINE;
import static dev.whippet.internal.session.Session.State.PAUSED;
import static dev.whippet.internal.session.Session.State.REFUSED;
import static dev.whippet.internal.session.Session.State.WAITING;
import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.internal.call.Clock;
import dev.whippet.internal.session.Session.Action;
import dev.whippet.internal.session.Session.Event;
import dev.whippet.internal.session.Session.State;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class SessionTest {
  private static final long CONNECT_MILLIS = 1_000;
  private static final long LOGIN_MILLIS = 2_000;
  private static final long FIRST_MILLIS = 100;
  private static final long MAX_MILLIS = 10_000;

  /** State, event, state after, action. TICK comes at the deadline. What is not listed: nothing. */
  private static final Object[][] TABLE = {
    {OFFLINE, Event.START, CONNECTING, CONNECT},
    {WAITING, Event.TICK, CONNECTING, CONNECT},
    {WAITING, Event.HINT, CONNECTING, CONNECT},
    {CONNECTING, Event.HINT, CONNECTING, RECONNECT},
    {LOGGING_IN, Event.HINT, CONNECTING, RECONNECT},
    {DRAINING, Event.HINT, DRAINING, PROBE},
    {LIVE, Event.HINT, LIVE, PROBE},
    {REFUSED, Event.NEW_CREDENTIALS, CONNECTING, CONNECT},
    {BLOCKED, Event.NEW_CREDENTIALS, CONNECTING, RECONNECT},
    {DRAINING, Event.FAIL_BACK, CONNECTING, RECONNECT},
    {LIVE, Event.FAIL_BACK, CONNECTING, RECONNECT},
    {BLOCKED, Event.FAIL_BACK, CONNECTING, RECONNECT},
    {OFFLINE, Event.PAUSE, PAUSED, CLOSE_LINK},
    {WAITING, Event.PAUSE, PAUSED, CLOSE_LINK},
    {CONNECTING, Event.PAUSE, PAUSED, CLOSE_LINK},
    {LOGGING_IN, Event.PAUSE, PAUSED, CLOSE_LINK},
    {DRAINING, Event.PAUSE, PAUSED, CLOSE_LINK},
    {LIVE, Event.PAUSE, PAUSED, CLOSE_LINK},
    {BLOCKED, Event.PAUSE, PAUSED, CLOSE_LINK},
    {REFUSED, Event.PAUSE, PAUSED, CLOSE_LINK},
    {PAUSED, Event.RESUME, CONNECTING, CONNECT},
    {PAUSED, Event.CLOSE, CLOSED, CLOSE_LINK},
    {CONNECTING, Event.CONNECTED, LOGGING_IN, LOG_IN},
    {CONNECTING, Event.TICK, WAITING, CLOSE_LINK},
    {LOGGING_IN, Event.LOGGED_IN, DRAINING, DRAIN},
    {LOGGING_IN, Event.LOGIN_REFUSED, REFUSED, CLOSE_LINK},
    {LOGGING_IN, Event.TICK, WAITING, CLOSE_LINK},
    {DRAINING, Event.CAUGHT_UP, LIVE, NONE},
    {DRAINING, Event.DRAIN_REFUSED, BLOCKED, NONE},
    {LIVE, Event.DRAIN_REFUSED, BLOCKED, NONE},
    {DRAINING, Event.RETRY_LATER, BLOCKED, NONE},
    {LIVE, Event.RETRY_LATER, BLOCKED, NONE},
    {BLOCKED, Event.TICK, DRAINING, DRAIN},
    {BLOCKED, Event.HINT, DRAINING, DRAIN},
    {REFUSED, Event.TICK, CONNECTING, CONNECT},
    {CONNECTING, Event.LINK_LOST, WAITING, CLOSE_LINK},
    {LOGGING_IN, Event.LINK_LOST, WAITING, CLOSE_LINK},
    {DRAINING, Event.LINK_LOST, WAITING, CLOSE_LINK},
    {LIVE, Event.LINK_LOST, WAITING, CLOSE_LINK},
    {BLOCKED, Event.LINK_LOST, WAITING, CLOSE_LINK},
    {CONNECTING, Event.FENCED, FENCED, CLOSE_LINK},
    {LOGGING_IN, Event.FENCED, FENCED, CLOSE_LINK},
    {DRAINING, Event.FENCED, FENCED, CLOSE_LINK},
    {LIVE, Event.FENCED, FENCED, CLOSE_LINK},
    {BLOCKED, Event.FENCED, FENCED, CLOSE_LINK},
    {OFFLINE, Event.CLOSE, CLOSED, CLOSE_LINK},
    {WAITING, Event.CLOSE, CLOSED, CLOSE_LINK},
    {CONNECTING, Event.CLOSE, CLOSED, CLOSE_LINK},
    {LOGGING_IN, Event.CLOSE, CLOSED, CLOSE_LINK},
    {DRAINING, Event.CLOSE, CLOSED, CLOSE_LINK},
    {LIVE, Event.CLOSE, CLOSED, CLOSE_LINK},
    {BLOCKED, Event.CLOSE, CLOSED, CLOSE_LINK},
    {REFUSED, Event.CLOSE, CLOSED, CLOSE_LINK},
    {FENCED, Event.CLOSE, CLOSED, CLOSE_LINK},
  };

  /** How to get into each state. */
  private static final Map<State, Event[]> PATHS = new EnumMap<>(State.class);

  static {
    Event[] live = {Event.START, Event.CONNECTED, Event.LOGGED_IN, Event.CAUGHT_UP};
    PATHS.put(OFFLINE, new Event[0]);
    PATHS.put(CONNECTING, new Event[] {Event.START});
    PATHS.put(WAITING, new Event[] {Event.START, Event.LINK_LOST});
    PATHS.put(LOGGING_IN, new Event[] {Event.START, Event.CONNECTED});
    PATHS.put(DRAINING, new Event[] {Event.START, Event.CONNECTED, Event.LOGGED_IN});
    PATHS.put(LIVE, live);
    PATHS.put(
        BLOCKED, new Event[] {Event.START, Event.CONNECTED, Event.LOGGED_IN, Event.DRAIN_REFUSED});
    PATHS.put(REFUSED, new Event[] {Event.START, Event.CONNECTED, Event.LOGIN_REFUSED});
    PATHS.put(PAUSED, new Event[] {Event.START, Event.PAUSE});
    PATHS.put(FENCED, new Event[] {Event.START, Event.FENCED});
    PATHS.put(CLOSED, new Event[] {Event.CLOSE});
  }

  private static Session session(Random random) {
    return new Session(
        CONNECT_MILLIS,
        LOGIN_MILLIS,
        new Backoff(FIRST_MILLIS, MAX_MILLIS, random),
        new Backoff(FIRST_MILLIS, MAX_MILLIS, random));
  }

  private static Session in(State state) {
    Session session = session(new Random(1));
    for (Event event : PATHS.get(state)) {
      session.step(event, "path", 0);
    }
    assertThat(session.state()).isEqualTo(state);
    return session;
  }

  @TestFactory
  Iterable<DynamicTest> everyEventInEveryStateDoesWhatTheTableSays() {
    java.util.List<DynamicTest> tests = new java.util.ArrayList<>();
    for (State state : State.values()) {
      for (Event event : Event.values()) {
        tests.add(DynamicTest.dynamicTest(state + " " + event, () -> checkRow(state, event)));
      }
    }
    return tests;
  }

  private static void checkRow(State state, Event event) {
    Session session = in(state);
    State expectedState = state;
    Action expectedAction = NONE;
    for (Object[] row : TABLE) {
      if (row[0] == state && row[1] == event) {
        expectedState = (State) row[2];
        expectedAction = (Action) row[3];
      }
    }
    long now = session.deadlineMillis() == Clock.NEVER ? 50 : session.deadlineMillis();
    now = event == Event.HINT ? Math.max(now, Session.HINT_SPACING_MILLIS) : now;

    Action action = session.step(event, "because", now);

    assertThat(session.state()).isEqualTo(expectedState);
    assertThat(action).isEqualTo(expectedAction);
  }

  @Test
  void aTickBeforeTheDeadlineDoesNothing() {
    for (State state : State.values()) {
      Session session = in(state);
      long deadline = session.deadlineMillis();

      Action action = session.step(Event.TICK, "", Math.min(deadline, 10_000_000) - 1);

      assertThat(action).isEqualTo(NONE);
      assertThat(session.state()).isEqualTo(state);
    }
  }

  @Test
  void refusedCredentialsWaitAtLeastHalfOfTheLongestBackoff() {
    Session session = in(REFUSED);

    assertThat(session.deadlineMillis()).isBetween(MAX_MILLIS / 2, MAX_MILLIS);
    assertThat(session.step(Event.HINT, "network", 10)).isEqualTo(NONE);
  }

  @Test
  void aConnectionThatNeverProvesItselfDoesNotStartTheBackoffOver() {
    Session session = session(new Random(3));
    session.step(Event.START, "", 0);
    long now = 0;

    for (int i = 0; i < 20; i++) {
      session.step(Event.CONNECTED, "", 0);
      session.step(Event.LOGGED_IN, "", 0);
      session.step(Event.LINK_LOST, "cut", 0);
      now += Session.HINT_SPACING_MILLIS;
      session.step(Event.HINT, "again", now);
    }

    assertThat(session.failures()).isEqualTo(20);
    session.step(Event.CONNECTED, "", 0);
    session.step(Event.LOGGED_IN, "", 0);
    session.step(Event.PROVED, "", 0);
    assertThat(session.failures()).isZero();
  }

  @Test
  void aStormOfHintsMakesFourAttemptsASecond() {
    Session session = session(new Random(5));
    session.step(Event.START, "", 0);
    int attempts = 0;

    for (long now = 1; now <= 10_000; now++) {
      session.step(Event.LINK_LOST, "refused", now);
      Action action = session.step(Event.HINT, "network", now);
      action = action == NONE ? session.step(Event.TICK, "", now) : action;
      attempts += action == CONNECT ? 1 : 0;
    }

    assertThat(attempts).isBetween(39, 41);
  }

  @Test
  void anAttemptBeginsAnewForOneHintOnly() {
    Session session = in(CONNECTING);

    assertThat(session.step(Event.HINT, "too soon", 100)).isEqualTo(NONE);
    assertThat(session.step(Event.HINT, "another network", 900)).isEqualTo(RECONNECT);
    assertThat(session.deadlineMillis()).isEqualTo(900 + CONNECT_MILLIS);
    assertThat(session.step(Event.HINT, "again", 1_500)).isEqualTo(NONE);
    assertThat(session.step(Event.TICK, "", 900 + CONNECT_MILLIS)).isEqualTo(CLOSE_LINK);
  }

  @Test
  void whoWantsToBeLeftAloneIsLeftAlone() {
    Session session = in(CONNECTING);

    session.leaveAlone(60_000, 10);
    session.step(Event.LINK_LOST, "503", 10);

    assertThat(session.deadlineMillis()).isBetween(60_010L, 60_010 + FIRST_MILLIS);
    assertThat(session.step(Event.HINT, "network", 5_000)).isEqualTo(NONE);
    assertThat(session.step(Event.TICK, "", session.deadlineMillis())).isEqualTo(CONNECT);
  }

  @Test
  void aServerCannotAskToBeLeftAloneForEver() {
    Session session = in(CONNECTING);

    session.leaveAlone(Long.MAX_VALUE, 0);
    session.step(Event.LINK_LOST, "503", 0);

    assertThat(session.deadlineMillis())
        .isLessThanOrEqualTo(Session.LEAVE_ALONE_MILLIS_MAX + FIRST_MILLIS);
  }

  /** Model check by random walks: what must hold in every state after every event. */
  @Test
  void invariantsHoldOverRandomEvents() {
    long seed = Long.getLong("whippet.seed", 1);
    System.out.println("SessionTest seed " + seed);
    Random random = new Random(seed);
    for (int walk = 0; walk < 2_000; walk++) {
      Session session = session(random);
      boolean link = false;
      long leftAloneUntil = 0;
      long attempted = -Session.HINT_SPACING_MILLIS;
      long now = 0;
      for (int i = 0; i < 60; i++) {
        now += random.nextInt(3_000);
        Event event = Event.values()[random.nextInt(Event.values().length)];
        State before = session.state();
        if (random.nextInt(8) == 0) {
          long wish = random.nextInt(20_000);
          session.leaveAlone(wish, now);
          leftAloneUntil = Math.max(leftAloneUntil, now + wish);
        }

        Action action = session.step(event, "random", now);

        State after = session.state();
        if (action == CONNECT) {
          assertThat(link).as("seed %s: a second link", seed).isFalse();
          link = true;
        } else if (action == RECONNECT) {
          assertThat(link).as("seed %s: nothing to drop", seed).isTrue();
        } else if (action == CLOSE_LINK) {
          link = false;
        }
        assertThat(after.hasLink()).as("seed %s: %s %s", seed, before, event).isEqualTo(link);
        if (before == CLOSED || (before == FENCED && event != Event.CLOSE)) {
          assertThat(after).isEqualTo(before);
        }
        boolean timed =
            after == WAITING
                || after == REFUSED
                || after == BLOCKED
                || after == CONNECTING
                || after == LOGGING_IN;
        assertThat(session.deadlineMillis() != Clock.NEVER)
            .as("seed %s: %s must %s end by time", seed, after, timed ? "" : "not")
            .isEqualTo(timed);
        if (timed && before != after) {
          long latest = Math.max(now, leftAloneUntil) + MAX_MILLIS;
          assertThat(session.deadlineMillis()).isBetween(now, latest);
        }
        if (action == CONNECT || event == Event.HINT && action == RECONNECT) {
          assertThat(now)
              .as("seed %s: %s %s not left alone", seed, before, event)
              .isGreaterThanOrEqualTo(leftAloneUntil);
          boolean hinted = event == Event.HINT;
          assertThat(hinted && now < attempted + Session.HINT_SPACING_MILLIS).isFalse();
        }
        if (action == CONNECT || action == RECONNECT) {
          attempted = now;
        }
      }
    }
  }
}

package dev.whippet.internal.session;

import dev.whippet.internal.call.Calls;
import dev.whippet.internal.call.Clock;
import dev.whippet.internal.call.Heartbeat;
import dev.whippet.internal.call.Pending;
import dev.whippet.internal.call.Pipeline;
import dev.whippet.internal.call.Refusal;
import dev.whippet.internal.link.Dial;
import dev.whippet.internal.link.Framing;
import dev.whippet.internal.link.Goodbyes;
import dev.whippet.internal.link.Link;
import dev.whippet.internal.link.Names;
import dev.whippet.internal.outbox.Outbox;
import dev.whippet.internal.tls.TlsClient;
import dev.whippet.internal.wire.Reply;
import dev.whippet.internal.wire.Requests;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.security.SecureRandom;
import okio.Buffer;

/**
 * Everything the net thread does: does what {@link Session} says, dials, makes the conversation of
 * one connection ({@link Login}), then lets {@link Calls} and {@link Drainer} take turns.
 *
 * <pre>
 * dial --> link --> login, hello --> drain, calls, pings --> lost
 * </pre>
 *
 * <p>Owned by the net thread, except {@link #calls}, {@link #session} and {@link #standing}, which
 * any may ask. Nothing here waits but two rare syncs of the outbox.
 */
final class Engine implements Link.Listener {
  /** A link that is doubted has so long to give a sign of life, or four round trips. */
  private static final long PROBE_MILLIS = 500;

  private final SessionConfig config;
  private final Outbox outbox;
  private final SessionObserver observer;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();
  private final Link.Stage stage = new Link.Stage();
  private final Session session;
  private final Pipeline pipeline;
  private final Calls calls;
  private final Drainer drainer;
  private final Login login;
  private final TlsClient tls;
  private final Endpoints endpoints;
  private final Goodbyes goodbyes = new Goodbyes();
  private final Traffic traffic = new Traffic();
  private Dial dial;
  private Link link;
  private Boolean whippet;
  private boolean proved;
  private boolean probing;
  private boolean callsFirst;
  private Refusal.Kind problem;
  private volatile Standing standing;

  /** Why the link must go; set from within callbacks of the link, obeyed after them. */
  private Refusal doom;

  /**
   * @param outbox null for a client that only consumes and administers
   */
  Engine(
      SessionConfig config,
      Outbox outbox,
      SessionObserver observer,
      Clock clock,
      final Selector selector) {
    this.config = config;
    this.outbox = outbox;
    this.observer = observer;
    this.clock = clock;
    this.session =
        new Session(
            config.connectTimeoutMillis,
            config.requestTimeoutMillis,
            new Backoff(
                config.backoffFirstMillis,
                config.backoffMaxMillis,
                random,
                config.endpoints.size()),
            new Backoff(config.backoffFirstMillis, config.backoffMaxMillis, random));
    this.pipeline =
        new Pipeline(new Heartbeat(config.keepAliveMillis, config.requestTimeoutMillis));
    this.calls =
        new Calls(
            new Runnable() {
              @Override
              public void run() {
                prove(false);
              }
            });
    this.tls = new TlsClient(config.tls);
    Runnable wake =
        new Runnable() {
          @Override
          public void run() {
            selector.wakeup();
          }
        };
    this.endpoints = new Endpoints(config, new Names(config.resolver, wake), selector, random);
    this.login = new Login(config.identity, outbox, this, pipeline);
    this.drainer = outbox == null ? null : new Drainer(outbox, config, this, pipeline);
    this.standing = new Standing(session, null, config.endpoints.get(0).toString(), null, clock);
  }

  Session session() {
    return session;
  }

  Calls calls() {
    return calls;
  }

  Login login() {
    return login;
  }

  Standing standing() {
    return standing;
  }

  Traffic traffic() {
    return traffic;
  }

  // --- turns of the net thread ------------------------------------------------------------------

  void start() {
    step(Session.Event.START, "first attempt");
  }

  void hint() {
    step(Session.Event.HINT, "the network may be back");
  }

  void newCredentials() {
    step(Session.Event.NEW_CREDENTIALS, "there are new credentials");
  }

  void pause() {
    problem = null;
    step(Session.Event.PAUSE, "paused by the application");
  }

  void resume() {
    step(Session.Event.RESUME, "resumed by the application");
  }

  /** A bug: the link is given up, the state machine goes on. */
  void broken(Exception cause) {
    problem = Refusal.Kind.INTERNAL;
    step(Session.Event.LINK_LOST, "unexpected: " + cause);
  }

  void close() {
    step(Session.Event.CLOSE, "closed by the application");
    if (drainer != null) {
      drainer.close();
    }
  }

  /** Does what is due; returns how long nothing will be, {@link Clock#NEVER} if no time is set. */
  long work() {
    long now = clock.millis();
    step(Session.Event.TICK, "", now);
    long workAt = Clock.NEVER;
    if (dial != null) {
      workAt = dialOn(now);
    }
    if (link != null) {
      try {
        workAt = converse(now);
      } catch (IOException e) {
        doom(e);
      }
      obeyDoom(now);
    }
    if (session.state().isLoggedIn() && endpoints.failsBack(now)) {
      step(Session.Event.FAIL_BACK, "a preferred endpoint can be reached again", now);
      workAt = now;
    }
    long next = Math.min(session.deadlineMillis(), Math.min(workAt, pipeline.deadlineMillis()));
    next = Math.min(next, Math.min(endpoints.deadlineMillis(), goodbyes.expire(now)));
    return next == Clock.NEVER ? next : Math.max(0, next - clock.millis());
  }

  /** After the end: as {@link #work} until nobody's goodbye is waited for. */
  long leave() {
    long now = clock.millis();
    long next = goodbyes.expire(now);
    return next == Clock.NEVER ? next : Math.max(0, next - now);
  }

  /** Closes whatever is open. */
  void abandon() {
    goodbyes.close();
  }

  private long dialOn(long now) {
    try {
      long due = dial.work(now);
      SelectionKey connected = dial.connected();
      if (connected == null) {
        return due;
      }
      dial = null;
      open(connected);
    } catch (IOException | RuntimeException e) {
      lose(e, now);
    }
    return now;
  }

  private void open(SelectionKey connected) throws IOException {
    try {
      Framing framing = Framing.of(endpoints.current(), config.headers, config.compression, random);
      link = Link.over(connected, half(), framing, stage, this);
    } catch (IOException | RuntimeException e) {
      connected.cancel();
      connected.channel().close();
      throw e;
    }
  }

  private TlsClient.Half half() throws IOException {
    if (!endpoints.current().isSecure()) {
      return null;
    }
    TlsClient.Half half = tls.connect(endpoints.current().host(), endpoints.current().port());
    if (tls.problem() != null) {
      observer.warned(tls.problem() + "; the files before stay in use");
    }
    return half;
  }

  private long converse(long now) throws IOException {
    long drainAt = Clock.NEVER;
    if (session.state().isLoggedIn()) {
      callsFirst = !callsFirst;
      if (callsFirst) {
        askCalls(now);
      }
      drainAt = drainer == null ? Clock.NEVER : drainer.work(now);
      if (!callsFirst) {
        askCalls(now);
      }
      if (pipeline.pingDue(now)) {
        ping(now);
      }
    }
    pipeline.flush(now);
    traffic.count(link);
    String death = pipeline.death(now, config.requestTimeoutMillis);
    if (death != null) {
      doom(Refusal.Kind.UNREACHABLE, death);
    }
    return drainAt;
  }

  private void askCalls(long now) {
    while (pipeline.canAsk() && calls.askNext(pipeline, now)) {
      // Until the pipeline is full or nobody asks.
    }
  }

  /** A key is ready: of the dial, a probe, the link, or one that leaves. */
  void ready(SelectionKey key) {
    Object owner = key.attachment();
    if (owner instanceof Dial) {
      ((Dial) owner).ready(key);
    } else if (owner != link) {
      goodbyes.ready((Link) owner);
    } else {
      try {
        link.ready();
      } catch (IOException | RuntimeException e) {
        doom(e);
      }
      obeyDoom(clock.millis());
    }
  }

  private void obeyDoom(long now) {
    if (doom != null) {
      Refusal why = doom;
      boolean hinted = probing;
      doom = null;
      problem = why.kind();
      step(Session.Event.LINK_LOST, why.message(), now);
      if (hinted) {
        step(Session.Event.HINT, "the network changed", now);
      }
    }
  }

  void doom(Refusal.Kind kind, String why) {
    doom = doom == null ? new Refusal(kind, 0, why) : doom;
  }

  private void doom(Exception e) {
    Failure failure = Failure.of(e, session.state().isLoggedIn());
    leaveAlone(failure.retryAfterMillis, clock.millis());
    doom(failure.kind, endpoints.current() + ": " + failure.message);
  }

  private void lose(Exception e, long now) {
    doom(e);
    obeyDoom(now);
  }

  void leaveAlone(long millis, long now) {
    if (millis > 0) {
      session.leaveAlone(millis, now);
    }
  }

  // --- the state machine ------------------------------------------------------------------------

  private void step(Session.Event event, String why) {
    step(event, why, clock.millis());
  }

  private void step(Session.Event event, String why, long now) {
    Session.State before = session.state();
    Session.Action action = session.step(event, why, now);
    Session.State after = session.state();
    if (action == Session.Action.CLOSE_LINK || action == Session.Action.RECONNECT) {
      dropLink(session.reason());
    }
    if (before != after || action == Session.Action.RECONNECT) {
      moved(before, after);
    }
    switch (action) {
      case CONNECT:
      case RECONNECT:
        connect(now);
        break;
      case LOG_IN:
        login.begin(now);
        break;
      case DRAIN:
        drain();
        break;
      case PROBE:
        probe(now);
        break;
      default:
        break;
    }
  }

  private void moved(Session.State before, Session.State after) {
    boolean well = after == Session.State.DRAINING || after == Session.State.LIVE;
    if (well) {
      problem = null;
    } else if (after == Session.State.WAITING && problem == null) {
      problem = Refusal.Kind.UNREACHABLE;
    }
    standing = new Standing(session, problem, endpoints.current().toString(), whippet, clock);
    observer.stateChanged(before, after, session.reason());
    if (after == Session.State.WAITING || after == Session.State.REFUSED) {
      observer.attemptFailed(session.failures(), session.reason(), session.delayMillis());
    }
  }

  private void connect(long now) {
    try {
      traffic.attempted();
      dial = endpoints.next();
    } catch (IOException | RuntimeException e) {
      lose(e, now);
    }
  }

  /** The network changed: the link has to show soon that it still works. */
  private void probe(long now) {
    if (pipeline.isEmpty()) {
      ping(now);
    }
    probing = true;
    pipeline.expectBy(now + Math.max(PROBE_MILLIS, 4 * pipeline.roundTripMillis()));
  }

  private void dropLink(String why) {
    if (dial != null) {
      dial.close();
      dial = null;
    }
    if (link != null) {
      traffic.closed(link);
      goodbyes.add(link, clock.millis());
      link = null;
    }
    endpoints.lost();
    whippet = null;
    probing = false;
    doom = null;
    pipeline.end(why);
    calls.regroup();
    if (drainer != null) {
      drainer.lost();
    }
    switch (session.state()) {
      case REFUSED:
        calls.failAll(new Refusal(Refusal.Kind.CREDENTIALS, 0, why));
        break;
      case FENCED:
        calls.close(new Refusal(Refusal.Kind.FENCED, 0, why));
        break;
      case CLOSED:
        calls.close(new Refusal(Refusal.Kind.CLOSED, 0, "the client is closed"));
        break;
      default:
        break;
    }
  }

  // --- the conversation -------------------------------------------------------------------------

  @Override
  public void opened() {
    long now = clock.millis();
    pipeline.begin(link, config.keepAliveMillis, now);
    traffic.connected();
    step(Session.Event.CONNECTED, "connected to " + endpoints.current(), now);
  }

  @Override
  public void received(Buffer in) throws IOException {
    probing = false;
    pipeline.received(in, clock.millis());
  }

  @Override
  public void heard() {
    probing = false;
    pipeline.heard(clock.millis());
  }

  void loginRefused(String why, long now) {
    problem = Refusal.Kind.CREDENTIALS;
    step(Session.Event.LOGIN_REFUSED, why, now);
  }

  void loggedIn(Grant grant, long now) {
    whippet = !grant.isStock();
    if (drainer != null) {
      drainer.begin(grant);
    }
    endpoints.loggedIn(now);
    String who = grant.isStock() ? "an Apache Iggy server" : "a Whippet broker";
    step(Session.Event.LOGGED_IN, "logged in to " + who + " at " + endpoints.current(), now);
  }

  private void ping(long now) {
    Buffer frame = new Buffer();
    Requests.ping(frame);
    pipeline.ask(
        frame,
        new Pending("ping") {
          @Override
          public void replied(Reply reply, long nowMillis) {
            if (reply.ok()) {
              prove(false);
            }
          }
        },
        now);
  }

  /** The connection did something useful; what is not a delivery counts only with none waiting. */
  private void prove(boolean delivered) {
    if (!proved && (delivered || session.state() == Session.State.LIVE)) {
      proved = true;
      endpoints.proved();
      step(Session.Event.PROVED, "");
    }
  }

  void fence(String why, long now) {
    problem = Refusal.Kind.FENCED;
    step(
        Session.Event.FENCED,
        why + ": another process uses the identity of this outbox (a copied directory?)",
        now);
  }

  // --- the drainer ------------------------------------------------------------------------------

  private void drain() {
    proved = false;
    if (drainer == null) {
      step(Session.Event.CAUGHT_UP, "nothing to send");
    } else {
      drainer.resume();
    }
  }

  void acknowledged(long upToSequence, boolean once) {
    prove(true);
    observer.acknowledged(upToSequence, once);
  }

  void doubtful(boolean lostByBroker, long first, long last, String why) {
    observer.doubtful(lostByBroker, first, last, why);
  }

  /** Sending stops until {@link Drainer#resume}, a new connection, or for good. */
  void parked(Verdict verdict, Refusal refusal) {
    long now = clock.millis();
    problem = refusal.kind();
    switch (verdict) {
      case FENCED:
        fence(refusal.message(), now);
        break;
      case BROKEN:
        doom(refusal.kind(), refusal.message());
        break;
      case REFUSED:
        step(Session.Event.DRAIN_REFUSED, refusal.message(), now);
        break;
      default:
        step(Session.Event.RETRY_LATER, refusal.message(), now);
        break;
    }
  }

  /** Everything stored is acknowledged. */
  void caughtUp() {
    if (session.state() == Session.State.DRAINING) {
      step(Session.Event.CAUGHT_UP, "everything stored is delivered");
    }
  }
}

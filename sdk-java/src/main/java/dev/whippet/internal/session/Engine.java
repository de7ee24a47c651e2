package dev.whippet.internal.session;

import dev.whippet.internal.link.Framing;
import dev.whippet.internal.link.Goodbyes;
import dev.whippet.internal.link.Link;
import dev.whippet.internal.outbox.Outbox;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.ProtocolException;
import dev.whippet.internal.wire.Replies;
import dev.whippet.internal.wire.Reply;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.Status;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.channels.Selector;
import java.security.SecureRandom;
import okio.Buffer;

/**
 * Everything the net thread does: does what {@link Session} says, makes the conversation of one
 * connection (login, hello), then lets {@link Calls} and {@link Drainer} take turns.
 *
 * <pre>
 * opened --> login --> hello (status 3: a stock server) --> drain, calls, pings --> lost
 * </pre>
 *
 * <p>Owned by the net thread, except {@link #calls} and {@link #session}, which say so themselves.
 * Nothing here waits but the resolving of names and two rare syncs of the outbox.
 */
final class Engine implements Link.Listener {
  private static final String VERSION = "whippet-sdk-java/0.1.0";
  private static final byte[] NO_PRODUCER = new byte[Limits.PRODUCER_ID_BYTES];

  private final SessionConfig config;
  private final Outbox outbox;
  private final SessionObserver observer;
  private final Clock clock;
  private final Selector selector;
  private final SecureRandom random = new SecureRandom();
  private final Link.Stage stage = new Link.Stage();
  private final Session session;
  private final Pipeline pipeline;
  private final Calls calls;
  private final Drainer drainer;
  private final Goodbyes goodbyes = new Goodbyes();
  private Link link;
  private int attempts;
  private boolean proved;
  private boolean callsFirst;

  /** Why the link must go; set from within callbacks of the link, obeyed after them. */
  private String doom;

  /**
   * @param outbox null for a client that only consumes and administers
   */
  Engine(
      SessionConfig config,
      Outbox outbox,
      SessionObserver observer,
      Clock clock,
      Selector selector) {
    this.config = config;
    this.outbox = outbox;
    this.observer = observer;
    this.clock = clock;
    this.selector = selector;
    this.session =
        new Session(
            config.connectTimeoutMillis,
            config.requestTimeoutMillis,
            new Backoff(config.backoffFirstMillis, config.backoffMaxMillis, random),
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
    this.drainer = outbox == null ? null : new Drainer(outbox, config, this, pipeline);
  }

  Session session() {
    return session;
  }

  Calls calls() {
    return calls;
  }

  // --- turns of the net thread ------------------------------------------------------------------

  void start() {
    step(Session.Event.START, "first attempt");
  }

  void hint() {
    step(Session.Event.HINT, "the network may be back");
  }

  /** A bug: the link is given up, the state machine goes on. */
  void broken(Exception cause) {
    step(Session.Event.LINK_LOST, "unexpected: " + cause);
  }

  void close() {
    step(Session.Event.CLOSE, "closed by the application");
    if (drainer != null) {
      drainer.close();
    }
  }

  /**
   * Does what is due; returns how long nothing will be, {@link Session#NEVER} if no time is set.
   */
  long work() {
    long now = clock.millis();
    step(Session.Event.TICK, "", now);
    long drainAt = Session.NEVER;
    if (link != null) {
      try {
        drainAt = converse(now);
      } catch (IOException e) {
        doom(describe(e));
      }
      obeyDoom(now);
    }
    long next = Math.min(session.deadlineMillis(), Math.min(drainAt, pipeline.deadlineMillis()));
    next = Math.min(next, goodbyes.expire(now));
    return next == Session.NEVER ? next : Math.max(0, next - clock.millis());
  }

  /** After the close: as {@link #work} until nobody's goodbye is waited for. */
  long leave() {
    long now = clock.millis();
    long next = goodbyes.expire(now);
    return next == Session.NEVER ? next : Math.max(0, next - now);
  }

  /** Closes whatever is open. */
  void abandon() {
    goodbyes.close();
  }

  private long converse(long now) throws IOException {
    long drainAt = Session.NEVER;
    if (session.state().isLoggedIn()) {
      callsFirst = !callsFirst;
      if (callsFirst) {
        askCalls(now);
      }
      drainAt = drainer == null ? Session.NEVER : drainer.work(now);
      if (!callsFirst) {
        askCalls(now);
      }
      if (pipeline.pingDue(now)) {
        ping(now);
      }
    }
    pipeline.flush(now);
    String death = pipeline.death(now, config.requestTimeoutMillis);
    if (death != null) {
      doom(death);
    }
    return drainAt;
  }

  private void askCalls(long now) {
    while (pipeline.canAsk() && calls.askNext(pipeline, now)) {
      // Until the pipeline is full or nobody asks.
    }
  }

  /** The link's key is ready. */
  void ready(Link which) {
    if (which != link) {
      goodbyes.ready(which);
      return;
    }
    try {
      link.ready();
    } catch (IOException | RuntimeException e) {
      doom(describe(e));
    }
    obeyDoom(clock.millis());
  }

  private void obeyDoom(long now) {
    if (doom != null) {
      String why = doom;
      doom = null;
      step(Session.Event.LINK_LOST, why, now);
    }
  }

  private void doom(String why) {
    doom = doom == null ? why : doom;
  }

  // --- the state machine ------------------------------------------------------------------------

  private void step(Session.Event event, String why) {
    step(event, why, clock.millis());
  }

  private void step(Session.Event event, String why, long now) {
    Session.State before = session.state();
    Session.Action action = session.step(event, why, now);
    Session.State after = session.state();
    if (action == Session.Action.CLOSE_LINK) {
      dropLink(session.reason());
    }
    if (before != after) {
      observer.stateChanged(before, after, session.reason());
      if (after == Session.State.WAITING || after == Session.State.REFUSED) {
        observer.attemptFailed(session.failures(), session.reason(), session.delayMillis());
      }
    }
    if (action == Session.Action.CONNECT) {
      connect(now);
    } else if (action == Session.Action.LOG_IN) {
      logIn(now);
    } else if (action == Session.Action.DRAIN) {
      drain();
    }
  }

  private void connect(long now) {
    try {
      Framing framing = Framing.of(config.endpoint, config.headers, config.compression, random);
      int attempt = attempts++ & Integer.MAX_VALUE;
      link = Link.connect(config.endpoint, attempt, framing, selector, stage, this);
    } catch (IOException | RuntimeException e) {
      step(Session.Event.LINK_LOST, describe(e), now);
    }
  }

  private void dropLink(String why) {
    if (link != null) {
      goodbyes.add(link, clock.millis());
      link = null;
    }
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

  private String describe(Exception e) {
    String what = e instanceof UnknownHostException ? "unknown host " : "";
    return config.endpoint + ": " + what + (e.getMessage() == null ? e.toString() : e.getMessage());
  }

  // --- the conversation -------------------------------------------------------------------------

  @Override
  public void opened() {
    long now = clock.millis();
    pipeline.begin(link, config.keepAliveMillis, now);
    step(Session.Event.CONNECTED, "connected to " + config.endpoint, now);
  }

  @Override
  public void received(Buffer in) throws IOException {
    pipeline.received(in, clock.millis());
  }

  @Override
  public void heard() {
    pipeline.heard(clock.millis());
  }

  private void logIn(long now) {
    Buffer frame = new Buffer();
    if (config.user == null) {
      Requests.loginWithToken(frame, config.secret);
    } else {
      Requests.login(frame, config.user, config.secret, VERSION, null);
    }
    pipeline.ask(
        frame,
        new Pending("login") {
          @Override
          void replied(Reply reply, long nowMillis) {
            loginAnswered(reply.status(), nowMillis);
          }
        },
        now);
  }

  private void loginAnswered(int status, long now) {
    switch (status) {
      case Status.OK:
        hello(now);
        return;
      case Status.INVALID_CREDENTIALS:
      case Status.INVALID_USERNAME:
      case Status.INVALID_PASSWORD:
      case Status.USER_INACTIVE:
      case Status.TOKEN_EXPIRED:
      case Status.RESOURCE_NOT_FOUND:
        step(
            Session.Event.LOGIN_REFUSED,
            "login as "
                + (config.user == null ? "the owner of the token" : config.user)
                + " refused: "
                + Status.name(status),
            now);
        return;
      default:
        doom("login: " + Status.name(status));
    }
  }

  private void hello(long now) {
    Buffer frame = new Buffer();
    if (outbox == null) {
      Requests.hello(frame, 0, NO_PRODUCER, 0, NO_PRODUCER);
    } else {
      Requests.hello(
          frame, Limits.FEATURE_PUBLISH, outbox.producerId(), outbox.epoch(), outbox.instance());
    }
    pipeline.ask(
        frame,
        new Pending("hello") {
          @Override
          void replied(Reply reply, long nowMillis) throws ProtocolException {
            helloAnswered(reply, nowMillis);
          }
        },
        now);
  }

  private void helloAnswered(Reply reply, long now) throws ProtocolException {
    Grant grant;
    if (reply.ok()) {
      grant = Grant.of(Replies.hello(reply.payload()));
      pipeline.overlap();
      if (grant.pingIntervalMillis > 0) {
        pipeline.shorten(grant.pingIntervalMillis);
      }
    } else if (reply.status() == Status.INVALID_COMMAND
        || reply.status() == Status.FEATURE_UNAVAILABLE) {
      grant = Grant.stock();
    } else if (reply.status() == Status.FENCED) {
      fence("hello: " + Status.name(reply.status()), now);
      return;
    } else {
      doom("hello: " + Status.name(reply.status()));
      return;
    }
    if (drainer != null) {
      drainer.begin(grant);
    }
    String who = grant.isStock() ? "an Apache Iggy server" : "a Whippet broker";
    step(Session.Event.LOGGED_IN, "logged in to " + who + " at " + config.endpoint, now);
  }

  private void ping(long now) {
    Buffer frame = new Buffer();
    Requests.ping(frame);
    pipeline.ask(
        frame,
        new Pending("ping") {
          @Override
          void replied(Reply reply, long nowMillis) {
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
      step(Session.Event.PROVED, "");
    }
  }

  private void fence(String why, long now) {
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
    switch (verdict) {
      case FENCED:
        fence(refusal.message(), now);
        break;
      case BROKEN:
        doom(refusal.message());
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

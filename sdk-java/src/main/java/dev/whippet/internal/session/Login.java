package dev.whippet.internal.session;

import dev.whippet.internal.call.Pending;
import dev.whippet.internal.call.Pipeline;
import dev.whippet.internal.call.Refusal;
import dev.whippet.internal.outbox.Outbox;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.ProtocolException;
import dev.whippet.internal.wire.Replies;
import dev.whippet.internal.wire.Reply;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.Status;
import okio.Buffer;

/**
 * How a conversation begins: login, then hello, which a stock server answers with status 3.
 *
 * <pre>
 * login --ok--> hello --ok--------------> a Whippet broker's grant
 *   |             +----3, unavailable---> a stock server's
 *   |             +----fenced
 *   +--refused: somebody has to give other credentials
 *   +--anything else: the link is of no use
 * </pre>
 *
 * <p>Owned by the net thread.
 */
final class Login {
  private static final String VERSION = "whippet-sdk-java/0.1.0";
  private static final byte[] NO_PRODUCER = new byte[Limits.PRODUCER_ID_BYTES];

  private final Outbox outbox;
  private final Engine owner;
  private final Pipeline pipeline;
  private volatile Identity.Source source;

  /** The source that the login under way took its secret from. */
  private Identity.Source used;

  Login(Identity.Source source, Outbox outbox, Engine owner, Pipeline pipeline) {
    this.source = source;
    this.outbox = outbox;
    this.owner = owner;
    this.pipeline = pipeline;
  }

  /** From the next login on. Any thread. */
  void source(Identity.Source source) {
    this.source = source;
  }

  void begin(long nowMillis) {
    used = source;
    final Identity identity;
    try {
      identity = used.next();
    } catch (Exception e) {
      // Its message may hold a secret.
      owner.doom(Refusal.Kind.CREDENTIALS, "the credentials' provider threw " + e.getClass());
      return;
    }
    if (identity == null) {
      owner.doom(Refusal.Kind.CREDENTIALS, "the credentials' provider gave none");
      return;
    }
    Buffer frame = new Buffer();
    if (identity.user == null) {
      Requests.loginWithToken(frame, identity.secret);
    } else {
      Requests.login(frame, identity.user, identity.secret, VERSION, null);
    }
    pipeline.ask(
        frame,
        new Pending("login") {
          @Override
          public void replied(Reply reply, long nowMillis) throws ProtocolException {
            answered(identity, reply, nowMillis);
          }
        },
        nowMillis);
  }

  private void answered(Identity identity, Reply reply, long now) throws ProtocolException {
    switch (reply.status()) {
      case Status.OK:
        hello(now);
        return;
      case Status.INVALID_CREDENTIALS:
      case Status.INVALID_USERNAME:
      case Status.INVALID_PASSWORD:
      case Status.USER_INACTIVE:
      case Status.TOKEN_EXPIRED:
      case Status.RESOURCE_NOT_FOUND:
        String why = "login as " + identity.who() + " refused: " + Status.name(reply.status());
        if (used == source) {
          owner.loginRefused(why, now);
        } else {
          owner.doom(Refusal.Kind.CREDENTIALS, why + "; there are new credentials meanwhile");
        }
        return;
      case Status.RETRY_LATER:
        owner.leaveAlone(retryAfterMillis(reply), now);
        owner.doom(Refusal.Kind.BUSY, "login: " + Status.name(reply.status()));
        return;
      default:
        owner.doom(Refusal.Kind.REFUSED, "login: " + Status.name(reply.status()));
    }
  }

  /** What a "retry later" says about the time: u32 milliseconds, or nothing. */
  static long retryAfterMillis(Reply reply) throws ProtocolException {
    return Replies.retryAfterMillis(reply.payload());
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
          public void replied(Reply reply, long nowMillis) throws ProtocolException {
            helloAnswered(reply, nowMillis);
          }
        },
        now);
  }

  private void helloAnswered(Reply reply, long now) throws ProtocolException {
    switch (reply.status()) {
      case Status.OK:
        Grant grant = Grant.of(Replies.hello(reply.payload()));
        pipeline.overlap();
        if (grant.pingIntervalMillis > 0) {
          pipeline.shorten(grant.pingIntervalMillis);
        }
        owner.loggedIn(grant, now);
        return;
      case Status.INVALID_COMMAND:
      case Status.FEATURE_UNAVAILABLE:
        owner.loggedIn(Grant.stock(), now);
        return;
      case Status.FENCED:
        owner.fence("hello: " + Status.name(reply.status()), now);
        return;
      case Status.RETRY_LATER:
        owner.leaveAlone(retryAfterMillis(reply), now);
        owner.doom(Refusal.Kind.BUSY, "hello: " + Status.name(reply.status()));
        return;
      default:
        owner.doom(Refusal.Kind.REFUSED, "hello: " + Status.name(reply.status()));
    }
  }
}

package dev.whippet.broker.internal.command.exchange;

import static dev.whippet.broker.internal.identity.Grants.mask;

import dev.whippet.broker.internal.catalog.Catalog;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.catalog.UserEntry;
import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Standing;
import dev.whippet.broker.internal.identity.Grants;
import dev.whippet.broker.internal.identity.Grants.Global;
import dev.whippet.broker.internal.identity.Grants.OfStream;
import dev.whippet.broker.internal.identity.Grants.OfTopic;
import dev.whippet.internal.wire.Status;
import java.util.EnumSet;
import java.util.Set;

/**
 * The one place that decides who may do what, by what is durable in the catalog at this moment.
 * Every handler asks here, after it knows that the stream and the topic exist and before it looks
 * for name conflicts and partitions (iggy-classic.md 3.1). Root may do everything, whatever the
 * catalog says or lost; a user that was deleted may do nothing, also when its id lives on in
 * another user. Any thread.
 */
public final class Access {

  private static final Set<OfStream> NO_STREAM = EnumSet.noneOf(OfStream.class);
  private static final Set<OfTopic> NO_TOPIC = EnumSet.noneOf(OfTopic.class);

  private final Catalog catalog;

  public Access(Catalog catalog) {
    this.catalog = catalog;
  }

  /**
   * The permission classes of iggy-classic.md 3.1: each is given by any one of these flags, global
   * ones first.
   */
  public enum Right {
    SERVER(EnumSet.of(Global.MANAGE_SERVERS, Global.READ_SERVERS)),
    USERS_READ(EnumSet.of(Global.MANAGE_USERS, Global.READ_USERS)),
    USERS(EnumSet.of(Global.MANAGE_USERS)),
    STREAMS_READ(EnumSet.of(Global.MANAGE_STREAMS, Global.READ_STREAMS)),
    STREAM_READ(
        EnumSet.of(Global.MANAGE_STREAMS, Global.READ_STREAMS),
        EnumSet.of(OfStream.MANAGE_STREAM, OfStream.READ_STREAM)),
    STREAM_CREATE(EnumSet.of(Global.MANAGE_STREAMS)),
    STREAM(EnumSet.of(Global.MANAGE_STREAMS), EnumSet.of(OfStream.MANAGE_STREAM)),
    TOPICS_READ(
        EnumSet.range(Global.MANAGE_STREAMS, Global.READ_TOPICS),
        EnumSet.range(OfStream.MANAGE_STREAM, OfStream.READ_TOPICS)),
    TOPIC_READ(
        EnumSet.range(Global.MANAGE_STREAMS, Global.READ_TOPICS),
        EnumSet.range(OfStream.MANAGE_STREAM, OfStream.READ_TOPICS),
        EnumSet.of(OfTopic.MANAGE_TOPIC, OfTopic.READ_TOPIC)),
    TOPIC_CREATE(
        EnumSet.of(Global.MANAGE_STREAMS, Global.MANAGE_TOPICS),
        EnumSet.of(OfStream.MANAGE_STREAM, OfStream.MANAGE_TOPICS)),
    TOPIC(
        EnumSet.of(Global.MANAGE_STREAMS, Global.MANAGE_TOPICS),
        EnumSet.of(OfStream.MANAGE_STREAM, OfStream.MANAGE_TOPICS),
        EnumSet.of(OfTopic.MANAGE_TOPIC)),
    SEND(
        EnumSet.of(Global.MANAGE_STREAMS, Global.MANAGE_TOPICS, Global.SEND_MESSAGES),
        EnumSet.of(OfStream.MANAGE_STREAM, OfStream.MANAGE_TOPICS, OfStream.SEND_MESSAGES),
        EnumSet.of(OfTopic.MANAGE_TOPIC, OfTopic.SEND_MESSAGES)),
    POLL(
        EnumSet.range(Global.MANAGE_STREAMS, Global.POLL_MESSAGES),
        EnumSet.range(OfStream.MANAGE_STREAM, OfStream.POLL_MESSAGES),
        EnumSet.range(OfTopic.MANAGE_TOPIC, OfTopic.POLL_MESSAGES));

    private final int global;
    private final int stream;
    private final int topic;

    Right(Set<Global> global) {
      this(global, NO_STREAM, NO_TOPIC);
    }

    Right(Set<Global> global, Set<OfStream> stream) {
      this(global, stream, NO_TOPIC);
    }

    Right(Set<Global> global, Set<OfStream> stream, Set<OfTopic> topic) {
      this.global = mask(global);
      this.stream = mask(stream);
      this.topic = mask(topic);
    }

    private boolean given(Grants grants, StreamEntry in, TopicEntry of) {
      return (grants.global() & global) != 0
          || in != null && (grants.stream(in.id()) & stream) != 0
          || of != null && (grants.topic(in.id(), of.id()) & topic) != 0;
    }
  }

  /** Refuses (41) unless the session's user has {@code right} everywhere. */
  public void require(ClientSession session, Right right) {
    require(session, right, null, null);
  }

  /** Refuses (41) unless the session's user has {@code right} in {@code stream}. */
  public void require(ClientSession session, Right right, StreamEntry stream) {
    require(session, right, stream, null);
  }

  /** Refuses (41) unless the session's user has {@code right} in {@code topic}. */
  public void require(ClientSession session, Right right, StreamEntry stream, TopicEntry topic) {
    if (!allows(session, right, stream, topic)) {
      throw new Exchange.Refused(Status.UNAUTHORIZED);
    }
  }

  /** Whether the session's user has {@code right} everywhere. */
  public boolean allows(ClientSession session, Right right) {
    return allows(session, right, null, null);
  }

  private boolean allows(ClientSession session, Right right, StreamEntry stream, TopicEntry topic) {
    if (session.userId() == UserEntry.ROOT_ID) {
      return true;
    }
    UserEntry user = user(session);
    Grants grants = user == null ? null : user.grants();
    return grants != null && right.given(grants, stream, topic);
  }

  /** The session's user; {@code null} when it is deleted or nobody is logged in. */
  public UserEntry user(ClientSession session) {
    ClientSession.User user = session.user();
    return catalog.visible().users().find(user.id(), user.serial());
  }

  /** What a login is worth at that time. */
  public Standing standing(ClientSession.User login, long nowMicros) {
    UserEntry user = catalog.visible().users().find(login.id(), login.serial());
    if (user == null) {
      return Standing.DELETED;
    }
    if (user.letsIn(login.proof(), nowMicros)) {
      return Standing.GOOD;
    }
    boolean runsOut = user.active() && UserEntry.Token.isOne(login.proof());
    return runsOut ? Standing.RUNS_OUT : Standing.ENDED;
  }

  /** False for a session whose user is deleted: it is no client any more (iggy-classic.md 3.3). */
  public boolean isClient(ClientSession session) {
    return !session.loggedIn() || session.userId() == UserEntry.ROOT_ID || user(session) != null;
  }
}

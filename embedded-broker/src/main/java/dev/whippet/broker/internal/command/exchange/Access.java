package dev.whippet.broker.internal.command.exchange;

import dev.whippet.broker.internal.catalog.RootUser;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.internal.wire.Status;

/**
 * The one place that decides who may do what. Every handler asks here, after it knows that the
 * stream and the topic exist and before it looks for name conflicts and partitions (iggy-classic.md
 * 3.1). Only root exists so far, and root may do everything.
 */
public final class Access {

  /** The permission classes of iggy-classic.md 3.1. */
  public enum Right {
    SERVER,
    STREAMS_READ,
    STREAM_READ,
    STREAM_CREATE,
    STREAM,
    TOPICS_READ,
    TOPIC_READ,
    TOPIC_CREATE,
    TOPIC,
    SEND,
    POLL
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
    if (session.userId() != RootUser.ID) {
      throw new Exchange.Refused(Status.UNAUTHORIZED);
    }
  }
}

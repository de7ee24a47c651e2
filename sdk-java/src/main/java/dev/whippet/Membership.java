package dev.whippet;

import dev.whippet.internal.call.Call;
import dev.whippet.internal.call.Refusal;
import dev.whippet.internal.session.Connection;
import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.Reply;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.Status;
import okio.Buffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A consumer's membership of its group. It belongs to one connection (iggy-classic.md 6.7): after
 * each new one, and when the server says that there is none, it is joined again. The group is made
 * when it is missing. Owned by the consumer's thread.
 */
final class Membership {
  private static final Logger LOG = LoggerFactory.getLogger(WhippetClient.class);
  private static final long NONE = -1;

  private final Connection connection;
  private final Admin admin;
  private final long timeoutMillis;
  private final String stream;
  private final String topic;
  private final String group;

  /** The connection on which it was joined; counted. */
  private long joinedAt = NONE;

  Membership(Consumer.Builder config, Connection connection, Admin admin) {
    this.connection = connection;
    this.admin = admin;
    this.timeoutMillis = config.defaults.requestTimeoutMillis;
    this.stream = config.stream;
    this.topic = config.topic;
    this.group = config.group;
  }

  /** Whether a status says that this connection is no member. */
  static boolean isMissing(int status) {
    return status == Status.CONSUMER_GROUP_MEMBER_NOT_FOUND;
  }

  /** The server does not know it: joined again before the next poll. */
  void lost() {
    joinedAt = NONE;
  }

  /** Sees to it that this connection is a member; false if it did not answer in time. */
  boolean join(long patienceMillis) {
    long now = connection.traffic().connections();
    if (joinedAt == now && now > 0) {
      return true;
    }
    String what = "join of group " + group + " of " + stream + "/" + topic;
    try {
      Reply reply = ask(what, true, patienceMillis);
      if (reply.status() == Status.CONSUMER_GROUP_NOT_FOUND) {
        admin.createGroup(stream, topic, group);
        reply = ask(what, true, patienceMillis);
      }
      if (!reply.ok()) {
        throw WhippetException.of(Refusal.of(reply.status(), what));
      }
    } catch (WhippetException e) {
      if (e.code() == WhippetException.Code.TIMEOUT) {
        return false;
      }
      throw e;
    }
    joinedAt = connection.traffic().connections();
    return true;
  }

  /** Lets the others have its partitions at once. */
  void leave() {
    if (joinedAt == NONE || joinedAt != connection.traffic().connections()) {
      return; // The server knows that the connection is gone.
    }
    joinedAt = NONE;
    try {
      ask("leave of group " + group, false, timeoutMillis);
    } catch (WhippetException e) {
      LOG.debug("Not left: {}", e.getMessage());
    }
  }

  private Reply ask(String what, final boolean join, long patienceMillis) {
    final Identifier in = Identifier.named(stream);
    final Identifier of = Identifier.named(topic);
    final Identifier which = Identifier.named(group);
    Call.Request request =
        new Call.Request() {
          @Override
          public void encode(Buffer out) {
            if (join) {
              Requests.joinGroup(out, in, of, which);
            } else {
              Requests.leaveGroup(out, in, of, which);
            }
          }
        };
    try {
      return connection.call(what, request, patienceMillis);
    } catch (InterruptedException e) {
      throw WhippetException.interrupted(what);
    } catch (Call.RefusedException e) {
      throw WhippetException.of(e.refusal());
    }
  }
}

package dev.whippet.internal.session;

import dev.whippet.internal.call.Pending;
import dev.whippet.internal.call.Pipeline;
import dev.whippet.internal.call.Refusal;
import dev.whippet.internal.outbox.Outbox;
import dev.whippet.internal.outbox.Route;
import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.ProtocolException;
import dev.whippet.internal.wire.Replies;
import dev.whippet.internal.wire.Reply;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.Status;
import dev.whippet.internal.wire.TopicSettings;
import java.util.HashMap;
import java.util.Map;
import okio.Buffer;

/**
 * Which topics exist on this connection's server, and with how many partitions; makes missing ones
 * when asked to. Each {@link Outflow} records the count in the outbox before it uses it
 * (whippet-extension.md 3.6).
 *
 * <pre>
 * get_topic --found--> known
 *           --empty--> create_stream (1012 is fine) --> create_topic (2013 is fine) --> get_topic
 * </pre>
 *
 * <p>One question at a time. Owned by the net thread.
 */
final class Topics {
  private final Outbox outbox;
  private final int createPartitions;
  private final Drainer drainer;
  private final Map<Integer, Integer> counts = new HashMap<>();
  private boolean asking;
  private boolean created;

  /** Replies to questions from before {@link #forget} mean nothing. */
  private int generation;

  Topics(Outbox outbox, int createPartitions, Drainer drainer) {
    this.outbox = outbox;
    this.createPartitions = createPartitions;
    this.drainer = drainer;
  }

  /** Nothing is known: a new connection, or something changed. */
  void forget() {
    counts.clear();
    asking = false;
    created = false;
    generation++;
  }

  /** The partitions of a route's topic; 0 while that is being found out. */
  int partitions(int route, Pipeline pipeline, long nowMillis) {
    Integer count = counts.get(route);
    if (count != null) {
      return count;
    }
    if (!asking && pipeline.canAsk()) {
      asking = true;
      look(outbox.route(route), pipeline, nowMillis);
    }
    return 0;
  }

  /** One step of finding out. */
  private abstract class Question extends Pending {
    private final int asked = generation;

    Question(String what) {
      super(what);
    }

    @Override
    public final void replied(Reply reply, long nowMillis) throws ProtocolException {
      if (asked == generation) {
        answered(reply, nowMillis);
      }
    }

    abstract void answered(Reply reply, long nowMillis) throws ProtocolException;
  }

  private void look(final Route route, final Pipeline pipeline, long nowMillis) {
    Buffer frame = new Buffer();
    Requests.getTopic(frame, stream(route), topic(route));
    pipeline.ask(
        frame,
        new Question("get_topic " + name(route)) {
          @Override
          void answered(Reply reply, long now) throws ProtocolException {
            if (!reply.ok()) {
              refused(what, reply.status());
            } else if (reply.payload().size() == 0) {
              missing(route, pipeline, now);
            } else {
              found(route, Replies.topic(reply.payload()).partitionsCount);
            }
          }
        },
        nowMillis);
  }

  private void missing(Route route, Pipeline pipeline, long nowMillis) {
    if (createPartitions == 0 || created) {
      asking = false;
      drainer.park(
          Verdict.REFUSED,
          new Refusal(
              Refusal.Kind.NOT_FOUND,
              0,
              "topic " + name(route) + " does not exist: create it, or use createIfMissing"));
      return;
    }
    created = true;
    createStream(route, pipeline, nowMillis);
  }

  private void createStream(final Route route, final Pipeline pipeline, long nowMillis) {
    Buffer frame = new Buffer();
    Requests.createStream(frame, route.stream());
    pipeline.ask(
        frame,
        new Question("create_stream " + route.stream()) {
          @Override
          void answered(Reply reply, long now) {
            // Whoever may not make streams may still make a topic in one that exists.
            if (reply.ok()
                || reply.status() == Status.STREAM_NAME_ALREADY_EXISTS
                || reply.status() == Status.UNAUTHORIZED) {
              createTopic(route, pipeline, now);
            } else {
              refused(what, reply.status());
            }
          }
        },
        nowMillis);
  }

  private void createTopic(final Route route, final Pipeline pipeline, long nowMillis) {
    Buffer frame = new Buffer();
    Requests.createTopic(
        frame, stream(route), route.topic(), createPartitions, TopicSettings.DEFAULT);
    pipeline.ask(
        frame,
        new Question("create_topic " + name(route)) {
          @Override
          void answered(Reply reply, long now) {
            if (reply.ok() || reply.status() == Status.TOPIC_NAME_ALREADY_EXISTS) {
              look(route, pipeline, now);
            } else {
              refused(what, reply.status());
            }
          }
        },
        nowMillis);
  }

  private void found(Route route, int partitions) {
    asking = false;
    created = false;
    if (partitions == 0) {
      drainer.park(
          Verdict.REFUSED,
          new Refusal(
              Refusal.Kind.NOT_FOUND, 0, "topic " + name(route) + " has no partitions: add one"));
      return;
    }
    counts.put(route.id(), partitions);
  }

  private void refused(String what, int status) {
    asking = false;
    Verdict verdict = Verdict.of(status);
    drainer.park(verdict == Verdict.TOPIC ? Verdict.REFUSED : verdict, Refusal.of(status, what));
  }

  static Identifier stream(Route route) {
    return Identifier.named(route.stream());
  }

  static Identifier topic(Route route) {
    return Identifier.named(route.topic());
  }

  static String name(Route route) {
    return route.stream() + "/" + route.topic();
  }
}

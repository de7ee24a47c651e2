package dev.whippet.broker.internal.bench.load;

import dev.whippet.broker.internal.bench.client.BenchConnection;
import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.ProtocolException;
import dev.whippet.internal.wire.Replies;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.TopicSettings;
import okio.Buffer;

/**
 * The streams of a run, {@code bench-stream-1} to n with one {@code topic-1} each: made before,
 * counted before and after. A connection of its own for each call, since a run may take longer than
 * a server lets a client be silent.
 */
final class Streams {

  static final String TOPIC = "topic-1";

  private final Target target;
  private final int count;
  private final int partitions;

  Streams(Target target, int count, int partitions) {
    this.target = target;
    this.count = count;
    this.partitions = partitions;
  }

  static String name(int index) {
    return "bench-stream-" + (index + 1);
  }

  /** Makes them anew, or, with {@code reuse}, what is missing of them. */
  void create(boolean reuse) throws BenchException {
    try (BenchConnection connection = connect()) {
      for (int i = 0; i < count; i++) {
        Identifier stream = Identifier.named(name(i));
        boolean there = topic(connection, stream) != null;
        if (there && reuse) {
          continue;
        }
        Buffer request = new Buffer();
        if (exists(connection, stream)) {
          Requests.deleteStream(request, stream);
          connection.ask(request, "deleting " + name(i));
        }
        Requests.createStream(request, name(i));
        connection.ask(request, "creating " + name(i));
        Requests.createTopic(request, stream, TOPIC, partitions, TopicSettings.DEFAULT);
        connection.ask(request, "creating a topic");
      }
    }
  }

  /** Refuses to go on when one is missing; for runs that only read. */
  void require() throws BenchException {
    try (BenchConnection connection = connect()) {
      for (int i = 0; i < count; i++) {
        if (topic(connection, Identifier.named(name(i))) == null) {
          throw new BenchException(
              target + " has no stream " + name(i) + ": run producers over as many streams first");
        }
      }
    }
  }

  /** Messages in all of them. */
  long messages() throws BenchException {
    long sum = 0;
    try (BenchConnection connection = connect()) {
      for (int i = 0; i < count; i++) {
        Replies.Topic topic = topic(connection, Identifier.named(name(i)));
        sum += topic == null ? 0 : topic.messagesCount;
      }
    }
    return sum;
  }

  /** Makes a consumer group on each of them. */
  void createGroup(String group) throws BenchException {
    try (BenchConnection connection = connect()) {
      for (int i = 0; i < count; i++) {
        Buffer request = new Buffer();
        Identifier stream = Identifier.named(name(i));
        Identifier topic = Identifier.named(TOPIC);
        Requests.getGroup(request, stream, topic, Identifier.named(group));
        if (connection.ask(request, "looking for a consumer group").size() > 0) {
          Requests.deleteGroup(request, stream, topic, Identifier.named(group));
          connection.ask(request, "deleting a consumer group");
        }
        Requests.createGroup(request, stream, topic, group);
        connection.ask(request, "creating a consumer group");
      }
    }
  }

  private BenchConnection connect() throws BenchException {
    return BenchConnection.open(target, BenchConnection.SMALL_BYTES);
  }

  private static boolean exists(BenchConnection connection, Identifier stream)
      throws BenchException {
    Buffer request = new Buffer();
    Requests.getStream(request, stream);
    return connection.ask(request, "looking for a stream").size() > 0;
  }

  private static Replies.Topic topic(BenchConnection connection, Identifier stream)
      throws BenchException {
    Buffer request = new Buffer();
    Requests.getTopic(request, stream, Identifier.named(TOPIC));
    try {
      return Replies.topic(connection.ask(request, "looking for a topic"));
    } catch (ProtocolException e) {
      throw new BenchException("a topic's description can't be read: " + e.getMessage(), e);
    }
  }
}

package dev.whippet.internal.session;

import dev.whippet.internal.call.Clock;
import dev.whippet.internal.call.Pending;
import dev.whippet.internal.call.Pipeline;
import dev.whippet.internal.call.Refusal;
import dev.whippet.internal.outbox.Outbox;
import dev.whippet.internal.outbox.OutboxException;
import dev.whippet.internal.outbox.Route;
import dev.whippet.internal.segment.Channel;
import dev.whippet.internal.wire.Place;
import dev.whippet.internal.wire.ProtocolException;
import dev.whippet.internal.wire.Replies;
import dev.whippet.internal.wire.Reply;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.XxHash32;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import okio.Buffer;

/**
 * What the broker of this connection has of this producer, by channel and partition. Before the
 * first publish to a partition on a connection the broker is asked (whippet-extension.md 3.4); the
 * answer starts the chain of {@code previous}, and shows
 *
 * <ul>
 *   <li>a sequence above all that this outbox ever reserved: the directory is an old copy (3.3);
 *   <li>less than was acknowledged: the broker lost its tail, reported;
 *   <li>nothing, although it was published to: the broker's memory is gone, reported as unknown
 *       outcome; unless the partition's incarnation is a new one, which holds nothing of old.
 * </ul>
 *
 * <p>A stock server is not asked. Owned by the net thread; one entry for each channel and partition
 * used.
 */
final class Tracks {
  /**
   * What this producer knows of one channel in one partition: the chain of {@code previous}
   * (whippet-extension.md 3.1) and what was acknowledged there.
   */
  static final class Track {
    final Outflow flow;
    final int route;
    final int partition;

    /** Whether the chain is good on this connection. */
    boolean known;

    /** Whether an answer is awaited. */
    boolean asking;

    /** Highest sequence believed stored or in flight here. */
    long previous;

    /** Records up to here need not be sent. */
    long durable;

    /** Records up to here are sent without a filter against a second time. */
    long doubtfulUpTo;

    /** Highest sequence acknowledged here by this broker in this process. */
    long acknowledged;

    /** When this process noted that it publishes here; {@link Session#NEVER}: it did not. */
    long notedMillis = Clock.NEVER;

    /** The partition's life; 0 until known. */
    long incarnation;

    Track(Outflow flow, int route, int partition) {
      this.flow = flow;
      this.route = route;
      this.partition = partition;
    }

    void forgetChain() {
      known = false;
      asking = false;
      durable = 0;
    }
  }

  /**
   * A producer that publishes here for the first time, and whose first publish broke, is not known
   * either. For so long after its note that is taken for the reason; a broker forgets those first
   * that it has not heard of for the longest time.
   */
  private static final long FIRST_PUBLISH_MILLIS = 600_000;

  private final Outbox outbox;
  private final Drainer drainer;
  private final Map<Long, Track> tracks = new HashMap<>();
  private Grant grant;
  private MessageId ids;
  private int stickyHash;

  Tracks(Outbox outbox, Drainer drainer) {
    this.outbox = outbox;
    this.drainer = drainer;
    identify();
  }

  private void identify() {
    byte[] producer = outbox.producerId();
    ids = new MessageId(producer);
    stickyHash = XxHash32.hash(producer, 0, producer.length);
  }

  MessageId ids() {
    return ids;
  }

  /** Chooses the partition of what has neither key nor partition. */
  int stickyHash() {
    return stickyHash;
  }

  /** A new connection. What another broker acknowledged is never assumed of this one. */
  void begin(Grant grant) {
    if (this.grant != null && !Arrays.equals(this.grant.brokerId, grant.brokerId)) {
      tracks.clear();
    }
    this.grant = grant;
  }

  void forgetChains() {
    for (Track track : tracks.values()) {
      track.forgetChain();
    }
  }

  Track of(Outflow flow, int route, int partition) {
    long key = Channel.base(flow.channel) << 12 ^ (long) route << 31 ^ partition;
    Track track = tracks.get(key);
    if (track == null) {
      track = new Track(flow, route, partition);
      tracks.put(key, track);
    }
    return track;
  }

  /** The partition's track with a good chain; null while that is being found out. */
  Track ready(Outflow flow, int route, int partition, Pipeline pipeline, long nowMillis) {
    Track track = of(flow, route, partition);
    if (grant.isStock()) {
      track.known = true;
    }
    if (track.known) {
      return track;
    }
    if (!track.asking && pipeline.canAsk()) {
      track.asking = true;
      ask(track, pipeline, nowMillis);
    }
    return null;
  }

  private void ask(final Track track, Pipeline pipeline, long nowMillis) {
    Route route = outbox.route(track.route);
    Buffer frame = new Buffer();
    Requests.producerState(
        frame,
        new Place(Topics.stream(route), Topics.topic(route), track.partition, track.flow.channel));
    pipeline.ask(
        frame,
        new Pending("producer_state of " + Topics.name(route) + ", partition " + track.partition) {
          @Override
          public void replied(Reply reply, long now) throws ProtocolException {
            if (!track.asking) {
              return; // From before a fresh start.
            }
            track.asking = false;
            if (reply.ok()) {
              answered(track, Replies.producerState(reply.payload()), now);
            } else {
              drainer.judge(reply.status(), track);
            }
          }
        },
        nowMillis);
  }

  private void answered(Track track, Replies.ProducerState state, long nowMillis) {
    long durable = durable(track, state);
    try {
      if (durable > outbox.reservedSequence(track.flow.channel)) {
        oldCopy(track, durable);
        return;
      }
      compare(track, state, nowMillis);
      int channel = track.flow.channel;
      if (!outbox.wasPublished(grant.brokerId, channel, track.route, track.partition)) {
        outbox.recordPublished(grant.brokerId, channel, track.route, track.partition);
        track.notedMillis = nowMillis;
      }
    } catch (OutboxException e) {
      drainer.park(Verdict.LATER, new Refusal(Refusal.Kind.INTERNAL, 0, e.getMessage()));
      return;
    }
    track.incarnation = state.incarnation;
    track.previous = durable;
    track.durable = durable;
    track.acknowledged = durable;
    track.known = true;
  }

  private static long durable(Track track, Replies.ProducerState state) {
    return Channel.base(track.flow.channel) + (state.known ? state.highestDurableSequence : 0);
  }

  private void compare(Track track, Replies.ProducerState state, long nowMillis) {
    long durable = durable(track, state);
    boolean anew = track.incarnation != 0 && track.incarnation != state.incarnation;
    if (anew) {
      return;
    }
    String where =
        Topics.name(outbox.route(track.route))
            + ", partition "
            + track.partition
            + " of this broker";
    if (state.known && durable < track.acknowledged) {
      drainer.doubtful(
          true, durable + 1, track.acknowledged, where + " lost records that it had acknowledged");
    }
    boolean first =
        Channel.number(track.acknowledged) == 0
            && track.notedMillis != Clock.NEVER
            && nowMillis - track.notedMillis < FIRST_PUBLISH_MILLIS;
    if (!state.known
        && !first
        && outbox.wasPublished(grant.brokerId, track.flow.channel, track.route, track.partition)) {
      track.doubtfulUpTo = track.flow.doubt(where + " no longer knows this producer");
    }
  }

  private void oldCopy(Track track, long durable) throws OutboxException {
    String why =
        "the broker knows sequence "
            + durable
            + " of this producer, this outbox reserved up to "
            + outbox.reservedSequence(track.flow.channel)
            + ": it is an old copy and takes a new producer id";
    drainer.doubtAll(why);
    outbox.renewProducer();
    tracks.clear();
    identify();
    // Said hello under the old name: only a new connection can say it again.
    drainer.park(Verdict.BROKEN, new Refusal(Refusal.Kind.REFUSED, 0, why));
  }
}

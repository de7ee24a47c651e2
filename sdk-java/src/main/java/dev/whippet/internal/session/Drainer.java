package dev.whippet.internal.session;

import dev.whippet.internal.call.Clock;
import dev.whippet.internal.call.Pipeline;
import dev.whippet.internal.call.Refusal;
import dev.whippet.internal.outbox.Outbox;
import dev.whippet.internal.outbox.OutboxException;
import dev.whippet.internal.segment.Channel;

/**
 * Who may send next: the channels of the outbox over one connection. And back: what is durable at
 * the far side moves the acknowledged cursors.
 *
 * <ol>
 *   <li>The most urgent lane that has something goes first. In a lane, the channel that had waited
 *       and the one that takes what is fresh share by {@code freshShare}.
 *   <li>Several publishes are in flight towards a Whippet broker, one send_messages towards a stock
 *       server. What is not urgent keeps within a window that follows the replies: what waits in
 *       buffers on the way would make an alarm wait, too.
 *   <li>What had waited when the connection came up keeps to the rate that the application allows;
 *       what is urgent or was sent since is exempt.
 *   <li>Any refusal: read no further, let the replies under way come in (settle), go back to the
 *       acknowledged cursors, ask the broker again what it has.
 * </ol>
 *
 * <p>Owned by the net thread. Limits: {@link Grant}, {@link #WINDOW_BYTES_MIN}.
 */
final class Drainer {
  /** So many fresh starts without any progress, then pauses that grow. */
  private static final int FRESH_STARTS_MAX = 3;

  /** A reply may take so much longer than the quickest one before the window shrinks. */
  private static final long DELAY_MILLIS_MAX = 400;

  private static final long WINDOW_BYTES_FIRST = 64 << 10;
  private static final long WINDOW_BYTES_MIN = 8 << 10;

  /** The rate is spent in pieces of this part of a second. */
  private static final int RATE_PARTS = 8;

  private final Outbox outbox;
  private final SessionConfig config;
  private final Engine owner;
  private final Topics topics;
  private final Tracks tracks;
  private final Outflow[] flows = new Outflow[Channel.COUNT];
  private Grant grant;
  private boolean parked;
  private boolean settling;
  private int freshStarts;

  private long window = WINDOW_BYTES_FIRST;
  private long quickestMillis = Clock.NEVER;
  private long changedMillis;

  /** Bytes of the backlog that may leave now; below 0, some left on credit. */
  private double allowance;

  private long allowedMillis;

  /** Bytes that left on channels that take turns: fresh ones, and the others'. */
  private final long[] freshBytes = new long[Channel.LANES];

  private final long[] waitedBytes = new long[Channel.LANES];

  Drainer(Outbox outbox, SessionConfig config, Engine owner, Pipeline pipeline) {
    this.outbox = outbox;
    this.config = config;
    this.owner = owner;
    this.topics = new Topics(outbox, config.createPartitions, this);
    this.tracks = new Tracks(outbox, this);
    for (int c = 0; c < Channel.COUNT; c++) {
      flows[c] = new Outflow(this, outbox, config, pipeline, c);
    }
  }

  Topics topics() {
    return topics;
  }

  Tracks tracks() {
    return tracks;
  }

  // --- life of a connection ---------------------------------------------------------------------

  /** Logged in. */
  void begin(Grant grant) {
    this.grant = grant;
    tracks.begin(grant);
    takeTurns();
    for (Outflow flow : flows) {
      flow.begin(grant);
    }
    settling = false;
    freshStarts = 0;
    window = WINDOW_BYTES_FIRST;
    quickestMillis = Clock.NEVER;
    allowance = 0;
    restart();
    parked = false;
  }

  /** Where much has waited, what is fresh takes the other channel, if nothing waits there. */
  private void takeTurns() {
    for (int lane = 0; lane < Channel.LANES && config.freshShare > 0; lane++) {
      int current = outbox.channelOf(lane);
      int other = current ^ 1;
      long waiting = outbox.lastSequence(current) - outbox.acknowledgedSequence(current);
      if (waiting > config.batchMessages
          && outbox.acknowledgedSequence(other) >= outbox.storedSequence(other)) {
        outbox.turn(lane);
        freshBytes[lane] = 0;
        waitedBytes[lane] = 0;
      }
    }
  }

  /** Go on after a pause. */
  void resume() {
    parked = false;
    if (!settling) {
      settle();
    }
  }

  /** The link is gone. */
  void lost() {
    grant = null;
    for (Outflow flow : flows) {
      flow.lost();
    }
  }

  void close() {
    for (Outflow flow : flows) {
      flow.close();
    }
  }

  /** Sends what may be sent; returns when to be called again at the latest. */
  long work(long nowMillis) {
    if (grant == null || parked) {
      return Clock.NEVER;
    }
    if (settling) {
      if (publishes() > 0) {
        return Clock.NEVER;
      }
      settling = false;
      restart();
    }
    refill(nowMillis);
    try {
      while (advance(nowMillis)) {
        // One record or one batch at a time.
      }
    } catch (OutboxException e) {
      park(Verdict.LATER, new Refusal(Refusal.Kind.INTERNAL, 0, e.getMessage()));
    }
    if (parked || settling || grant == null) {
      return Clock.NEVER;
    }
    return rest(nowMillis);
  }

  /** Nothing more can be done now; returns when something is due by the clock. */
  private long rest(long nowMillis) {
    boolean caughtUp = true;
    long due = Clock.NEVER;
    for (Outflow flow : flows) {
      caughtUp &= flow.isCaughtUp();
      // A batch that waits for a bound leaves when a reply, or the link, has made room.
      due = Math.min(due, flow.dueMillis());
      if (isCapped(flow) && allowance <= 0) {
        double millis = 1_000 * -allowance / config.backlogBytesPerSecond;
        due = Math.min(due, nowMillis + 1 + (long) millis);
      }
    }
    if (caughtUp) {
      owner.caughtUp();
    }
    return due;
  }

  private boolean advance(long nowMillis) throws OutboxException {
    for (int place = 0; place < Channel.LANES; place++) {
      int lane = Channel.laneByUrgency(place);
      int first = 2 * lane + firstTurn(lane);
      if (mayGoOn() && flows[first].advance(nowMillis)
          || mayGoOn() && flows[first ^ 1].advance(nowMillis)) {
        return true;
      }
    }
    return false;
  }

  private boolean mayGoOn() {
    return !parked && !settling && grant != null;
  }

  /** The turn whose channel is behind its share; without shares, the one that waited. */
  private int firstTurn(int lane) {
    int fresh = outbox.channelOf(lane) & 1;
    long all = freshBytes[lane] + waitedBytes[lane];
    boolean behind = freshBytes[lane] * 100 <= all * config.freshShare;
    return config.freshShare == 100 || config.freshShare > 0 && behind ? fresh : fresh ^ 1;
  }

  private void restart() {
    topics.forget();
    tracks.forgetChains();
    for (Outflow flow : flows) {
      flow.restart();
    }
  }

  private void settle() {
    settling = true;
    for (Outflow flow : flows) {
      flow.settle();
    }
  }

  boolean isSettling() {
    return settling;
  }

  // --- bounds -----------------------------------------------------------------------------------

  private int publishes() {
    int publishes = 0;
    for (Outflow flow : flows) {
      publishes += flow.publishes();
    }
    return publishes;
  }

  private long inFlight() {
    long bytes = 0;
    for (Outflow flow : flows) {
      bytes += flow.bytesInFlight();
    }
    return bytes;
  }

  boolean mayLeave(Outflow flow, int bytes) {
    int publishes = publishes();
    long limit = flow.urgent ? grant.publishBytesMax : Math.min(grant.publishBytesMax, window);
    return publishes < grant.publishesMax
        && (publishes == 0 || inFlight() + bytes <= limit)
        && !(isCapped(flow) && allowance <= 0);
  }

  /** Several batches fit into the window, and into what the rate allows at a time. */
  long batchBytesMax(Outflow flow) {
    long most = flow.urgent ? Long.MAX_VALUE : Math.max(WINDOW_BYTES_MIN, window) / 2;
    return isCapped(flow) ? Math.min(most, config.backlogBytesPerSecond / RATE_PARTS) : most;
  }

  private boolean isCapped(Outflow flow) {
    return config.backlogBytesPerSecond > 0 && !flow.urgent && flow.isBacklog();
  }

  private void refill(long nowMillis) {
    long rate = config.backlogBytesPerSecond;
    double more = (nowMillis - allowedMillis) / 1_000.0 * rate;
    allowance = Math.min(allowance + more, (double) rate / RATE_PARTS);
    allowedMillis = nowMillis;
  }

  /** A batch has left; returns whether the window was well used by then. */
  boolean left(Outflow flow, int bytes, boolean backlog) {
    if (backlog && !flow.urgent && config.backlogBytesPerSecond > 0) {
      allowance -= bytes;
    }
    int lane = Channel.lane(flow.channel);
    if (outbox.channelOf(lane) == flow.channel) {
      freshBytes[lane] += bytes;
    } else {
      waitedBytes[lane] += bytes;
    }
    return inFlight() >= window / 2;
  }

  /**
   * The reply to a batch is there: the window follows. Once for each time around, since what was
   * sent before a change says nothing about it.
   *
   * @param full what {@link #left} returned
   */
  void replied(long sentMillis, boolean full, long nowMillis) {
    long delay = nowMillis - sentMillis;
    quickestMillis = Math.min(quickestMillis, delay);
    if (sentMillis < changedMillis) {
      return;
    }
    if (full && delay <= quickestMillis + DELAY_MILLIS_MAX / 2) {
      window = Math.min(2 * window, Math.max(window, grant.publishBytesMax));
      changedMillis = nowMillis;
    } else if (delay > quickestMillis + DELAY_MILLIS_MAX) {
      window = Math.max(WINDOW_BYTES_MIN, window / 2);
      changedMillis = nowMillis;
    }
  }

  // --- what became of it ------------------------------------------------------------------------

  void progressed() {
    freshStarts = 0;
  }

  void acknowledged(long upToSequence, boolean once) {
    owner.acknowledged(upToSequence, once);
  }

  void leaveAlone(long millis, long nowMillis) {
    owner.leaveAlone(millis, nowMillis);
  }

  /** A batch, or a question about its partition, was refused. */
  void judge(int status, Tracks.Track track) {
    settle();
    Verdict verdict = Verdict.of(status);
    boolean fresh = verdict == Verdict.RESYNC || verdict == Verdict.TOPIC;
    if (fresh && freshStarts++ < FRESH_STARTS_MAX) {
      return;
    }
    park(
        fresh ? Verdict.LATER : verdict,
        Refusal.of(
            status,
            "send to "
                + Topics.name(outbox.route(track.route))
                + ", partition "
                + track.partition));
  }

  /** Stops, and says why. */
  void park(Verdict verdict, Refusal refusal) {
    parked = true;
    settle();
    owner.parked(verdict, refusal);
  }

  /** Everything that may have been sent has an unknown outcome. */
  void doubtAll(String why) {
    for (Outflow flow : flows) {
      flow.doubt(why);
    }
  }

  void doubtful(boolean lostByBroker, long first, long last, String why) {
    owner.doubtful(lostByBroker, first, last, why);
  }
}

package dev.whippet.internal.session;

import dev.whippet.internal.call.Clock;
import dev.whippet.internal.call.Pending;
import dev.whippet.internal.call.Pipeline;
import dev.whippet.internal.call.Refusal;
import dev.whippet.internal.outbox.Cursor;
import dev.whippet.internal.outbox.Outbox;
import dev.whippet.internal.outbox.OutboxException;
import dev.whippet.internal.outbox.Route;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.MessageRecords;
import dev.whippet.internal.wire.Partitioning;
import dev.whippet.internal.wire.Place;
import dev.whippet.internal.wire.ProtocolException;
import dev.whippet.internal.wire.Replies;
import dev.whippet.internal.wire.Reply;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.Status;
import okio.Buffer;

/**
 * From the outbox to the wire, in order, in batches; and back: what is durable at the far side
 * moves the acknowledged cursor.
 *
 * <ol>
 *   <li>Read the next record; find its partition ({@link Topics}, {@link Tracks}).
 *   <li>A record that the broker is known to have is skipped.
 *   <li>Records of consecutive sequences for one partition form a batch, until it is full, or the
 *       linger is over.
 *   <li>A batch leaves when the server's bounds allow: several publishes in flight towards a
 *       Whippet broker, one send_messages towards a stock server.
 *   <li>Any refusal: read no further, let the replies under way come in (settle), go back to the
 *       acknowledged cursor, ask the broker again what it has.
 * </ol>
 *
 * <p>Owned by the net thread. Memory: one batch, and what the link holds; records in flight are
 * read again from the outbox if they must be sent again. Limits: {@link Spans#RECORDS_MAX}, {@link
 * Grant}.
 */
final class Drainer {
  /** One order for everything; lanes come later, each with its channel. */
  static final int CHANNEL = 0;

  /** So many fresh starts without any progress, then pauses that grow. */
  private static final int FRESH_STARTS_MAX = 3;

  /** What a publish carries besides its records: two names, numbers. */
  private static final int REQUEST_OVERHEAD_BYTES = 1_024;

  private final Outbox outbox;
  private final SessionConfig config;
  private final Engine owner;
  private final Pipeline pipeline;
  private final Topics topics;
  private final Tracks tracks;
  private final Spans spans = new Spans();
  private final Batch batch = new Batch();
  private final Cursor cursor;
  private final long lastAtOpen;
  private final long maybeSentAtOpen;
  private Grant grant;
  private boolean parked;
  private boolean settling;
  private boolean recordRead;
  private int freshStarts;
  private long sentUpTo;
  private long doubtedUpTo;

  Drainer(Outbox outbox, SessionConfig config, Engine owner, Pipeline pipeline) {
    this.outbox = outbox;
    this.config = config;
    this.owner = owner;
    this.pipeline = pipeline;
    this.topics = new Topics(outbox, config.createPartitions, this);
    this.tracks = new Tracks(outbox, this);
    long acknowledged = outbox.acknowledgedSequence();
    this.lastAtOpen = outbox.lastSequence();
    this.maybeSentAtOpen = Math.min(lastAtOpen, acknowledged + Spans.RECORDS_MAX);
    this.cursor = outbox.cursor(acknowledged);
  }

  /** Records that wait to leave together. */
  private static final class Batch {
    final MessageRecords records = new MessageRecords();
    int route;
    int partition;
    long first;
    long leaveAtMillis;
    boolean once;

    boolean isEmpty() {
      return records.count() == 0;
    }

    boolean continuesAt(int route, int partition, long sequence) {
      return route == this.route
          && partition == this.partition
          && sequence == first + records.count();
    }
  }

  // --- life of a connection ---------------------------------------------------------------------

  /** Logged in. */
  void begin(Grant grant) {
    this.grant = grant;
    tracks.begin(grant);
    spans.lost();
    settling = false;
    freshStarts = 0;
    restart();
    parked = false;
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
    spans.lost();
    batch.records.clear();
  }

  void close() {
    cursor.close();
  }

  /** Sends what may be sent; returns when to be called again at the latest. */
  long work(long nowMillis) {
    if (grant == null || parked) {
      return Clock.NEVER;
    }
    if (settling) {
      if (spans.publishes() > 0) {
        return Clock.NEVER;
      }
      settling = false;
      restart();
    }
    try {
      while (advance(nowMillis)) {
        // One record or one batch at a time.
      }
    } catch (OutboxException e) {
      park(Verdict.LATER, new Refusal(Refusal.Kind.INTERNAL, 0, e.getMessage()));
    }
    // A batch that waits for a bound leaves when a reply, or the link, has made room: no time is
    // due.
    return batch.isEmpty() || parked || !mayLeave() ? Clock.NEVER : batch.leaveAtMillis;
  }

  /** Everything from the acknowledged cursor on is read again. */
  private void restart() {
    batch.records.clear();
    spans.forget();
    topics.forget();
    tracks.forgetChains();
    recordRead = false;
    cursor.seek(outbox.acknowledgedSequence());
  }

  private void settle() {
    settling = true;
    batch.records.clear();
  }

  // --- reading and batching ---------------------------------------------------------------------

  /** Does one thing; false if nothing can be done now. */
  private boolean advance(long nowMillis) throws OutboxException {
    if (parked || settling || grant == null) {
      return false;
    }
    long storedBefore = outbox.storedSequence();
    if (!recordRead && !read()) {
      if (!batch.isEmpty()) {
        return (isFull(0) || nowMillis >= batch.leaveAtMillis) && leave(nowMillis);
      }
      idle(storedBefore);
      return false;
    }
    long sequence = cursor.sequence();
    int partition = partition(sequence, nowMillis);
    if (partition < 0) {
      return !batch.isEmpty() && leave(nowMillis);
    }
    int bytes = MessageRecords.recordBytes(cursor.payloadLength(), cursor.headersLength());
    if (!batch.isEmpty()
        && (!batch.continuesAt(cursor.route(), partition, sequence) || isFull(bytes))) {
      return leave(nowMillis);
    }
    Tracks.Track track = tracks.ready(cursor.route(), partition, pipeline, nowMillis);
    if (track == null) {
      return false;
    }
    recordRead = false;
    if (sequence <= track.durable) {
      spans.known(sequence);
      acknowledge();
      return true;
    }
    return add(track, bytes, nowMillis);
  }

  private boolean read() throws OutboxException {
    recordRead = spans.records() < Spans.RECORDS_MAX && cursor.next();
    return recordRead;
  }

  private void idle(long storedBefore) {
    if (!spans.isEmpty() || spans.records() >= Spans.RECORDS_MAX) {
      return;
    }
    // What is left up to here was dropped, or never used: nothing waits any more.
    if (outbox.acknowledgedSequence() < storedBefore) {
      outbox.acknowledge(storedBefore);
      owner.acknowledged(storedBefore, !grant.isStock());
    }
    owner.caughtUp();
  }

  /** The partition of the record that was read; -1 while that can't be said. */
  private int partition(long sequence, long nowMillis) {
    int route = cursor.route();
    int partitions = topics.partitions(route, pipeline, nowMillis);
    if (partitions == 0) {
      return -1;
    }
    int mapped = outbox.partitionCountFor(route, sequence);
    switch (cursor.partitionChoice()) {
      case PARTITION:
        int named = cursor.partitionValue();
        if (named < partitions) {
          return named;
        }
        park(
            Verdict.REFUSED,
            new Refusal(
                Refusal.Kind.NOT_FOUND,
                0,
                "sequence "
                    + sequence
                    + " names partition "
                    + named
                    + ", topic "
                    + Topics.name(outbox.route(route))
                    + " has "
                    + partitions));
        return -1;
      case KEY:
        return modulo(cursor.partitionValue(), mapped);
      default:
        return modulo(tracks.stickyHash(), mapped);
    }
  }

  private static int modulo(int hash, int partitions) {
    return (int) ((hash & 0xffffffffL) % partitions);
  }

  private boolean isFull(int moreBytes) {
    long limit = Math.min(config.batchBytes, grant.requestBytesMax - REQUEST_OVERHEAD_BYTES);
    return batch.records.count() >= config.batchMessages
        || batch.records.byteCount() + (long) moreBytes > limit;
  }

  private boolean add(Tracks.Track track, int bytes, long nowMillis) {
    if (bytes > grant.requestBytesMax - REQUEST_OVERHEAD_BYTES
        || bytes > Limits.BATCH_PAYLOAD_BYTES_MAX) {
      park(
          Verdict.REFUSED,
          new Refusal(
              Refusal.Kind.TOO_LARGE,
              0,
              "sequence "
                  + cursor.sequence()
                  + " has "
                  + bytes
                  + " bytes, the server takes "
                  + grant.requestBytesMax));
      return false;
    }
    long sequence = cursor.sequence();
    if (batch.isEmpty()) {
      batch.route = track.route;
      batch.partition = track.partition;
      batch.first = sequence;
      batch.leaveAtMillis = nowMillis + config.lingerMillis;
      batch.once = !grant.isStock() && sequence > track.doubtfulUpTo;
    }
    Buffer payload = new Buffer();
    cursor.payload(payload);
    batch.records.add(
        tracks.ids().low(sequence),
        tracks.ids().high(CHANNEL, sequence),
        cursor.originTimestampMicros(),
        payload,
        cursor.headersLength() == 0 ? null : cursor.headers());
    return true;
  }

  // --- sending ----------------------------------------------------------------------------------

  private boolean mayLeave() {
    return pipeline.canAsk()
        && spans.publishes() < grant.publishesMax
        && (spans.publishes() == 0
            || spans.bytes() + batch.records.byteCount() <= grant.publishBytesMax);
  }

  private boolean leave(long nowMillis) {
    if (!mayLeave()) {
      return false;
    }
    Tracks.Track track = tracks.of(batch.route, batch.partition);
    Route route = outbox.route(batch.route);
    int count = batch.records.count();
    long last = batch.first + count - 1;
    Spans.Span span = spans.sent(last, count, batch.records.byteCount(), batch.once);
    Buffer frame = new Buffer();
    if (grant.isStock()) {
      Requests.sendMessages(
          frame,
          Topics.stream(route),
          Topics.topic(route),
          Partitioning.partition(track.partition),
          batch.records);
    } else {
      Place place = new Place(Topics.stream(route), Topics.topic(route), track.partition, CHANNEL);
      Requests.publish(frame, place, track.previous, batch.first, batch.records);
    }
    batch.records.clear();
    track.previous = last;
    sentUpTo = Math.max(sentUpTo, last);
    pipeline.ask(frame, new Sent(span, track), nowMillis);
    return true;
  }

  /** A batch that waits for its reply. */
  private final class Sent extends Pending {
    private final Spans.Span span;
    private final Tracks.Track track;

    Sent(Spans.Span span, Tracks.Track track) {
      super("a batch up to sequence " + span.last);
      this.span = span;
      this.track = track;
    }

    @Override
    public void replied(Reply reply, long nowMillis) throws ProtocolException {
      spans.replied(span);
      if (settling) {
        return; // Whatever it says, the broker is asked again.
      }
      if (!reply.ok()) {
        if (reply.status() == Status.RETRY_LATER) {
          owner.leaveAlone(Login.retryAfterMillis(reply), nowMillis);
        }
        judge(reply.status(), track);
        return;
      }
      if (!grant.isStock() && Replies.publish(reply.payload()).highestDurableSequence < span.last) {
        throw new ProtocolException(
            "a publish up to sequence " + span.last + " succeeded with less than that durable");
      }
      span.done = true;
      track.acknowledged = Math.max(track.acknowledged, span.last);
      freshStarts = 0;
      acknowledge();
    }
  }

  /** Moves the cursor over everything at the front that is done. */
  private void acknowledge() {
    long upTo = 0;
    boolean once = true;
    Spans.Span span = spans.pollDone();
    while (span != null) {
      if (upTo != 0 && span.once != once) {
        owner.acknowledged(upTo, once);
      }
      upTo = span.last;
      once = span.once;
      span = spans.pollDone();
    }
    if (upTo != 0) {
      outbox.acknowledge(upTo);
      owner.acknowledged(upTo, once);
    }
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

  // --- doubts -----------------------------------------------------------------------------------

  /**
   * The highest sequence that may have left this device.
   *
   * @param strictly true: every record that a process before this one had; false: those within the
   *     bound of what may be in flight
   */
  long maybeSentUpTo(boolean strictly) {
    return Math.max(sentUpTo, strictly ? lastAtOpen : maybeSentAtOpen);
  }

  /** What may have been sent and is not acknowledged has an unknown outcome, reported once. */
  long doubt(String why) {
    long first = Math.max(outbox.acknowledgedSequence(), doubtedUpTo) + 1;
    long upTo = maybeSentUpTo(false);
    if (upTo >= first) {
      doubtedUpTo = upTo;
      owner.doubtful(false, first, upTo, why);
    }
    return upTo;
  }

  void lostByBroker(long first, long last, String why) {
    owner.doubtful(true, first, last, why);
  }
}

package dev.whippet.internal.session;

import dev.whippet.internal.call.Clock;
import dev.whippet.internal.call.Pending;
import dev.whippet.internal.call.Pipeline;
import dev.whippet.internal.call.Refusal;
import dev.whippet.internal.outbox.Cursor;
import dev.whippet.internal.outbox.Outbox;
import dev.whippet.internal.outbox.OutboxException;
import dev.whippet.internal.outbox.Route;
import dev.whippet.internal.segment.Channel;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.MessageRecords;
import dev.whippet.internal.wire.Partitioning;
import dev.whippet.internal.wire.Place;
import dev.whippet.internal.wire.ProtocolException;
import dev.whippet.internal.wire.Replies;
import dev.whippet.internal.wire.Reply;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.Status;
import java.util.BitSet;
import okio.Buffer;

/**
 * One channel, from the outbox to the wire, in order, in batches.
 *
 * <ol>
 *   <li>Read the next record; find its partition ({@link Topics}, {@link Tracks}).
 *   <li>A record that the broker is known to have is skipped. One that is too old is dropped: the
 *       cursor passes it when its gap is on the disk and told.
 *   <li>Records of consecutive sequences for one partition form a batch, until it is full, or the
 *       linger is over; an urgent one does not linger.
 *   <li>A batch leaves when the {@link Drainer} lets it.
 * </ol>
 *
 * <p>Owned by the net thread. Memory: one batch, and what the link holds; records in flight are
 * read again from the outbox if they must be sent again. Limit: {@link Spans#RECORDS_MAX}.
 */
final class Outflow {
  /** What a publish carries besides its records: two names, numbers. */
  private static final int REQUEST_OVERHEAD_BYTES = 1_024;

  final int channel;
  final boolean urgent;

  private final Drainer drainer;
  private final Outbox outbox;
  private final SessionConfig config;
  private final Pipeline pipeline;
  private final Topics topics;
  private final Tracks tracks;
  private final Spans spans = new Spans();
  private final Batch batch = new Batch();
  private final Expiring expiring = new Expiring();
  private final BitSet mapped = new BitSet();
  private final Cursor cursor;
  private final long lastAtOpen;
  private Grant grant;
  private boolean recordRead;
  private long doubtedUpTo;

  /** What had waited when the connection came up. */
  private long backlogUpTo;

  Outflow(Drainer drainer, Outbox outbox, SessionConfig config, Pipeline pipeline, int channel) {
    this.drainer = drainer;
    this.outbox = outbox;
    this.config = config;
    this.pipeline = pipeline;
    this.topics = drainer.topics();
    this.tracks = drainer.tracks();
    this.channel = channel;
    this.urgent = Channel.lane(channel) == Channel.URGENT;
    this.lastAtOpen = outbox.lastSequence(channel);
    this.cursor = outbox.cursor(outbox.acknowledgedSequence(channel));
  }

  /** Records that wait to leave together. */
  private static final class Batch {
    final MessageRecords records = new MessageRecords();
    int route;
    int partition;
    long first;
    long leaveAtMillis;
    boolean once;
    boolean backlog;

    boolean isEmpty() {
      return records.count() == 0;
    }

    boolean continuesAt(int route, int partition, long sequence) {
      return route == this.route
          && partition == this.partition
          && sequence == first + records.count();
    }
  }

  /** A run of records that are too old. */
  private static final class Expiring {
    long first;
    long last;
    long bytes;
    boolean unknown;

    boolean isEmpty() {
      return first == 0;
    }

    boolean continuesAt(long sequence, boolean unknown) {
      return sequence == last + 1 && unknown == this.unknown;
    }
  }

  // --- life -------------------------------------------------------------------------------------

  void begin(Grant grant) {
    this.grant = grant;
    backlogUpTo = outbox.lastSequence(channel);
    spans.lost();
  }

  void lost() {
    grant = null;
    spans.lost();
    batch.records.clear();
    expiring.first = 0;
  }

  void settle() {
    batch.records.clear();
    expiring.first = 0;
  }

  /** Everything from the acknowledged cursor on is read again. */
  void restart() {
    settle();
    spans.forget();
    mapped.clear();
    readAfter(outbox.acknowledgedSequence(channel));
  }

  private void readAfter(long sequence) {
    recordRead = false;
    cursor.seek(sequence);
  }

  void close() {
    cursor.close();
  }

  int publishes() {
    return spans.publishes();
  }

  long bytesInFlight() {
    return spans.bytes();
  }

  /** When it has something to do by the clock. */
  long dueMillis() {
    return batch.isEmpty() || !drainer.mayLeave(this, batch.records.byteCount())
        ? Clock.NEVER
        : batch.leaveAtMillis;
  }

  /** Whether a batch, or the record at hand, had waited when the connection came up. */
  boolean isBacklog() {
    return batch.isEmpty() ? recordRead && cursor.sequence() <= backlogUpTo : batch.backlog;
  }

  /** Nothing of this channel waits, as far as is known. */
  boolean isCaughtUp() {
    return spans.isEmpty()
        && batch.isEmpty()
        && !recordRead
        && outbox.acknowledgedSequence(channel) >= outbox.storedSequence(channel);
  }

  // --- reading and batching ---------------------------------------------------------------------

  /** Does one thing; false if nothing can be done now. */
  boolean advance(long nowMillis) throws OutboxException {
    if (spans.mayPassDropped(outbox)) {
      acknowledge();
    }
    long storedBefore = outbox.storedSequence(channel);
    if (!recordRead && !read()) {
      if (!batch.isEmpty()) {
        return (isFull(0) || nowMillis >= batch.leaveAtMillis) && leave(nowMillis);
      }
      return dropExpired() || idle(storedBefore);
    }
    long sequence = cursor.sequence();
    int partition = partition(sequence, nowMillis);
    if (partition < 0) {
      return !batch.isEmpty() && leave(nowMillis);
    }
    int bytes = MessageRecords.recordBytes(cursor.payloadLength(), cursor.headersLength());
    if (!batch.isEmpty()
        && (!batch.continuesAt(cursor.route(), partition, sequence)
            || batch.backlog != sequence <= backlogUpTo
            || isFull(bytes))) {
      return leave(nowMillis);
    }
    Tracks.Track track = tracks.ready(this, cursor.route(), partition, pipeline, nowMillis);
    if (track == null) {
      return false;
    }
    if (sequence <= track.durable) {
      recordRead = false;
      spans.known(sequence);
      acknowledge();
      return true;
    }
    if (cursor.isExpired()) {
      return expire(sequence, nowMillis);
    }
    if (!expiring.isEmpty()) {
      return dropExpired();
    }
    recordRead = false;
    return add(track, bytes, nowMillis);
  }

  private boolean read() throws OutboxException {
    recordRead = spans.records() < Spans.RECORDS_MAX && cursor.next();
    return recordRead;
  }

  private boolean idle(long storedBefore) {
    if (!spans.isEmpty() || spans.records() >= Spans.RECORDS_MAX) {
      return false;
    }
    // What is left up to here was dropped, or never used: nothing waits any more.
    if (outbox.acknowledgedSequence(channel) < storedBefore) {
      outbox.acknowledge(storedBefore);
      if (outbox.acknowledgedSequence(channel) >= storedBefore) {
        drainer.acknowledged(storedBefore, !grant.isStock());
      }
    }
    return false;
  }

  /** The partition of the record that was read; -1 while that can't be said. */
  private int partition(long sequence, long nowMillis) throws OutboxException {
    int route = cursor.route();
    int partitions = topics.partitions(route, pipeline, nowMillis);
    if (partitions == 0) {
      return -1;
    }
    if (!mapped.get(route)) {
      map(route, partitions);
      mapped.set(route);
    }
    int mappedTo = outbox.partitionCountFor(route, sequence);
    switch (cursor.partitionChoice()) {
      case PARTITION:
        int named = cursor.partitionValue();
        if (named < partitions) {
          return named;
        }
        park(
            Refusal.Kind.NOT_FOUND,
            "sequence "
                + sequence
                + " names partition "
                + named
                + ", topic "
                + Topics.name(outbox.route(route))
                + " has "
                + partitions);
        return -1;
      case KEY:
        return modulo(cursor.partitionValue(), mappedTo);
      default:
        return modulo(tracks.stickyHash(), mappedTo);
    }
  }

  /** Sees to it that the outbox knows the count, from where on it may be used. */
  private void map(int route, int partitions) throws OutboxException {
    int before = outbox.partitionCountFor(route, Channel.base(channel + 1) - 1);
    if (before == 0) {
      outbox.recordMapping(route, partitions, Channel.base(channel) + 1);
    } else if (partitions > before) {
      long sent = Math.max(lastAtOpen, maybeSentUpTo());
      outbox.recordMapping(route, partitions, sent + 1);
    } else if (partitions < before) {
      // Some of what waits may lie in partitions that are gone: it is mapped anew.
      outbox.recordMapping(route, partitions, outbox.acknowledgedSequence(channel) + 1);
      String name = Topics.name(outbox.route(route));
      doubt("topic " + name + " lost partitions, " + before + " to " + partitions);
    }
  }

  private static int modulo(int hash, int partitions) {
    return (int) ((hash & 0xffffffffL) % partitions);
  }

  private boolean isFull(int moreBytes) {
    long limit = Math.min(config.batchBytes, grant.requestBytesMax - REQUEST_OVERHEAD_BYTES);
    limit = Math.min(limit, drainer.batchBytesMax(this));
    return batch.records.count() >= config.batchMessages
        || batch.records.byteCount() + (long) moreBytes > limit;
  }

  private boolean add(Tracks.Track track, int bytes, long nowMillis) {
    if (bytes > grant.requestBytesMax - REQUEST_OVERHEAD_BYTES
        || bytes > Limits.BATCH_PAYLOAD_BYTES_MAX) {
      park(
          Refusal.Kind.TOO_LARGE,
          "sequence "
              + cursor.sequence()
              + " has "
              + bytes
              + " bytes, the server takes "
              + grant.requestBytesMax);
      return false;
    }
    long sequence = cursor.sequence();
    if (batch.isEmpty()) {
      batch.route = track.route;
      batch.partition = track.partition;
      batch.first = sequence;
      batch.leaveAtMillis = urgent ? nowMillis : nowMillis + config.lingerMillis;
      batch.once = !grant.isStock() && sequence > track.doubtfulUpTo;
      batch.backlog = sequence <= backlogUpTo;
    }
    Buffer payload = new Buffer();
    cursor.payload(payload);
    long number = Channel.number(sequence);
    batch.records.add(
        tracks.ids().low(number),
        tracks.ids().high(channel, number),
        cursor.originTimestampMicros(),
        payload,
        cursor.headersLength() == 0 ? null : cursor.headers());
    return true;
  }

  private void park(Refusal.Kind kind, String why) {
    drainer.park(Verdict.REFUSED, new Refusal(kind, 0, why));
  }

  // --- too old ----------------------------------------------------------------------------------

  private boolean expire(long sequence, long nowMillis) throws OutboxException {
    if (!batch.isEmpty()) {
      return leave(nowMillis);
    }
    boolean unknown = sequence <= maybeSentUpTo();
    if (!expiring.isEmpty() && !expiring.continuesAt(sequence, unknown)) {
      return dropExpired();
    }
    if (expiring.isEmpty()) {
      expiring.first = sequence;
      expiring.unknown = unknown;
      expiring.bytes = 0;
    }
    expiring.last = sequence;
    expiring.bytes += cursor.recordBytes();
    recordRead = false;
    return true;
  }

  /** Drops the run of records that are too old; false if there is none, or not now. */
  private boolean dropExpired() {
    if (expiring.isEmpty()) {
      return false;
    }
    if (!outbox.claim(expiring.first, expiring.last)) {
      expiring.first = 0;
      readAfter(outbox.acknowledgedSequence(channel)); // some were dropped for want of room
      spans.forget();
      return true;
    }
    long ordinal = outbox.drop(expiring.first, expiring.last, expiring.bytes, expiring.unknown);
    if (ordinal == 0) {
      return false;
    }
    spans.dropped(expiring.last, ordinal);
    expiring.first = 0;
    return true;
  }

  // --- sending ----------------------------------------------------------------------------------

  private boolean leave(long nowMillis) {
    int bytes = batch.records.byteCount();
    if (!pipeline.canAsk() || !drainer.mayLeave(this, bytes)) {
      return false;
    }
    Tracks.Track track = tracks.of(this, batch.route, batch.partition);
    int count = batch.records.count();
    long last = batch.first + count - 1;
    if (!outbox.claim(batch.first, last)) {
      batch.records.clear();
      readAfter(batch.first - 1); // some were dropped for want of room
      return true;
    }
    Route route = outbox.route(batch.route);
    Spans.Span span = spans.sent(last, count, bytes, batch.once);
    Buffer frame = new Buffer();
    if (grant.isStock()) {
      Requests.sendMessages(
          frame,
          Topics.stream(route),
          Topics.topic(route),
          Partitioning.partition(track.partition),
          batch.records);
    } else {
      Place place = new Place(Topics.stream(route), Topics.topic(route), track.partition, channel);
      long previous = Channel.number(track.previous);
      Requests.publish(frame, place, previous, Channel.number(batch.first), batch.records);
    }
    boolean full = drainer.left(this, bytes, batch.backlog);
    batch.records.clear();
    track.previous = last;
    pipeline.ask(frame, new Sent(span, track, full, nowMillis), nowMillis);
    return true;
  }

  /** A batch that waits for its reply. */
  private final class Sent extends Pending {
    private final Spans.Span span;
    private final Tracks.Track track;
    private final boolean full;
    private final long sentMillis;

    Sent(Spans.Span span, Tracks.Track track, boolean full, long sentMillis) {
      super("a batch up to sequence " + span.last);
      this.span = span;
      this.track = track;
      this.full = full;
      this.sentMillis = sentMillis;
    }

    @Override
    public void replied(Reply reply, long nowMillis) throws ProtocolException {
      spans.replied(span);
      drainer.replied(sentMillis, full, nowMillis);
      if (drainer.isSettling()) {
        return; // Whatever it says, the broker is asked again.
      }
      if (!reply.ok()) {
        if (reply.status() == Status.RETRY_LATER) {
          drainer.leaveAlone(Login.retryAfterMillis(reply), nowMillis);
        }
        drainer.judge(reply.status(), track);
        return;
      }
      if (!grant.isStock()
          && Replies.publish(reply.payload()).highestDurableSequence < Channel.number(span.last)) {
        throw new ProtocolException(
            "a publish up to sequence " + span.last + " succeeded with less than that durable");
      }
      span.done = true;
      track.acknowledged = Math.max(track.acknowledged, span.last);
      drainer.progressed();
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
        drainer.acknowledged(upTo, once);
      }
      upTo = span.last;
      once = span.once;
      span = spans.pollDone();
    }
    if (upTo != 0) {
      outbox.acknowledge(upTo);
      drainer.acknowledged(upTo, once);
    }
  }

  // --- doubts -----------------------------------------------------------------------------------

  private long maybeSentUpTo() {
    return outbox.claimedSequence(channel);
  }

  /** What may have been sent and is not acknowledged has an unknown outcome, reported once. */
  long doubt(String why) {
    long first = Math.max(outbox.acknowledgedSequence(channel), doubtedUpTo) + 1;
    long upTo = maybeSentUpTo();
    if (upTo >= first) {
      doubtedUpTo = upTo;
      drainer.doubtful(false, first, upTo, why);
    }
    return upTo;
  }
}

package dev.whippet.broker.internal.bench.client;

import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.MessageRecords;
import dev.whippet.internal.wire.Partitioning;
import dev.whippet.internal.wire.Requests;
import java.util.Random;
import okio.Buffer;

/**
 * Prepared send_messages requests to one partition (or balanced over a topic). Fixed sizes need one
 * request; with ranges, {@link #VARIANTS} requests of drawn sizes are sent in turn. The bytes are
 * pseudo-random from a fixed seed, so no compression on the way flatters anybody.
 */
public final class BatchSource {

  private static final int VARIANTS = 16;
  private static final int ORIGIN_TIMESTAMP = 40;
  private static final long SEED = 42;

  private final Frame[] frames;
  private final int[] messages;
  private final int[] payloadBytes;
  private final int[] firstRecord;
  private int next = -1;

  /**
   * Encodes the batches for {@code connection}.
   *
   * @param partitionOrMinus1 -1 = the server balances
   */
  public BatchSource(
      BenchConnection connection,
      String stream,
      String topic,
      int partitionOrMinus1,
      Range messagesPerBatch,
      Range messageBytes) {
    boolean fixed = messagesPerBatch.isFixed() && messageBytes.isFixed();
    int variants = fixed ? 1 : VARIANTS;
    Random random = new Random(SEED);
    frames = new Frame[variants];
    messages = new int[variants];
    payloadBytes = new int[variants];
    firstRecord = new int[variants];
    Partitioning partitioning =
        partitionOrMinus1 < 0 ? Partitioning.balanced() : Partitioning.partition(partitionOrMinus1);
    for (int i = 0; i < variants; i++) {
      MessageRecords records = new MessageRecords();
      messages[i] = messagesPerBatch.draw(random);
      for (int message = 0; message < messages[i]; message++) {
        byte[] payload = new byte[messageBytes.draw(random)];
        random.nextBytes(payload);
        payloadBytes[i] += payload.length;
        records.add(0, 0, 0, payload, null);
      }
      int recordsBytes = records.byteCount();
      Buffer request = new Buffer();
      Requests.sendMessages(
          request, Identifier.named(stream), Identifier.named(topic), partitioning, records);
      firstRecord[i] = (int) request.size() - recordsBytes;
      frames[i] = connection.prepare(request);
    }
  }

  /** Moves to the next batch. */
  public Frame next() {
    next = next + 1 == frames.length ? 0 : next + 1;
    return frames[next];
  }

  /** Messages in the batch that {@link #next} gave. */
  public int messages() {
    return messages[next];
  }

  /** Payload bytes in it, without record headers. */
  public int payloadBytes() {
    return payloadBytes[next];
  }

  /** Bytes that a server counts for it: 64 a message and the payload. */
  public long recordBytes() {
    return payloadBytes() + (long) messages() * Limits.MESSAGE_HEADER_BYTES;
  }

  /** Writes the origin timestamp of its first message. */
  public void stamp(long micros) {
    frames[next].putLong(firstRecord[next] + ORIGIN_TIMESTAMP, micros);
  }
}

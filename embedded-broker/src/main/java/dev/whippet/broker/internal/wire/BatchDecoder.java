package dev.whippet.broker.internal.wire;

import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.Batch;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.command.Request.Partitioning;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.Status;
import dev.whippet.internal.wire.XxHash32;
import io.netty.buffer.ByteBuf;

/**
 * Payloads of send_messages and publish: what stands before the message records.
 *
 * <pre>
 * send_messages (iggy-classic.md 5.2)
 *   u32 metadata length M | M bytes: ident stream, ident topic, partitioning, u32 count C
 *   16 x C index entries  | C records
 *
 * publish (whippet-extension.md 3.1)
 *   ident stream | ident topic | u32 partition | u16 channel | u16 0
 *   u64 previous | u64 first sequence | u32 count C | C records
 * </pre>
 *
 * <p>The batch is the payload's own memory: no message is copied. Stateless; any thread.
 */
final class BatchDecoder {
  private static final int BALANCED = 1;
  private static final int PARTITION_ID = 2;
  private static final int KEY = 3;

  private BatchDecoder() {}

  static Request sendMessages(ByteBuf payload) throws Refusal {
    PayloadReader in = new PayloadReader(payload);
    long metadataLength = in.count32();
    if (metadataLength > in.remaining()) {
      throw new Refusal(Status.INVALID_COMMAND);
    }
    int indexAt = in.position() + (int) metadataLength;
    PayloadReader metadata = new PayloadReader(payload, in.position(), indexAt);
    Identifier stream = metadataIdentifier(metadata);
    Identifier topic = metadataIdentifier(metadata);
    Partitioning partitioning = partitioning(metadata);
    long count = metadata.count32();
    long recordsAt = indexAt + count * Limits.INDEX_ENTRY_BYTES;
    if (recordsAt > payload.writerIndex()) {
      throw new Refusal(Status.INVALID_COMMAND);
    }
    BatchValidator.indexed(payload, indexAt, (int) recordsAt, (int) count);
    Batch batch = batch(payload, (int) recordsAt, (int) count);
    return new Request.SendMessages(stream, topic, partitioning, batch);
  }

  static Request publish(PayloadReader in, ByteBuf payload) throws Refusal {
    Identifier stream = in.identifier();
    Identifier topic = in.identifier();
    int partition = in.u32();
    int channel = in.u16();
    int reserved = in.u16();
    long previous = in.u64();
    long first = in.u64();
    long count = in.count32();
    if (reserved != 0 || !ascending(previous, first, count)) {
      throw new Refusal(Status.INVALID_COMMAND);
    }
    BatchValidator.plain(payload, in.position(), count);
    Batch batch = batch(payload, in.position(), (int) count);
    return new Request.Publish(stream, topic, partition, channel, previous, first, batch);
  }

  /** Sequences start at 1, lie above {@code previous}, and the one after the last fits 63 bits. */
  private static boolean ascending(long previous, long first, long count) {
    return previous >= 0 && first > previous && first <= Long.MAX_VALUE - count;
  }

  /** Faults of identifiers in the metadata are 6, not 3 or 4 (4.1). */
  private static Identifier metadataIdentifier(PayloadReader metadata) throws Refusal {
    try {
      return metadata.identifier();
    } catch (Refusal e) {
      throw new Refusal(Status.INVALID_IDENTIFIER);
    }
  }

  /** iggy-classic.md 4.4; a key of length 0 is taken, as by the stock server. */
  private static Partitioning partitioning(PayloadReader metadata) throws Refusal {
    int kind = metadata.u8();
    int length = metadata.u8();
    if (kind == BALANCED && length == 0) {
      return new Partitioning.Balanced();
    }
    if (kind == PARTITION_ID && length == Integer.BYTES) {
      return new Partitioning.PartitionId(metadata.u32());
    }
    if (kind == KEY) {
      byte[] key = metadata.bytes(length);
      return new Partitioning.Key(XxHash32.hash(key, 0, key.length));
    }
    throw new Refusal(Status.INVALID_COMMAND);
  }

  private static Batch batch(ByteBuf payload, int recordsAt, int count) {
    ByteBuf records = payload.retainedDuplicate();
    return new Batch(records.setIndex(recordsAt, payload.writerIndex()), count);
  }
}

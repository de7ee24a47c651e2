package dev.whippet.broker.internal.wire;

import dev.whippet.broker.internal.command.Request;
import dev.whippet.internal.wire.Command;
import dev.whippet.internal.wire.Limits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * Memory for the payload of a large request; for send_messages and publish such that the log can
 * write its records to a file from where they were received:
 *
 * <pre>
 *   | block                                  | block ...             | block        |
 *   | free | fields before the records | 128 | records ...                  | free  |
 *          ^ payload begins            ^ a block's border               whole blocks
 * </pre>
 *
 * The last {@value Request.Batch#ROOM_BYTES} bytes before the records are the log's once the
 * request is decoded: they hold fields and index entries that nobody needs any more. Stateless.
 */
public final class BatchPlacement {

  /** Partition, channel, reserved, previous and first sequence, count. */
  private static final int PUBLISH_FIELDS_BYTES = 4 + 2 + 2 + 8 + 8 + 4;

  private static final int UNKNOWN = -1;

  private BatchPlacement() {}

  /**
   * An empty buffer for the whole payload, indexes where it begins.
   *
   * @param from gives buffers that begin at a block's border, or does not: then the log copies
   * @param head its first bytes; names and a key, 255 bytes each, should be among them
   * @param payloadBytes more than that
   */
  public static ByteBuf allocate(
      ByteBufAllocator from, int blockBytes, int code, ByteBuf head, int payloadBytes) {
    int before = recordsAt(code, head);
    if (before < 0 || before > payloadBytes) {
      return from.directBuffer(payloadBytes, payloadBytes);
    }
    int room = Request.Batch.ROOM_BYTES;
    int border = up(Math.max(0, before - room), blockBytes);
    int capacity = border + up(room + payloadBytes - before, blockBytes);
    int start = border + room - before;
    return from.directBuffer(capacity, capacity).setIndex(start, start);
  }

  private static int up(int bytes, int blockBytes) {
    return (bytes + blockBytes - 1) / blockBytes * blockBytes;
  }

  /** As {@link BatchDecoder} will find it, if the payload is sound. */
  private static int recordsAt(int code, ByteBuf head) {
    PayloadReader in = new PayloadReader(head);
    try {
      if (code == Command.PUBLISH) {
        in.identifier();
        in.identifier();
        return in.position() - head.readerIndex() + PUBLISH_FIELDS_BYTES;
      }
      if (code != Command.SEND_MESSAGES) {
        return UNKNOWN;
      }
      long metadata = in.count32();
      if (metadata < Integer.BYTES || metadata > in.remaining()) {
        return UNKNOWN;
      }
      int indexAt = in.position() + (int) metadata;
      long count = new PayloadReader(head, indexAt - Integer.BYTES, indexAt).count32();
      long at = indexAt - head.readerIndex() + count * Limits.INDEX_ENTRY_BYTES;
      return at > Integer.MAX_VALUE ? UNKNOWN : (int) at;
    } catch (Refusal e) {
      return UNKNOWN;
    }
  }
}

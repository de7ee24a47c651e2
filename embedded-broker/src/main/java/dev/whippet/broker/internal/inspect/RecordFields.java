package dev.whippet.broker.internal.inspect;

import dev.whippet.broker.internal.log.format.BatchHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/**
 * One stored record, as {@code dump} shows it.
 *
 * @param offset of the message
 * @param timestampMicros when it was stored
 * @param originMicros when it was sent
 * @param id 32 hex digits
 * @param headers bytes of its user headers
 * @param payload its content
 */
public record RecordFields(
    long offset, long timestampMicros, long originMicros, String id, int headers, byte[] payload) {

  static RecordFields read(ByteBuf in, int index) {
    int headers = in.getIntLE(index + 48);
    int payload = in.getIntLE(index + 52);
    int start = index + BatchHeader.RECORD_HEADER_BYTES;
    return new RecordFields(
        in.getLongLE(index + 24),
        in.getLongLE(index + 32),
        in.getLongLE(index + 40),
        ByteBufUtil.hexDump(in, index + 8, 16),
        headers,
        ByteBufUtil.getBytes(in, start, payload));
  }

  /** True when a record with this offset, its checksum sound, stands at {@code index}. */
  static boolean isSound(ByteBuf in, int index, int end, long offset) {
    if (index + BatchHeader.RECORD_HEADER_BYTES > end) {
      return false;
    }
    int headers = in.getIntLE(index + 48);
    int payload = in.getIntLE(index + 52);
    long size = (long) BatchHeader.RECORD_HEADER_BYTES + headers + payload;
    return headers >= 0
        && payload >= 0
        && index + size <= end
        && in.getLongLE(index + 24) == offset
        && in.getLongLE(index) == BatchHeader.checksum(in, index + 8, (int) size - 8);
  }
}

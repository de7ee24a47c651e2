package dev.whippet.conformance.codec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.HexFormat;
import java.util.Random;

/** Messages on the wire: records, batches, poll results, user headers (iggy-classic.md 5). */
final class MessageLayouts {
  private static final int RECORD_HEADER_BYTES = 64;
  private static final int INDEX_ENTRY_BYTES = 16;

  /** As a poll returns it: with checksum, offset and timestamp. */
  static final Layout STORED_RECORD = new Message(true);

  /** As a producer sends it. */
  static final Layout OUTGOING_RECORD = new Message(false);

  private MessageLayouts() {}

  /**
   * One record (5.1). In requests checksum, offset and timestamp are zero and no members.
   *
   * <pre>
   * 0 checksum u64, 8 id u128, 24 offset u64, 32 timestamp u64, 40 origin timestamp u64,
   * 48 user headers length u32, 52 payload length u32, 56 reserved u64, 64 payload, user headers
   * </pre>
   */
  record Message(boolean stored) implements Layout {
    @Override
    public void write(JsonNode value, ByteSink out) {
      ByteSink headers = new ByteSink();
      value.get("user_headers").forEach(header -> USER_HEADER.write(header, headers));
      byte[] payload = HexFormat.of().parseHex(value.get("payload_hex").textValue());
      out.u64(stored ? number(value, "checksum") : 0);
      BigInteger id = new BigInteger(value.get("id").textValue());
      out.u64(id.longValue());
      out.u64(id.shiftRight(64).longValue());
      out.u64(stored ? number(value, "offset") : 0);
      out.u64(stored ? number(value, "timestamp") : 0);
      out.u64(number(value, "origin_timestamp"));
      out.u32(headers.size());
      out.u32(payload.length);
      out.u64(0);
      out.bytes(payload);
      out.bytes(headers.toByteArray());
    }

    @Override
    public JsonNode read(ByteSource in) {
      String checksum = Long.toUnsignedString(in.u64());
      BigInteger low = new BigInteger(Long.toUnsignedString(in.u64()));
      BigInteger high = new BigInteger(Long.toUnsignedString(in.u64()));
      JsonNode offset = U64.read(in);
      JsonNode timestamp = U64.read(in);
      JsonNode origin = U64.read(in);
      long headersLength = in.u32();
      long payloadLength = in.u32();
      if (in.u64() != 0) {
        throw new MalformedFrame("reserved is not 0");
      }
      ObjectNode message = JSON.objectNode();
      if (stored) {
        message.put("checksum", checksum);
        message.set("offset", offset);
        message.set("timestamp", timestamp);
      } else if (!checksum.equals("0") || offset.longValue() != 0 || timestamp.longValue() != 0) {
        throw new MalformedFrame("server fields of an outgoing message are not 0");
      }
      message.put("id", high.shiftLeft(64).add(low).toString());
      message.set("origin_timestamp", origin);
      message.put("payload_hex", HexFormat.of().formatHex(in.bytes(payloadLength)));
      ByteSource headers = new ByteSource(in.bytes(headersLength));
      message.set("user_headers", new UntilEnd(USER_HEADER).read(headers));
      return message;
    }

    private static long number(JsonNode value, String member) {
      return Unsigned.number(value.get(member)).longValue();
    }

    @Override
    public JsonNode sample(Random random) {
      byte[] payload = new byte[1 + random.nextInt(60)];
      random.nextBytes(payload);
      ObjectNode message = JSON.objectNode();
      if (stored) {
        message.put("checksum", Long.toUnsignedString(random.nextLong()));
        message.set("offset", U64.sample(random));
        message.set("timestamp", U64.sample(random));
      }
      message.put("id", new BigInteger(128, random).toString());
      message.set("origin_timestamp", U64.sample(random));
      message.put("payload_hex", HexFormat.of().formatHex(payload));
      message.set("user_headers", Layout.list(USER_HEADER, random));
      return message;
    }
  }

  static final Layout USER_HEADER = new UserHeader();

  /** A key and a value, each {@code u8} kind, {@code u32} length, bytes (5.6). */
  private record UserHeader() implements Layout {
    @Override
    public void write(JsonNode value, ByteSink out) {
      for (String part : new String[] {"key", "value"}) {
        byte[] bytes = HexFormat.of().parseHex(value.get(part + "_hex").textValue());
        out.u8(value.get(part + "_kind").intValue());
        out.u32(bytes.length);
        out.bytes(bytes);
      }
    }

    @Override
    public JsonNode read(ByteSource in) {
      ObjectNode header = JSON.objectNode();
      for (String part : new String[] {"key", "value"}) {
        int kind = in.u8();
        long length = in.u32();
        if (kind < 1 || kind > 15 || length < 1 || length > 255) {
          throw new MalformedFrame("user header field of kind " + kind + ", length " + length);
        }
        header.put(part + "_kind", (long) kind);
        header.put(part + "_hex", HexFormat.of().formatHex(in.bytes(length)));
      }
      return header;
    }

    @Override
    public JsonNode sample(Random random) {
      ObjectNode header = JSON.objectNode();
      for (String part : new String[] {"key", "value"}) {
        byte[] bytes = new byte[1 + random.nextInt(12)];
        random.nextBytes(bytes);
        header.put(part + "_kind", 1L + random.nextInt(15));
        header.put(part + "_hex", HexFormat.of().formatHex(bytes));
      }
      return header;
    }
  }

  /**
   * The payload of send_messages (5.2): {@code u32} metadata length, stream, topic, partitioning,
   * {@code u32} count, count index entries of 16 bytes, count records.
   */
  record SendMessages() implements Layout {
    private static final Struct METADATA =
        Layout.struct()
            .with("stream_id", ClassicLayouts.IDENTIFIER)
            .with("topic_id", ClassicLayouts.IDENTIFIER)
            .with("partitioning", ClassicLayouts.PARTITIONING);

    @Override
    public void write(JsonNode value, ByteSink out) {
      JsonNode messages = value.get("messages");
      ByteSink metadata = new ByteSink();
      METADATA.write(value, metadata);
      metadata.u32(messages.size());
      ByteSink records = new ByteSink();
      ByteSink index = new ByteSink();
      for (JsonNode message : messages) {
        OUTGOING_RECORD.write(message, records);
        index.u32(0);
        index.u32(records.size());
        index.u64(0);
      }
      out.u32(metadata.size());
      out.bytes(metadata.toByteArray());
      out.bytes(index.toByteArray());
      out.bytes(records.toByteArray());
    }

    @Override
    public JsonNode read(ByteSource in) {
      ByteSource metadata = new ByteSource(in.bytes(in.u32()));
      ObjectNode result = METADATA.read(metadata);
      long count = metadata.u32();
      if (metadata.remaining() > 0 || count < 1) {
        throw new MalformedFrame("metadata of a batch of " + count);
      }
      ByteSource index = new ByteSource(in.bytes(count * INDEX_ENTRY_BYTES));
      ArrayNode messages = JSON.arrayNode();
      int start = in.position();
      for (long i = 0; i < count; i++) {
        messages.add(OUTGOING_RECORD.read(in));
        boolean sound =
            index.u32() == 0 && index.u32() == in.position() - start && index.u64() == 0;
        if (!sound || in.position() - start < (i + 1) * RECORD_HEADER_BYTES) {
          throw new MalformedFrame("index entry " + i);
        }
      }
      result.set("messages", messages);
      return result;
    }

    @Override
    public JsonNode sample(Random random) {
      ObjectNode batch = METADATA.sample(random);
      ArrayNode messages = JSON.arrayNode().add(OUTGOING_RECORD.sample(random));
      messages.addAll(Layout.list(OUTGOING_RECORD, random));
      return batch.set("messages", messages);
    }
  }
}

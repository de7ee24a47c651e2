package dev.whippet.broker.internal.wire;

import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.List;

/**
 * The classic generation of the wire (Apache Iggy servers 0.7 and 0.8, iggy-classic.md) with the
 * Whippet extension: request payloads to {@link Request}, {@link Reply} to response frames.
 *
 * <pre>
 * request   u32 length = 4 + N | u32 code   | N bytes payload    (1.1; framing: internal.net)
 * response  u32 status         | u32 length | payload            (1.2)
 * </pre>
 *
 * <p>Stateless; any thread. Reads nothing outside of the payload, whatever it holds.
 */
public final class ClassicDialect {
  private ClassicDialect() {}

  /**
   * Decodes one complete payload, from reader index to writer index. The caller keeps its reference
   * and releases it; the {@link Request.Batch} of send_messages and publish keeps one of its own to
   * the same memory, everything else is copied out.
   *
   * @throws Refusal with the status to answer: 3, 4, 6 or one of section 5.3
   */
  public static Request decode(int code, ByteBuf payload) throws Refusal {
    return RequestDecoder.decode(code, payload);
  }

  /**
   * Encodes one complete response frame as one or more buffers to be written in this order; over
   * WebSocket they are one message. The buffers belong to the caller. Records of a {@link
   * Reply.Polled} are passed on, not copied; their references go over to the result, also when this
   * throws.
   */
  public static List<ByteBuf> encode(Reply reply, ByteBufAllocator allocator) {
    return ReplyEncoder.encode(reply, allocator);
  }
}

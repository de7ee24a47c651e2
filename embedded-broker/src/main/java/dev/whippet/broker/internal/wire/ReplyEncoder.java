package dev.whippet.broker.internal.wire;

import dev.whippet.broker.internal.command.Reply;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.List;

final class ReplyEncoder {
  private ReplyEncoder() {}

  static List<ByteBuf> encode(Reply reply, ByteBufAllocator allocator) {
    throw new UnsupportedOperationException(reply.toString());
  }
}

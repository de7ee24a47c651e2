package dev.whippet.broker.internal.wire;

import dev.whippet.broker.internal.command.Request;
import io.netty.buffer.ByteBuf;

final class RequestDecoder {
  private RequestDecoder() {}

  static Request decode(int code, ByteBuf payload) throws Refusal {
    throw new UnsupportedOperationException("code " + code);
  }
}

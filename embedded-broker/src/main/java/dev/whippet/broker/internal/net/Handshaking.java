package dev.whippet.broker.internal.net;

import dev.whippet.broker.internal.websocket.HandshakeRules;
import dev.whippet.broker.internal.websocket.ServerHandshake;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** The HTTP request that opens a WebSocket, until it is answered or found to be another one. */
final class Handshaking implements Stage {
  private final Connection connection;
  private final ByteBufAllocator allocator;
  private final ServerHandshake handshake;

  Handshaking(
      Connection connection, ByteBufAllocator allocator, HandshakeRules rules, boolean orHttp) {
    this.connection = connection;
    this.allocator = allocator;
    this.handshake = new ServerHandshake(rules, parameters -> connection.takeCompression(), orHttp);
  }

  @Override
  public void read(ByteBuf in) {
    ServerHandshake.Answer answer = handshake.read(in, allocator);
    if (answer == null) {
      return;
    }
    if (answer.isHttp()) {
      connection.startHttp(answer.response());
    } else {
      connection.handshakeEnded(answer);
    }
  }
}

package dev.whippet.broker.internal.net;

import io.netty.buffer.ByteBuf;

/** What a connection's next bytes are: its first ones, a handshake, frames, or nothing of use. */
interface Stage {

  /** Takes readable bytes of {@code in}, at least one; may leave the rest to the stage after it. */
  void read(ByteBuf in);

  /** Bytes that nobody waits for any more: the connection lingers until the peer closes. */
  Stage NOTHING = in -> in.skipBytes(in.readableBytes());
}

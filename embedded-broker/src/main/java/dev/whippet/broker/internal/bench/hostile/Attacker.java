package dev.whippet.broker.internal.bench.hostile;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/**
 * One hostile peer's connection. Owned by the thread of its {@link Attackers}, which says when it
 * may write, and how much.
 */
final class Attacker implements Closeable {
  private static final int CLOSE_FRAME = 0x88;

  private final Attack attack;
  private final SocketChannel channel;
  private final SelectionKey key;
  private final ByteBuffer opening;
  private final ByteBuffer units;
  private final long bornMillis;
  private long dueMillis;

  /** Code of the server's Close frame, 0 = none seen. */
  int closeCode;

  /** {@code units} is filled with whole units and shared by nobody. */
  Attacker(
      Attack attack,
      InetSocketAddress server,
      byte[] opening,
      ByteBuffer units,
      Selector selector,
      long nowMillis)
      throws IOException {
    this.attack = attack;
    this.opening = ByteBuffer.wrap(opening);
    this.units = units;
    this.bornMillis = nowMillis;
    this.channel = SocketChannel.open();
    channel.configureBlocking(false);
    if (!attack.reads()) {
      channel.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
    }
    this.key = channel.register(selector, SelectionKey.OP_CONNECT, this);
    channel.connect(server);
  }

  /** Connects or reads as far as it can; false when the server ended it. */
  boolean ready(ByteBuffer scratch) {
    try {
      if (key.isConnectable() && channel.finishConnect()) {
        key.interestOps(attack.reads() ? SelectionKey.OP_READ : 0);
      } else if (key.isReadable()) {
        scratch.clear();
        int count = channel.read(scratch);
        findCloseCode(scratch.flip());
        return count >= 0 && closeCode == 0;
      }
      return true;
    } catch (IOException e) {
      return false; // reset: ended as well
    }
  }

  /** Writes at most {@code bytesMax}; returns how many it took, -1 when the server ended it. */
  int write(int bytesMax, long nowMillis) {
    if (!channel.isConnected() || nowMillis < dueMillis) {
      return 0;
    }
    try {
      if (opening.hasRemaining()) {
        return channel.write(opening);
      }
      dueMillis = nowMillis + attack.unitMillis();
      if (!units.hasRemaining()) {
        units.rewind();
      }
      int bytes = attack.unitMillis() > 0 ? 1 : Math.min(bytesMax, units.remaining());
      int written = channel.write(units.slice(units.position(), bytes));
      units.position(units.position() + written);
      return written;
    } catch (IOException e) {
      return -1;
    }
  }

  /** True for one that goes by itself, now. */
  boolean isOver(long nowMillis) {
    return attack == Attack.ABRUPT_CLOSE && nowMillis - bornMillis > Attack.ABRUPT_MILLIS;
  }

  /** A Close frame is the last thing that a server sends. */
  private void findCloseCode(ByteBuffer in) {
    for (int i = 0; i + 4 <= in.limit(); i++) {
      boolean last = i + 2 + (in.get(i + 1) & 0x7f) == in.limit();
      if ((in.get(i) & 0xff) == CLOSE_FRAME && last) {
        closeCode = in.getShort(i + 2) & 0xffff;
      }
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Nobody waits for it
    }
  }
}

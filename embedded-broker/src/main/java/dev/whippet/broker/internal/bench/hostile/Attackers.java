package dev.whippet.broker.internal.bench.hostile;

import dev.whippet.broker.internal.bench.client.Target;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Many peers of one {@link Attack} on one thread. Together they send no more than a gateway's link
 * carries; who is ended by the server comes again a little later.
 */
final class Attackers implements Closeable {
  private static final int TICK_MILLIS = 1;
  private static final int BLOCK_BYTES = 4096;

  /** New connections a second of all, those that come again included. */
  private static final int CONNECTS_PER_SECOND = 1_000;

  private final Attack attack;
  private final InetSocketAddress server;
  private final byte[] opening;
  private final byte[] unit;
  private final int count;
  private final long bytesPerSecond;
  private final Selector selector;
  private final List<Attacker> open = new ArrayList<>();
  private final ByteBuffer scratch = ByteBuffer.allocate(64 << 10);
  private final Map<Integer, Long> closeCodes = new ConcurrentSkipListMap<>();
  private final AtomicLong connected = new AtomicLong();
  private final AtomicLong ended = new AtomicLong();
  private final AtomicLong sentBytes = new AtomicLong();
  private final Thread thread = new Thread(this::run, "bench-hostile");
  private int turn;
  private volatile boolean over;

  Attackers(Attack attack, Target target, int count, long bytesPerSecond) throws IOException {
    this.attack = attack;
    this.server = new InetSocketAddress(target.host(), target.port());
    this.opening = attack.opening(target);
    this.unit = attack.unit();
    this.count = count;
    this.bytesPerSecond = bytesPerSecond;
    this.selector = Selector.open();
    thread.setDaemon(true);
    thread.start();
  }

  /** Connections made so far. */
  long connected() {
    return connected.get();
  }

  /** Connections that the server ended. */
  long ended() {
    return ended.get();
  }

  long sentBytes() {
    return sentBytes.get();
  }

  /** Close codes that came, with their number. */
  Map<Integer, Long> closeCodes() {
    return closeCodes;
  }

  private void run() {
    long last = System.nanoTime();
    double bytes = 0;
    double connects = 0;
    try {
      while (!over) {
        selector.select(TICK_MILLIS);
        long now = System.nanoTime();
        double seconds = Math.min(0.05, (now - last) / 1e9);
        last = now;
        connects = Math.min(CONNECTS_PER_SECOND, connects + seconds * CONNECTS_PER_SECOND);
        bytes = Math.min(bytesPerSecond * 0.05, bytes + seconds * bytesPerSecond);
        connects -= connect((int) connects, now / 1_000_000);
        read();
        bytes -= write((int) bytes, now / 1_000_000);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int connect(int most, long nowMillis) throws IOException {
    int made = 0;
    while (made < most && open.size() < count) {
      ByteBuffer units = ByteBuffer.allocate(Math.max(1, BLOCK_BYTES / unit.length) * unit.length);
      while (units.hasRemaining()) {
        units.put(unit);
      }
      units.flip();
      open.add(new Attacker(attack, server, opening, units, selector, nowMillis));
      connected.incrementAndGet();
      made++;
    }
    return made;
  }

  private void read() {
    for (SelectionKey key : selector.selectedKeys()) {
      Attacker attacker = (Attacker) key.attachment();
      if (key.isValid() && !attacker.ready(scratch)) {
        end(attacker);
      }
    }
    selector.selectedKeys().clear();
  }

  /** In turns, so that each has its part of the link. */
  private int write(int bytesMax, long nowMillis) {
    int left = bytesMax;
    int tries = open.size();
    while (tries-- > 0 && left > 0 && !open.isEmpty()) {
      turn = (turn + 1) % open.size();
      Attacker attacker = open.get(turn);
      int written = attacker.write(Math.min(left, BLOCK_BYTES), nowMillis);
      if (written < 0) {
        end(attacker);
      } else if (attacker.isOver(nowMillis)) {
        open.remove(attacker);
        attacker.close();
      }
      left -= Math.max(0, written);
    }
    sentBytes.addAndGet(bytesMax - left);
    return bytesMax - left;
  }

  private void end(Attacker attacker) {
    open.remove(attacker);
    attacker.close();
    ended.incrementAndGet();
    closeCodes.merge(attacker.closeCode, 1L, Long::sum);
  }

  @Override
  public void close() {
    over = true;
    selector.wakeup();
    try {
      thread.join();
      open.forEach(Attacker::close);
      selector.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // Nothing more is wanted of it
    }
  }
}

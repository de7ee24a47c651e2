package dev.whippet.broker.internal.net;

import dev.whippet.broker.internal.net.event.ConnectionCounts.What;
import dev.whippet.broker.internal.net.pulse.KeepAlive;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the connections that a listening socket accepts and gives each to the loop that has the
 * fewest: were each loop to listen for itself, the kernel would spread by a hash of addresses and
 * ports, which leaves loops idle when peers are few.
 *
 * <p>Accepted ones wait until their loop's turn has time for those that are late ({@link Turns}),
 * {@link #BEGUN_AT_ONCE} at once, {@code ACCEPTS_PER_SECOND_MAX} a second: whoever comes and goes
 * all the time leaves time for who stays. While {@link #WAITING_MAX} wait, more wait in the
 * system's queue. Owner: loop 0.
 */
final class Acceptor extends ChannelInboundHandlerAdapter implements Turns.Late {
  private static final Logger LOGGER = LoggerFactory.getLogger(Acceptor.class);

  /** Shared by all connections: each has its own prediction only. */
  private static final AdaptiveRecvByteBufAllocator RECEIVE =
      new AdaptiveRecvByteBufAllocator(512, 2048, 256 << 10);

  /** Out of descriptors, most likely: accepting goes on after this. */
  private static final long PAUSE_MILLIS = 1_000;

  /** Too many in a second: the next is begun after this. */
  private static final long BREATH_MILLIS = 2;

  static final int WAITING_MAX = 64;
  static final int BEGUN_AT_ONCE = 4;

  private final Listener listener;
  private final Loop own;
  private final WriteBufferWaterMark waterMark;
  private final ArrayDeque<Channel> waiting = new ArrayDeque<>();
  private Channel listening;
  private long begunSince;
  private int begun;
  private boolean asked;
  private boolean paused;

  Acceptor(Listener listener, Loop own) {
    this.listener = listener;
    this.own = own;
    int unwrittenBytesMax = listener.limits().unwrittenBytesMax();
    this.waterMark = new WriteBufferWaterMark(unwrittenBytesMax / 2, unwrittenBytesMax);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    listening = ctx.channel();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    waiting.add((Channel) message);
    ask();
    adjustAccepting();
  }

  private void ask() {
    if (!asked) {
      asked = true;
      own.turns().add(this);
    }
  }

  @Override
  public void goOn() {
    asked = false;
    boolean mayBegin = true;
    for (int i = 0; i < BEGUN_AT_ONCE && !waiting.isEmpty() && mayBegin; i++) {
      mayBegin = earn();
      if (mayBegin) {
        begin(waiting.remove());
      }
    }
    if (!waiting.isEmpty()) {
      if (mayBegin) {
        ask();
      } else {
        asked = true;
        own.executor().schedule(this::goOn, BREATH_MILLIS, TimeUnit.MILLISECONDS);
      }
    }
    adjustAccepting();
  }

  /** False while a second's connections came within less. */
  private boolean earn() {
    long now = own.executor().ticker().nanoTime();
    long each = TimeUnit.SECONDS.toNanos(1) / NetLimits.ACCEPTS_PER_SECOND_MAX;
    long earned = (now - begunSince) / each;
    if (earned > 0) {
      begun = (int) Math.max(0, begun - earned);
      begunSince = begun == 0 ? now : begunSince + earned * each;
    }
    if (begun >= NetLimits.ACCEPTS_AT_ONCE_MAX) {
      return false;
    }
    begun++;
    return true;
  }

  private void begin(Channel channel) {
    if (listener.isStopping() || isRefused(channel)) {
      channel.unsafe().closeForcibly();
      return;
    }
    listener.counts().add(What.ACCEPTED);
    Loop target = leastLoaded();
    AtomicInteger load = target.connections().load();
    load.incrementAndGet();
    channel.closeFuture().addListener(closed -> load.decrementAndGet());
    configure(channel.config());
    if (listener.tls() != null) {
      channel.pipeline().addLast(listener.tls().handler(channel.alloc()));
    }
    channel.pipeline().addLast(new Connection(listener, target));
    target
        .executor()
        .register(channel)
        .addListener(
            registered -> {
              if (!registered.isSuccess()) {
                channel.unsafe().closeForcibly();
              }
            });
  }

  private boolean isRefused(Channel channel) {
    if (listener.isFull()) {
      listener.refused(String.valueOf(channel.remoteAddress()), What.REFUSED_FULL);
      return true;
    }
    NetLimits limits = listener.limits();
    boolean counted = limits.connectionsPerAddressMax() < limits.connectionsMax();
    if (counted && channel.remoteAddress() instanceof InetSocketAddress peer) {
      InetAddress address = peer.getAddress();
      Map<InetAddress, Integer> open = listener.loops().openByAddress();
      if (open.merge(address, 1, Integer::sum) > limits.connectionsPerAddressMax()) {
        leave(open, address);
        listener.refused(String.valueOf(peer), What.REFUSED_ADDRESS);
        return true;
      }
      channel.closeFuture().addListener(closed -> leave(open, address));
    }
    return false;
  }

  private static void leave(Map<InetAddress, Integer> open, InetAddress address) {
    open.computeIfPresent(address, (same, count) -> count == 1 ? null : count - 1);
  }

  private void adjustAccepting() {
    boolean accept = !paused && waiting.size() < WAITING_MAX;
    if (listening.isOpen() && listening.config().isAutoRead() != accept) {
      listening.config().setAutoRead(accept);
    }
  }

  /** The listener ends. */
  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    waiting.forEach(channel -> channel.unsafe().closeForcibly());
    waiting.clear();
  }

  private Loop leastLoaded() {
    Loop best = own;
    int least = own.connections().load().get();
    for (Loop loop : listener.loops().all()) {
      int count = loop.connections().load().get();
      if (count < least) {
        best = loop;
        least = count;
      }
    }
    return best;
  }

  private void configure(ChannelConfig config) {
    config.setAllocator(PooledByteBufAllocator.DEFAULT);
    config.setOption(ChannelOption.TCP_NODELAY, true);
    config.setOption(ChannelOption.SO_KEEPALIVE, true);
    config.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    config.setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, waterMark);
    config.setRecvByteBufAllocator(RECEIVE);
    listener.loops().transport().configure(config);
    listener.loops().transport().keepAlive(config, KeepAlive.RELAXED);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOGGER.warn("{}: cannot accept, pausing: {}", ctx.channel(), cause.toString());
    if (!paused) {
      paused = true;
      ctx.executor().schedule(this::unpause, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    }
    adjustAccepting();
  }

  private void unpause() {
    paused = false;
    adjustAccepting();
  }
}

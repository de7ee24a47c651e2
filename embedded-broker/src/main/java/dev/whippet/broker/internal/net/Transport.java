package dev.whippet.broker.internal.net;

import static jdk.net.ExtendedSocketOptions.TCP_KEEPCOUNT;
import static jdk.net.ExtendedSocketOptions.TCP_KEEPIDLE;
import static jdk.net.ExtendedSocketOptions.TCP_KEEPINTERVAL;

import dev.whippet.broker.internal.net.pulse.KeepAlive;
import dev.whippet.broker.internal.system.RootCause;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringBufferRingConfig;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringFixedBufferRingAllocator;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringIoHandlerConfig;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.util.Locale;

/**
 * What the event loops run on, and why nothing better.
 *
 * @param kind the transport in use
 * @param whyNotBetter for each better one its name and the reason, such as {@code "io_uring: ..."};
 *     empty for io_uring and for a transport that was asked for by name
 */
public record Transport(Kind kind, String whyNotBetter) {

  /** Receive buffers that the kernel takes from one ring per loop: 16 of 64 KiB. */
  private static final short BUFFER_COUNT = 16;

  private static final int BUFFER_BYTES = 64 * 1024;

  static final short BUFFER_GROUP = 1;

  /** The transports, best first. */
  public enum Kind {
    /** Linux, completion-based; also drives files. */
    IO_URING("io_uring"),
    /** Linux, readiness-based. */
    EPOLL("epoll"),
    /** Java's own, everywhere. */
    NIO("nio");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    /** As users write it: {@code io_uring}, {@code epoll}, {@code nio}. */
    public String label() {
      return label;
    }
  }

  /** The best transport that works here. */
  public static Transport best() {
    StringBuilder refusals = new StringBuilder();
    for (Kind kind : Kind.values()) {
      String refusal = refusal(kind);
      if (refusal == null) {
        return new Transport(kind, refusals.toString());
      }
      refusals.append(refusals.isEmpty() ? "" : "; ").append(kind.label).append(": ");
      refusals.append(refusal);
    }
    throw new AssertionError("NIO refused");
  }

  /**
   * The named transport, or the best for {@code "auto"}.
   *
   * @throws IllegalArgumentException when the name is unknown or it does not work here; the message
   *     says why
   */
  public static Transport choose(String name) {
    if (name.equals("auto")) {
      return best();
    }
    for (Kind kind : Kind.values()) {
      if (kind.label.equals(name.toLowerCase(Locale.ROOT))) {
        String refusal = refusal(kind);
        if (refusal != null) {
          throw new IllegalArgumentException(
              "transport " + kind.label + " does not work here: " + refusal);
        }
        return new Transport(kind, "");
      }
    }
    throw new IllegalArgumentException("transport: " + name + ", not auto, io_uring, epoll or nio");
  }

  /** Why {@code kind} does not work here, in one line, or {@code null} when it does. */
  public static String refusal(Kind kind) {
    return switch (kind) {
      case IO_URING -> reason(() -> IoUring.isAvailable() ? null : IoUring.unavailabilityCause());
      case EPOLL -> reason(() -> Epoll.isAvailable() ? null : Epoll.unavailabilityCause());
      case NIO -> null;
    };
  }

  private static String reason(Probe probe) {
    try {
      Throwable cause = probe.unavailability();
      return cause == null ? null : RootCause.text(cause);
    } catch (LinkageError e) { // the transport's classes are not on the class path
      return "not on the class path (" + e.getMessage() + ")";
    }
  }

  IoHandlerFactory handlers() {
    return switch (kind) {
      case IO_URING -> IoUringIoHandler.newFactory(Ring.config());
      case EPOLL -> EpollIoHandler.newFactory();
      case NIO -> NioIoHandler.newFactory();
    };
  }

  ServerChannel serverChannel() {
    return switch (kind) {
      case IO_URING -> new IoUringServerSocketChannel();
      case EPOLL -> new EpollServerSocketChannel();
      case NIO -> new NioServerSocketChannel();
    };
  }

  /** What an accepted connection needs besides what all transports have. */
  void configure(ChannelConfig config) {
    if (kind == Kind.IO_URING && IoUring.isRegisterBufferRingSupported()) {
      config.setOption(IoUringChannelOption.IO_URING_BUFFER_GROUP_ID, BUFFER_GROUP);
    }
  }

  /** When a silent connection is given up; any time in its life, on its loop. */
  void keepAlive(ChannelConfig config, KeepAlive times) {
    switch (kind) {
      case IO_URING -> {
        config.setOption(IoUringChannelOption.TCP_KEEPIDLE, times.idleSeconds());
        config.setOption(IoUringChannelOption.TCP_KEEPINTVL, times.intervalSeconds());
        config.setOption(IoUringChannelOption.TCP_KEEPCNT, times.probes());
        config.setOption(IoUringChannelOption.TCP_USER_TIMEOUT, times.userTimeoutMillis());
      }
      case EPOLL -> {
        config.setOption(EpollChannelOption.TCP_KEEPIDLE, times.idleSeconds());
        config.setOption(EpollChannelOption.TCP_KEEPINTVL, times.intervalSeconds());
        config.setOption(EpollChannelOption.TCP_KEEPCNT, times.probes());
        config.setOption(EpollChannelOption.TCP_USER_TIMEOUT, times.userTimeoutMillis());
      }
      case NIO -> { // no user time-out: a peer that takes nothing is found by Patience
        config.setOption(NioChannelOption.of(TCP_KEEPIDLE), times.idleSeconds());
        config.setOption(NioChannelOption.of(TCP_KEEPINTERVAL), times.intervalSeconds());
        config.setOption(NioChannelOption.of(TCP_KEEPCOUNT), times.probes());
      }
    }
  }

  @Override
  public String toString() {
    return whyNotBetter.isEmpty() ? kind.label : kind.label + " (" + whyNotBetter + ")";
  }

  private interface Probe {
    Throwable unavailability();
  }

  /** A class of its own: the others must load where io_uring's classes are missing. */
  private static final class Ring {
    static IoUringIoHandlerConfig config() {
      IoUringIoHandlerConfig config = new IoUringIoHandlerConfig();
      if (IoUring.isRegisterBufferRingSupported()) {
        config.setBufferRingConfig(
            IoUringBufferRingConfig.builder()
                .bufferGroupId(BUFFER_GROUP)
                .bufferRingSize(BUFFER_COUNT)
                .batchSize(BUFFER_COUNT)
                .allocator(
                    new IoUringFixedBufferRingAllocator(
                        PooledByteBufAllocator.DEFAULT, BUFFER_BYTES))
                .build());
      }
      return config;
    }
  }
}

package dev.whippet.broker.internal.bench.limits;

import dev.whippet.broker.internal.net.Loop;
import dev.whippet.broker.internal.net.Loops;
import dev.whippet.broker.internal.net.NetLimits;
import dev.whippet.broker.internal.net.Transport;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;

/**
 * The least that a server of the wire could do: on the broker's kind of loop, it answers every
 * request with an empty good reply, keeps nothing and looks at nothing but lengths. What a broker
 * reaches of its rate is what login, catalog, log and disk leave over.
 */
public final class EchoServer implements AutoCloseable {

  private final Loops loops;
  private final Channel listener;

  private EchoServer(Loops loops, Channel listener) {
    this.loops = loops;
    this.listener = listener;
  }

  /**
   * Starts it on one loop.
   *
   * @param directory that exists; nothing is written to it
   */
  public static EchoServer start(InetSocketAddress address, Path directory) throws IOException {
    Transport transport = Transport.best();
    Loops loops = Loops.start(transport, 1, directory, NetLimits.DEFAULT);
    Loop loop = loops.loop(0);
    try {
      Channel listener =
          new ServerBootstrap()
              .group(loop.executor(), loop.executor())
              .channel(channelOf(transport))
              .option(ChannelOption.SO_BACKLOG, 1024)
              .childOption(ChannelOption.TCP_NODELAY, true)
              .childHandler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      channel.pipeline().addLast(new EchoHandler());
                    }
                  })
              .bind(address)
              .sync()
              .channel();
      return new EchoServer(loops, listener);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      loops.stop();
      throw new IOException("interrupted", e);
    } catch (RuntimeException e) {
      loops.stop();
      throw e;
    }
  }

  /** Where it listens. */
  public int port() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  @Override
  public void close() {
    listener.close().syncUninterruptibly();
    loops.stop();
  }

  private static Class<? extends ServerChannel> channelOf(Transport transport) {
    return switch (transport.kind()) {
      case IO_URING -> IoUringServerSocketChannel.class;
      case EPOLL -> EpollServerSocketChannel.class;
      case NIO -> NioServerSocketChannel.class;
    };
  }
}

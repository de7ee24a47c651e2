package dev.whippet.broker.internal.bench.load;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The network between clients and a server, that can be cut: while it is, connections are dropped
 * and new ones are closed at once. Bytes are passed on by two threads a connection. Any thread.
 */
final class CutOff implements Closeable {

  private static final int BUFFER_BYTES = 256 << 10;

  private final InetSocketAddress server;
  private final ServerSocketChannel listener;
  private final Set<SocketChannel> open = ConcurrentHashMap.newKeySet();
  private volatile boolean cut;

  CutOff(InetSocketAddress server) throws IOException {
    this.server = server;
    listener = ServerSocketChannel.open();
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    start(this::accept);
  }

  int port() {
    return listener.socket().getLocalPort();
  }

  void cut() {
    cut = true;
    open.forEach(CutOff::close);
    open.clear();
  }

  void restore() {
    cut = false;
  }

  @Override
  public void close() throws IOException {
    listener.close();
    cut();
  }

  private void accept() {
    while (listener.isOpen()) {
      try {
        SocketChannel client = listener.accept();
        if (cut) {
          client.close();
        } else {
          join(client);
        }
      } catch (IOException e) {
        // The listener was closed, or one client was lost: the next one is asked for
      }
    }
  }

  private void join(SocketChannel client) throws IOException {
    SocketChannel upstream;
    try {
      upstream = SocketChannel.open(server);
    } catch (IOException e) {
      client.close();
      return;
    }
    client.setOption(StandardSocketOptions.TCP_NODELAY, true);
    upstream.setOption(StandardSocketOptions.TCP_NODELAY, true);
    open.add(client);
    open.add(upstream);
    start(() -> pump(client, upstream));
    start(() -> pump(upstream, client));
    if (cut) {
      cut();
    }
  }

  private void pump(SocketChannel from, SocketChannel to) {
    ByteBuffer bytes = ByteBuffer.allocateDirect(BUFFER_BYTES);
    try {
      while (from.read(bytes) >= 0) {
        bytes.flip();
        while (bytes.hasRemaining()) {
          to.write(bytes);
        }
        bytes.clear();
      }
    } catch (IOException e) {
      // Either side is gone; both are closed
    }
    close(from);
    close(to);
    open.remove(from);
    open.remove(to);
  }

  private static void close(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // It is gone either way
    }
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "bench-network");
    thread.setDaemon(true);
    thread.start();
  }
}

package dev.whippet.broker.internal.bench.limits;

import dev.whippet.broker.internal.bench.measure.Latencies;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * Two threads and a TCP connection on loopback, blocking, no protocol: so many bytes there, so many
 * back, one exchange after the other.
 */
final class Loopback {

  private static final int CHUNK_BYTES = 256 << 10;

  private Loopback() {}

  /**
   * Times exchanges.
   *
   * @param there bytes of a request
   * @param back bytes of its answer
   */
  static Latencies exchange(int there, int back, int count) throws IOException {
    try (ServerSocketChannel listener = ServerSocketChannel.open()) {
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      Thread peer = new Thread(() -> answer(listener, there, back), "bench-loopback");
      peer.setDaemon(true);
      peer.start();
      try (SocketChannel channel = SocketChannel.open(listener.getLocalAddress())) {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        ByteBuffer request = ByteBuffer.allocateDirect(there);
        ByteBuffer in = ByteBuffer.allocateDirect(CHUNK_BYTES);
        Latencies latencies = new Latencies();
        for (int i = -count / 2; i < count; i++) {
          long start = System.nanoTime();
          write(channel, request);
          read(channel, in, back);
          if (i >= 0) {
            latencies.record(System.nanoTime() - start);
          }
        }
        return latencies;
      }
    }
  }

  private static void answer(ServerSocketChannel listener, int there, int back) {
    ByteBuffer in = ByteBuffer.allocateDirect(CHUNK_BYTES);
    ByteBuffer reply = ByteBuffer.allocateDirect(back);
    try (SocketChannel channel = listener.accept()) {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      while (true) {
        read(channel, in, there);
        write(channel, reply);
      }
    } catch (IOException e) {
      // The other side has measured enough
    }
  }

  private static void write(SocketChannel channel, ByteBuffer bytes) throws IOException {
    bytes.clear();
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static void read(SocketChannel channel, ByteBuffer in, int bytes) throws IOException {
    int remaining = bytes;
    while (remaining > 0) {
      in.clear().limit(Math.min(remaining, in.capacity()));
      int count = channel.read(in);
      if (count < 0) {
        throw new EOFException();
      }
      remaining -= count;
    }
  }
}

package dev.whippet.samples.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A TCP proxy on loopback whose link can stall: while stalled it forwards nothing in either
 * direction and closes nothing, like a radio that went out of reach. Two daemon threads a
 * connection.
 */
final class StallProxy implements AutoCloseable {

  private static final int CHUNK_BYTES = 16 * 1024;

  private final ServerSocket server;
  private final InetSocketAddress target;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final Object gate = new Object();
  private boolean stalled; // guarded by gate

  StallProxy(InetSocketAddress target) throws IOException {
    this.target = target;
    this.server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    start("proxy-accept", this::acceptAll);
  }

  int port() {
    return server.getLocalPort();
  }

  void stall() {
    synchronized (gate) {
      stalled = true;
    }
  }

  void resume() {
    synchronized (gate) {
      stalled = false;
      gate.notifyAll();
    }
  }

  private void acceptAll() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        start("proxy-connect", () -> connect(client));
      } catch (IOException e) {
        if (!server.isClosed()) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  private void connect(Socket client) {
    Socket upstream = new Socket();
    sockets.add(client);
    sockets.add(upstream);
    try {
      awaitFlow();
      client.setTcpNoDelay(true);
      upstream.setTcpNoDelay(true);
      upstream.connect(target);
    } catch (IOException e) {
      closeBoth(client, upstream);
      return;
    }
    start("proxy-up", () -> pump(client, upstream));
    start("proxy-down", () -> pump(upstream, client));
  }

  private void pump(Socket from, Socket to) {
    byte[] chunk = new byte[CHUNK_BYTES];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
        awaitFlow();
        out.write(chunk, 0, read);
      }
    } catch (IOException e) {
      // Either side went away: the other one learns it below.
    } finally {
      closeBoth(from, to);
    }
  }

  private void awaitFlow() throws IOException {
    synchronized (gate) {
      while (stalled && !server.isClosed()) {
        try {
          gate.wait();
        } catch (InterruptedException e) {
          throw new IOException("interrupted", e);
        }
      }
    }
  }

  private void closeBoth(Socket one, Socket other) {
    for (Socket socket : new Socket[] {one, other}) {
      sockets.remove(socket);
      try {
        socket.close();
      } catch (IOException e) {
        // It is gone either way.
      }
    }
  }

  private static void start(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    server.close();
    resume();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}

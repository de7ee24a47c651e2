package dev.whippet.broker.internal.bench.surface;

import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.broker.internal.bench.compare.Contender;
import dev.whippet.broker.internal.bench.compare.ServerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;

/**
 * Servers made of the very file that measures: the broker, and the echo, each a process of its own.
 */
final class OwnServers {
  private static final String MAIN = "dev.whippet.broker.cli.Main";
  private static final String USER = "iggy";
  private static final String PASSWORD = "iggy";

  private final Path directory;
  private final String javaFlags;

  /**
   * Prepares them.
   *
   * @param directory for their logs and data
   * @param javaFlags of the broker's virtual machine
   */
  OwnServers(Path directory, String javaFlags) {
    this.directory = directory;
    this.javaFlags = javaFlags;
  }

  /** A running one, where it listens, and what it took until a client could log in. */
  record Server(ServerProcess process, Target target, double startSeconds)
      implements AutoCloseable {
    @Override
    public void close() {
      process.close();
    }
  }

  /** A broker with {@code loops} loops on the data called {@code data}, which it leaves there. */
  Server broker(String data, int loops) throws BenchException, InterruptedException {
    int port = freePort();
    String arguments =
        "serve --listen 127.0.0.1:%d --data '%s' --loops %d --with-default-root-credentials"
            .formatted(port, directory.resolve(data), loops);
    return start("broker", port, javaFlags, arguments);
  }

  Server echo() throws BenchException, InterruptedException {
    int port = freePort();
    return start("echo", port, javaFlags, "bench echo --port " + port);
  }

  private Server start(String name, int port, String flags, String arguments)
      throws BenchException, InterruptedException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    String command =
        "exec '%s' %s -cp '%s' %s %s"
            .formatted(java, flags, System.getProperty("java.class.path"), MAIN, arguments);
    Target target = new Target(false, "127.0.0.1", port, "/", USER, PASSWORD);
    Path log = directory.resolve(name + "-" + port);
    long begun = System.nanoTime();
    ServerProcess process = ServerProcess.start(new Contender(name, target, command), log);
    return new Server(process, target, (System.nanoTime() - begun) / 1e9);
  }

  private static int freePort() throws BenchException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new BenchException("no free port: " + e, e);
    }
  }
}

package dev.whippet.broker.internal.bench;

import dev.whippet.broker.internal.bench.limits.EchoServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code echo}: a server that does nothing, to compare with. */
@Command(
    name = "echo",
    mixinStandardHelpOptions = true,
    description =
        "A server that only acknowledges, on one of the broker's loops: the baseline of compare"
            + " (with --streams-are unchecked).")
final class EchoCommand implements Callable<Integer> {

  @Option(
      names = "--port",
      paramLabel = "N",
      required = true,
      description = "On 127.0.0.1; TCP and WebSocket.")
  int port;

  @Spec CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    InetSocketAddress address = new InetSocketAddress("127.0.0.1", port);
    try (EchoServer server = EchoServer.start(address, Path.of("."))) {
      spec.commandLine().getErr().println("echo: listening on 127.0.0.1:" + server.port());
      new CountDownLatch(1).await();
      return 0;
    } catch (IOException e) {
      spec.commandLine().getErr().println("echo: " + e.getMessage());
      return 1;
    }
  }
}

package dev.whippet.conformance.kill;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.whippet.conformance.codec.ReferenceCodec;
import dev.whippet.conformance.wire.Pause;
import dev.whippet.conformance.wire.WireConnection;
import dev.whippet.conformance.wire.WireTransport;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Starts brokers and publishers as their own processes, and kills by process what it started. */
final class Processes implements AutoCloseable {
  private static final int START_SECONDS = 300;
  private static final int PROBE_MILLIS = 20;
  private static final int PROBE_ANSWER_MILLIS = 2_000;
  private static final byte[] PING =
      ReferenceCodec.encodeRequest(1, JsonNodeFactory.instance.objectNode());

  private final Path directory;
  private final int port;
  private final List<Process> started = new ArrayList<>();

  Processes(Path directory) throws IOException {
    this.directory = directory;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
  }

  InetSocketAddress address() {
    return new InetSocketAddress("127.0.0.1", port);
  }

  /** The runnable file, which {@code mvn package} makes. */
  static Path brokerJar() {
    return root().resolve("embedded-broker/target/whippet-broker-app.jar");
  }

  /** Returns when it answers; {@code options} are the virtual machine's. */
  Process startBroker(String... options) throws IOException {
    return serve(List.of(), options);
  }

  /** With more settings of {@code serve}. */
  Process serve(List<String> settings, String... options) throws IOException {
    List<String> command = java("-Xmx192m");
    command.addAll(List.of(options));
    command.addAll(List.of("-jar", brokerJar().toString()));
    command.addAll(List.of("serve", "--listen", "127.0.0.1:" + port, "--loops", "2"));
    command.addAll(List.of("--data", directory.resolve("data").toString()));
    command.addAll(settings);
    Process broker = start(command, "broker.log");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (!answers()) {
      if (!broker.isAlive() || System.nanoTime() > deadline) {
        throw new IOException("the broker did not start: " + log("broker.log"));
      }
      Pause.millis(PROBE_MILLIS);
    }
    return broker;
  }

  Process startPublisher(String scheme, Path receipts, int run) throws IOException {
    List<String> command = java("-Xmx96m");
    command.addAll(List.of("-cp", classPath(), PublisherMain.class.getName()));
    command.add(scheme + "://127.0.0.1:" + port);
    command.add(directory.resolve("outbox").toString());
    command.add(receipts.toString());
    command.add(Integer.toString(run));
    return start(command, "publisher.log");
  }

  /** SIGKILL, then waits for the end. */
  static void kill(Process process) throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  String log(String name) throws IOException {
    Path file = directory.resolve(name);
    if (!Files.exists(file)) {
      return "no log";
    }
    List<String> lines = Files.readAllLines(file);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
  }

  @Override
  public void close() {
    started.forEach(Process::destroyForcibly);
    started.forEach(
        process -> {
          try {
            process.waitFor(START_SECONDS, TimeUnit.SECONDS);
          } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
          }
        });
  }

  /**
   * Whether a broker answers a ping. That a connection opens proves nothing: the listening socket
   * of a killed broker lives on while the kernel takes down its rings, and then ends what it
   * accepted.
   */
  private boolean answers() {
    try (WireConnection connection = WireConnection.open(WireTransport.TCP, address())) {
      return connection.ask(PING, PROBE_ANSWER_MILLIS).status() == 0;
    } catch (IOException notYet) {
      return false;
    }
  }

  private Process start(List<String> command, String log) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("IGGY_ROOT_USERNAME", "iggy");
    builder.environment().put("IGGY_ROOT_PASSWORD", "iggy");
    builder.redirectErrorStream(true);
    File file = directory.resolve(log).toFile();
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(file));
    Process process = builder.start();
    started.add(process);
    return process;
  }

  private static List<String> java(String heap) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ArrayList<>(
        List.of(java, heap, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
  }

  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  private static Path root() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.exists(directory.resolve("sdk-java/pom.xml"))) {
      directory = directory.getParent();
    }
    return directory;
  }
}

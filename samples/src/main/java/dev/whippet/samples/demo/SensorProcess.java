package dev.whippet.samples.demo;

import dev.whippet.samples.sensor.SensorPublisher;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One sensor publisher as its own process, with its own outbox and ledger; tells what it printed
 * last about itself.
 */
final class SensorProcess {

  private static final Pattern STATUS =
      Pattern.compile("state=(\\S+) stored=(\\d+) backlog=(\\d+)");

  private final Children children;
  private final String name;
  private final int proxyPort;
  private final int ratePerSecond;
  private final Path directory;
  private volatile Process process;
  private volatile String state = "STARTING";
  private volatile long backlog;

  SensorProcess(Children children, String name, int proxyPort, int ratePerSecond) {
    this.children = children;
    this.name = name;
    this.proxyPort = proxyPort;
    this.ratePerSecond = ratePerSecond;
    this.directory = children.directory().resolve(name);
  }

  void start() throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            javaBinary(),
            "-XX:+UseSerialGC",
            "-Xmx64m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            SensorPublisher.class.getName(),
            "--url",
            "ws://127.0.0.1:" + proxyPort,
            "--stream",
            Demo.STREAM,
            "--topic",
            Demo.TOPIC,
            "--name",
            name,
            "--rate",
            Integer.toString(ratePerSecond),
            "--directory",
            directory.toString(),
            "--status-millis",
            "200");
    builder.environment().put("IGGY_USERNAME", BrokerProcess.ROOT_USERNAME);
    builder.environment().put("IGGY_PASSWORD", BrokerProcess.ROOT_PASSWORD);
    builder.redirectError(children.directory().resolve(name + ".log").toFile());
    process = children.start(builder);
    Process started = process;
    Thread reader = new Thread(() -> read(started), name + "-output");
    reader.setDaemon(true);
    reader.start();
  }

  private void read(Process source) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(source.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Matcher status = STATUS.matcher(line);
        if (status.find()) {
          state = status.group(1);
          backlog = Long.parseLong(status.group(3));
        }
      }
    } catch (IOException e) {
      // Killed while we read.
    }
    state = "DOWN";
  }

  /** SIGKILL. */
  void kill() {
    process.destroyForcibly();
  }

  /** SIGTERM: it stops measuring, delivers what it stored, and ends. */
  void stop() {
    process.destroy();
  }

  boolean awaitExit(long seconds) throws InterruptedException {
    return process.waitFor(seconds, TimeUnit.SECONDS);
  }

  String name() {
    return name;
  }

  String state() {
    return state;
  }

  /** Records stored on the "device" and not acknowledged by the broker. */
  long backlog() {
    return backlog;
  }

  Path ledger() {
    return directory.resolve(SensorPublisher.LEDGER_FILE);
  }

  static String javaBinary() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }
}

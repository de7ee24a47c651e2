package dev.whippet.samples.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The runnable broker as its own process: started, killed with SIGKILL, started again on the same
 * data and the same port. Its log goes to {@code broker.log} beside the data.
 */
final class BrokerProcess {

  static final String ROOT_USERNAME = "iggy";
  static final String ROOT_PASSWORD = "demo-password";

  private static final long START_SECONDS_MAX = 20;
  private static final String START_LINE_MARK = "whippet broker ";

  private final Children children;
  private final Path jar;
  private final Path data;
  private final int port;
  private volatile Process process;
  private volatile String startLine = "starting";

  BrokerProcess(Children children, Path jar) throws IOException {
    this.children = children;
    this.jar = jar;
    this.data = children.directory().resolve("broker");
    this.port = freePort();
  }

  /**
   * Starts the process and waits until it serves.
   *
   * @throws IOException if it ends instead, with the last line it printed
   */
  void start() throws IOException {
    CountDownLatch serving = launch();
    try {
      boolean inTime = serving.await(START_SECONDS_MAX, TimeUnit.SECONDS);
      if (!inTime || !process.isAlive()) {
        throw new IOException("The broker did not start; its last line: " + startLine);
      }
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
  }

  /** Starts the process; the latch opens when it serves or has ended. */
  CountDownLatch launch() throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            SensorProcess.javaBinary(),
            "-jar",
            jar.toString(),
            "serve",
            "--listen",
            "127.0.0.1:" + port,
            "--data",
            data.toString());
    builder.environment().put("IGGY_ROOT_USERNAME", ROOT_USERNAME);
    builder.environment().put("IGGY_ROOT_PASSWORD", ROOT_PASSWORD);
    builder.redirectErrorStream(true);
    process = children.start(builder);

    CountDownLatch serving = new CountDownLatch(1);
    Process started = process;
    Thread reader = new Thread(() -> read(started, serving), "broker-output");
    reader.setDaemon(true);
    reader.start();
    return serving;
  }

  private void read(Process source, CountDownLatch serving) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(source.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        int mark = line.indexOf(START_LINE_MARK);
        if (serving.getCount() > 0) {
          startLine = mark >= 0 ? line.substring(mark) : line;
        }
        if (mark >= 0) {
          serving.countDown();
        }
      }
    } catch (IOException e) {
      // The process was killed while we read: that is the story being told.
    }
    serving.countDown();
  }

  /** SIGKILL: no chance to flush, close or say goodbye. */
  void kill() {
    process.destroyForcibly();
  }

  boolean isAlive() {
    return process != null && process.isAlive();
  }

  int port() {
    return port;
  }

  /** The line in which the broker says what it runs on. */
  String startLine() {
    return startLine;
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }
}

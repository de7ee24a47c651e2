package dev.whippet.broker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code serve} as a process of its own: start line, exit statuses, signals. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
final class ServeProcessTest {

  private static final Pattern LISTENING = Pattern.compile("listening on 127\\.0\\.0\\.1:(\\d+)");
  private static final int EXIT_BY_SIGTERM = 143;

  @TempDir Path directory;

  private Process serve() throws IOException {
    return serve("127.0.0.1:0");
  }

  private Process serve(String listen) throws IOException {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "serve",
            "--listen",
            listen,
            "--data",
            directory.toString(),
            "--loops",
            "1");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("WHIPPET_"));
    return builder.start();
  }

  private static BufferedReader output(Process process) {
    return new BufferedReader(
        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** The port of the start line. */
  private static int port(BufferedReader output) throws IOException {
    String line;
    while ((line = output.readLine()) != null) {
      Matcher matcher = LISTENING.matcher(line);
      if (matcher.find()) {
        return Integer.parseInt(matcher.group(1));
      }
    }
    throw new AssertionError("the process ended without a start line");
  }

  @Test
  void listensUntilSigtermAndExitsWith143() throws Exception {
    Process process = serve();
    try (BufferedReader output = output(process)) {
      int port = port(output);
      assertThat(output.readLine()).startsWith("root user iggy, password ");
      new Socket(InetAddress.getLoopbackAddress(), port).close();

      process.destroy(); // SIGTERM

      assertThat(process.waitFor()).isEqualTo(EXIT_BY_SIGTERM);
    } finally {
      process.destroyForcibly();
    }
  }

  /** The first start fails at its port: the next one that does not makes root, and tells of it. */
  @Test
  void aPasswordThatIsMadeUpIsNotLostWithAFailedStart() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Process failed = serve("127.0.0.1:" + taken.getLocalPort());
      String text = output(failed).lines().reduce("", (all, line) -> all + line + "\n");
      assertThat(failed.waitFor()).isEqualTo(Main.COULD_NOT_START);
      assertThat(text).contains("in use").doesNotContain("password");
    }
    Process second = serve();
    try (BufferedReader output = output(second)) {
      port(output);
      assertThat(output.readLine()).startsWith("root user iggy, password ");
    } finally {
      second.destroyForcibly();
    }
  }

  @Test
  void secondBrokerOnOneDirectoryExitsWithOneAndOneLine() throws Exception {
    Process first = serve();
    try (BufferedReader output = output(first)) {
      port(output);

      Process second = serve();

      String text = output(second).lines().reduce("", (all, line) -> all + line + "\n");
      assertThat(second.waitFor()).isEqualTo(Main.COULD_NOT_START);
      assertThat(text.lines()).hasSize(1);
      assertThat(text)
          .contains(directory.toString(), "in use by another broker (process " + first.pid());
    } finally {
      first.destroyForcibly();
    }
  }
}

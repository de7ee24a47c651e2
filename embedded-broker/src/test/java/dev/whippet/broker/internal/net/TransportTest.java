package dev.whippet.broker.internal.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransportTest {
  @TempDir Path directory;

  @Test
  void takesTheBestThatWorks() {
    Transport best = Transport.choose("auto");

    for (Transport.Kind better : Transport.Kind.values()) {
      if (better == best.kind()) {
        break;
      }
      assertThat(best.whyNotBetter()).contains(better.label() + ": ");
    }
    assertThat(Transport.refusal(best.kind())).isNull();
  }

  @Test
  void takesWhatIsAskedFor() {
    assertThat(Transport.choose("nio")).hasToString("nio");
    assertThatThrownBy(() -> Transport.choose("kqueue"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("transport: kqueue, not auto, io_uring, epoll or nio");
  }

  @Test
  void withoutNativesItIsNioOnADiskThreadAndSaysWhy() throws Exception {
    String line = run(classPath(""), "-Dio.netty.transport.noNative=true", "auto");

    assertThat(line)
        .startsWith("nio (io_uring: ")
        .contains("; epoll: ")
        .contains("noNative")
        .contains("files: disk thread, page cache: the loop has no io_uring");
  }

  @Test
  void withoutTheTransportsClassesItIsNio() throws Exception {
    String natives = "netty-transport-(native|classes)-.*";

    String line = run(classPath(natives), "-Dnothing=1", "auto");

    assertThat(line).startsWith("nio (io_uring: not on the class path").contains("; epoll: not on");
  }

  @Test
  void aTransportThatDoesNotWorkIsNotForced() throws Exception {
    String line = run(classPath(""), "-Dio.netty.transport.noNative=true", "epoll");

    assertThat(line).contains("transport epoll does not work here: ").contains("noNative");
  }

  /** Another process: what Netty can use is decided once per process. */
  private String run(String classPath, String option, String choice)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", classPath, option));
    command.addAll(List.of(LoopsMain.class.getName(), choice, directory.toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    process.waitFor();
    return output
        .lines()
        .filter(line -> line.contains("loops "))
        .findFirst()
        .orElse(output)
        .replaceFirst(".*?loops ", "");
  }

  private static String classPath(String without) {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> without.isEmpty() || !new File(entry).getName().matches(without))
        .collect(Collectors.joining(File.pathSeparator));
  }
}

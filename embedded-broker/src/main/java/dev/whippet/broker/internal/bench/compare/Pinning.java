package dev.whippet.broker.internal.bench.compare;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Servers on the first core, the load on the second: where there are two and {@code taskset} can be
 * run; else nobody is pinned.
 */
final class Pinning {

  private static final String SERVER_CORE = "0";
  private static final String LOAD_CORE = "1";

  private final boolean pins;

  private Pinning(boolean pins) {
    this.pins = pins;
  }

  /** Pins this process, and says whether that worked. */
  static Pinning ofLoad(boolean wanted) throws InterruptedException {
    if (!wanted || Runtime.getRuntime().availableProcessors() < 2) {
      return new Pinning(false);
    }
    String self = Long.toString(ProcessHandle.current().pid());
    try {
      Process taskset =
          new ProcessBuilder("taskset", "-a", "-p", "-c", LOAD_CORE, self)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return new Pinning(taskset.waitFor(5, TimeUnit.SECONDS) && taskset.exitValue() == 0);
    } catch (IOException e) {
      return new Pinning(false);
    }
  }

  List<String> server(String command) {
    List<String> words = new ArrayList<>();
    if (pins) {
      words.addAll(List.of("taskset", "-c", SERVER_CORE));
    }
    words.addAll(List.of("sh", "-c", command));
    return words;
  }

  @Override
  public String toString() {
    return pins
        ? "servers on core " + SERVER_CORE + ", load on core " + LOAD_CORE
        : "nobody pinned to a core";
  }
}

package dev.whippet.broker.internal.bench.surface;

import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.result.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Measures rows one after the other, each on brokers of its own. Blocks. */
public final class SurfaceBench {
  private final Path parent;
  private final String javaFlags;
  private final double share;

  /**
   * Prepares it.
   *
   * @param parent a directory; what is made in it is removed
   * @param javaFlags of the servers' virtual machines
   * @param share of the usual times and numbers
   */
  public SurfaceBench(Path parent, String javaFlags, double share) {
    this.parent = parent;
    this.javaFlags = javaFlags;
    this.share = share;
  }

  /** Measures {@code rows}. */
  public void run(List<Row> rows, Consumer<Finding> found)
      throws BenchException, IOException, InterruptedException {
    Path directory = Files.createTempDirectory(parent.toAbsolutePath(), "surface");
    try {
      OwnServers servers = new OwnServers(directory, javaFlags);
      for (Row row : rows) {
        switch (row) {
          case PING -> found.accept(PingRow.measure(servers, share));
          case COMMANDS -> found.accept(CommandRow.measure(servers, share));
          case STORM -> found.accept(StormRow.measure(servers, share));
          case CROWD -> CrowdRow.measure(servers, share, found);
        }
      }
    } finally {
      remove(directory);
    }
  }

  private static void remove(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}

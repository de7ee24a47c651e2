package dev.whippet.samples.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Every process and the temporary directory of this run, so that none outlives it: {@link #close}
 * runs at the end and, by a shutdown hook, on Ctrl-C. Thread-safe.
 */
final class Children implements AutoCloseable {

  private static final long EXIT_SECONDS_MAX = 5;

  private final Path directory;
  private final List<Process> processes = new ArrayList<>(); // guarded by this
  private boolean closed; // guarded by this

  Children() throws IOException {
    directory = Files.createTempDirectory("whippet-demo-");
    Runtime.getRuntime().addShutdownHook(new Thread(this::close, "cleanup"));
  }

  Path directory() {
    return directory;
  }

  synchronized Process start(ProcessBuilder builder) throws IOException {
    if (closed) {
      throw new IOException("The demo is stopping");
    }
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    processes.forEach(Process::destroyForcibly);
    for (Process process : processes) {
      awaitExit(process);
    }
    deleteDirectory();
  }

  private static void awaitExit(Process process) {
    try {
      process.waitFor(EXIT_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void deleteDirectory() {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot remove " + directory, e);
    }
  }
}

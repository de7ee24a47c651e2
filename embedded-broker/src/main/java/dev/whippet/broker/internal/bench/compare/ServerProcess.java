package dev.whippet.broker.internal.bench.compare;

import dev.whippet.broker.internal.bench.client.BenchConnection;
import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.broker.internal.bench.measure.Proc;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A server that was started for one run, with the directory that is deleted after it. */
public final class ServerProcess implements AutoCloseable {

  private static final int START_SECONDS_MAX = 30;
  private static final int STOP_SECONDS_MAX = 15;
  private static final int TRY_MILLIS = 20;
  private static final String LOG = "server.log";

  private final Process process;
  private final Path data;
  private final long pid;

  private ServerProcess(Process process, Path data, long pid) {
    this.process = process;
    this.data = data;
    this.pid = pid;
  }

  /** As below, on any core. */
  public static ServerProcess start(Contender contender, Path data)
      throws BenchException, InterruptedException {
    return start(contender, data, Pinning.ofLoad(false));
  }

  /** Starts it and waits until it accepts connections; a command-less one must do so already. */
  static ServerProcess start(Contender contender, Path data, Pinning pinning)
      throws BenchException, InterruptedException {
    Target target = contender.target();
    if (contender.command() == null) {
      return new ServerProcess(null, null, Proc.system().listenerOn(target.port()));
    }
    if (accepts(target)) {
      throw new BenchException(
          contender.name() + ": something listens on port " + target.port() + " already");
    }
    Process process = null;
    try {
      Files.createDirectories(data);
      Path log = data.resolve(LOG);
      String command = contender.command().replace("{data}", data.resolve("data").toString());
      process =
          new ProcessBuilder(pinning.server(command))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      await(contender, process, log);
      return new ServerProcess(process, data, Proc.system().listenerOn(target.port()));
    } catch (IOException e) {
      end(process);
      throw new BenchException(contender.name() + " could not be started: " + e, e);
    } catch (BenchException | InterruptedException e) {
      end(process);
      throw e;
    }
  }

  /** The process that listens, 0 = it can't be seen. */
  public long pid() {
    return pid;
  }

  /** The end of its output when it is dead, else nothing. */
  String lastWords() throws IOException {
    if (process == null || process.isAlive()) {
      return "";
    }
    return "; its server has ended with " + process.exitValue() + tail(data.resolve(LOG));
  }

  @Override
  public void close() {
    if (process != null) {
      end(process);
      delete(data);
    }
  }

  /** A port that accepts is not enough: until a client can log in. */
  private static void await(Contender contender, Process process, Path log)
      throws BenchException, InterruptedException, IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS_MAX);
    while (true) {
      try {
        BenchConnection.open(contender.target(), BenchConnection.SMALL_BYTES).close();
        return;
      } catch (BenchException e) {
        if (!process.isAlive()) {
          throw new BenchException(contender.name() + " ended at once" + tail(log), e);
        }
        if (System.nanoTime() > end) {
          throw new BenchException(contender.name() + ": " + e.getMessage() + tail(log), e);
        }
        TimeUnit.MILLISECONDS.sleep(TRY_MILLIS);
      }
    }
  }

  private static String tail(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log);
    return lines.isEmpty() ? "" : ": " + lines.get(lines.size() - 1);
  }

  private static boolean accepts(Target target) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(target.host(), target.port()), 1000);
      // Nobody listens, and the kernel drew the same port for this end: TCP connects to itself
      return socket.getLocalPort() != target.port();
    } catch (IOException e) {
      return false;
    }
  }

  /** With its children: a shell may stand between. */
  private static void end(Process process) {
    if (process == null) {
      return;
    }
    List<ProcessHandle> all =
        Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
    all.forEach(ProcessHandle::destroy);
    for (ProcessHandle each : all) {
      try {
        each.onExit().get(STOP_SECONDS_MAX, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        each.destroyForcibly();
      } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
        each.destroyForcibly();
      }
    }
  }

  private static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      // Left behind; the next run has a directory of its own
    }
  }
}

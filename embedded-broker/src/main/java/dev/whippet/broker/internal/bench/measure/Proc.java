package dev.whippet.broker.internal.bench.measure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * What Linux says about the machine and its processes in {@code /proc}. A process that is gone
 * reads as 0. CPU times are in seconds, with the kernel's resolution of 10 ms.
 */
public final class Proc {

  /** Kernel threads are children of this one. */
  private static final long KTHREADD = 2;

  private static final double TICKS_PER_SECOND = 100;

  private final Path root;

  Proc(Path root) {
    this.root = root;
  }

  /** This machine's. */
  public static Proc system() {
    return new Proc(Path.of("/proc"));
  }

  /** True when there is such a thing as {@code /proc} here. */
  public boolean isThere() {
    return Files.isReadable(root.resolve("stat"));
  }

  /** CPU seconds that all cores together worked; waiting for a disk is not work. */
  public double machineSeconds() throws IOException {
    String line = read("stat").lines().findFirst().orElse("");
    String[] fields = line.trim().split("\\s+");
    long ticks = 0;
    for (int i = 1; i < fields.length && i <= 8; i++) {
      boolean idle = i == 4 || i == 5;
      ticks += idle ? 0 : Long.parseLong(fields[i]);
    }
    return ticks / TICKS_PER_SECOND;
  }

  /** CPU seconds of a process with all its threads, living and ended. */
  public double processSeconds(long pid) {
    String[] fields = statFields(pid);
    return fields == null
        ? 0
        : (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
  }

  /** CPU seconds of the kernel's own threads: writing back, flushing, interrupts. */
  public double kernelThreadSeconds() throws IOException {
    double seconds = 0;
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(root, "[0-9]*")) {
      for (Path entry : entries) {
        long pid = Long.parseLong(entry.getFileName().toString());
        String[] fields = statFields(pid);
        if (fields != null && Long.parseLong(fields[1]) == KTHREADD) {
          seconds += (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
        }
      }
    }
    return seconds;
  }

  /** Resident bytes of a process. */
  public long residentBytes(long pid) {
    return statusValue(pid, "status", "VmRSS:") * 1024;
  }

  /** How often the threads of a process went to sleep and were woken, so far. */
  public long wakeUps(long pid) {
    long sum = 0;
    Path tasks = root.resolve(Long.toString(pid)).resolve("task");
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(tasks)) {
      for (Path task : entries) {
        String name = "task/" + task.getFileName() + "/status";
        sum += statusValue(pid, name, "voluntary_ctxt_switches:");
      }
    } catch (IOException e) {
      return 0;
    }
    return sum;
  }

  /** System calls that wrote, of a process. */
  public long writeCalls(long pid) {
    return statusValue(pid, "io", "syscw:");
  }

  /** Bytes that a process sent to storage. */
  public long writtenBytes(long pid) {
    return statusValue(pid, "io", "write_bytes:");
  }

  /** The process that listens on a TCP port of this machine, 0 = not found or not ours to see. */
  public long listenerOn(int port) {
    Set<String> sockets = new HashSet<>();
    for (String table : new String[] {"net/tcp", "net/tcp6"}) {
      String suffix = String.format(Locale.ROOT, ":%04X", port);
      readOrEmpty(table)
          .lines()
          .map(line -> line.trim().split("\\s+"))
          .filter(f -> f.length > 9 && f[1].endsWith(suffix) && f[3].equals("0A"))
          .forEach(f -> sockets.add("socket:[" + f[9] + "]"));
    }
    if (sockets.isEmpty()) {
      return 0;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(root, "[0-9]*")) {
      for (Path process : entries) {
        if (holds(process, sockets)) {
          return Long.parseLong(process.getFileName().toString());
        }
      }
    } catch (IOException e) {
      return 0;
    }
    return 0;
  }

  private static boolean holds(Path process, Set<String> sockets) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path file : files) {
        if (sockets.contains(linkOrEmpty(file))) {
          return true;
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return false;
    }
    return false;
  }

  /** Descriptors come and go while they are looked at. */
  private static String linkOrEmpty(Path file) {
    try {
      return Files.readSymbolicLink(file).toString();
    } catch (IOException e) {
      return "";
    }
  }

  /** Fields after the command's closing parenthesis: state, parent, ...; null = no process. */
  private String[] statFields(long pid) {
    String text = readOrEmpty(pid + "/stat");
    int end = text.lastIndexOf(')');
    return end < 0 ? null : text.substring(end + 1).trim().split("\\s+");
  }

  private long statusValue(long pid, String file, String key) {
    for (String line : readOrEmpty(pid + "/" + file).split("\n")) {
      if (line.startsWith(key)) {
        return Long.parseLong(line.substring(key.length()).replace("kB", "").trim());
      }
    }
    return 0;
  }

  private String readOrEmpty(String name) {
    try {
      return read(name);
    } catch (IOException e) {
      return "";
    }
  }

  private String read(String name) throws IOException {
    return new String(Files.readAllBytes(root.resolve(name)), StandardCharsets.ISO_8859_1);
  }
}

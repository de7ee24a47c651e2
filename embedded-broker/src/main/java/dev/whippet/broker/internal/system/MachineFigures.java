package dev.whippet.broker.internal.system;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.RuntimeMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * What the process uses and the machine has, for get_stats (iggy-classic.md 3.4.1): from /proc
 * where it is, from java.lang.management elsewhere; 0 or "unknown" for what neither tells.
 *
 * <p>Any thread; may block on the disk that is asked for its size.
 */
public final class MachineFigures {

  /** One reading; usages are percent, sizes bytes. */
  public record Figures(
      int processId,
      float cpuUsage,
      float totalCpuUsage,
      long memoryUsage,
      long totalMemory,
      long availableMemory,
      long runTimeMicros,
      long startTimeMicros,
      long readBytes,
      long writtenBytes,
      String hostname,
      String osName,
      String osVersion,
      String kernelVersion,
      int threads,
      long freeDiskBytes,
      long totalDiskBytes) {}

  private static final String UNKNOWN = "unknown";
  private static final Path PROC = Path.of("/proc");

  private final Path dataDirectory;

  public MachineFigures(Path dataDirectory) {
    this.dataDirectory = dataDirectory;
  }

  /** Reads everything now. */
  public Figures read() {
    RuntimeMXBean runtime = ManagementFactory.getRuntimeMXBean();
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    String memory = text(PROC.resolve("meminfo"));
    String io = text(PROC.resolve("self/io"));
    String release = text(Path.of("/etc/os-release"));
    long total = kibibytes(memory, "MemTotal:", system.getTotalMemorySize());
    return new Figures(
        (int) ProcessHandle.current().pid(),
        percent(system.getProcessCpuLoad() * system.getAvailableProcessors()),
        percent(system.getCpuLoad()),
        kibibytes(text(PROC.resolve("self/status")), "VmRSS:", heapBytes()),
        total,
        kibibytes(memory, "MemAvailable:", system.getFreeMemorySize()),
        TimeUnit.MILLISECONDS.toMicros(runtime.getUptime()),
        TimeUnit.MILLISECONDS.toMicros(runtime.getStartTime()),
        number(io, "read_bytes:", 0),
        number(io, "write_bytes:", 0),
        hostname(),
        unquoted(value(release, "NAME="), System.getProperty("os.name", UNKNOWN)),
        unquoted(value(release, "VERSION_ID="), UNKNOWN),
        System.getProperty("os.version", UNKNOWN),
        ManagementFactory.getThreadMXBean().getThreadCount(),
        diskBytes(FileStore::getUsableSpace),
        diskBytes(FileStore::getTotalSpace));
  }

  private static float percent(double load) {
    return load > 0 ? (float) (100 * load) : 0f;
  }

  private static long heapBytes() {
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getCommitted();
  }

  private static String hostname() {
    String name = text(PROC.resolve("sys/kernel/hostname")).strip();
    if (name.isEmpty()) {
      name = System.getenv().getOrDefault("HOSTNAME", UNKNOWN);
    }
    return name;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException | SecurityException absent) { // not Linux, or not allowed: unknown
      return "";
    }
  }

  /** What follows {@code label} at the start of a line, or {@code null}. */
  private static String value(String text, String label) {
    return text.lines()
        .filter(line -> line.startsWith(label))
        .map(line -> line.substring(label.length()).strip())
        .findFirst()
        .orElse(null);
  }

  private static long kibibytes(String text, String label, long otherwise) {
    long kibibytes = number(text, label, -1);
    return kibibytes < 0 ? otherwise : kibibytes * 1024;
  }

  private static long number(String text, String label, long otherwise) {
    String value = value(text, label);
    try {
      return value == null ? otherwise : Long.parseLong(value.split(" ")[0]);
    } catch (NumberFormatException unexpected) {
      return otherwise;
    }
  }

  private static String unquoted(String value, String otherwise) {
    return value == null ? otherwise : value.replace("\"", "");
  }

  private interface DiskFigure {
    long of(FileStore store) throws IOException;
  }

  private long diskBytes(DiskFigure figure) {
    try {
      return figure.of(Files.getFileStore(dataDirectory));
    } catch (IOException unknown) {
      return 0;
    }
  }
}

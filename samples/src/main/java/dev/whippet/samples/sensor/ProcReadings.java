package dev.whippet.samples.sensor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * This machine's real readings as short lines of text, taken in turn: processor time, memory, load,
 * network counters, and temperatures where the machine has them. Linux only ({@code /proc}, {@code
 * /sys}).
 *
 * <p>One thread; each call reads one or two small pseudo-files.
 */
final class ProcReadings {

  /** One source of readings: reads its pseudo-file and renders it. */
  private interface Sensor {
    String read() throws IOException;
  }

  private final List<Sensor> sensors = new ArrayList<>();
  private int next;

  ProcReadings() {
    sensors.add(ProcReadings::processor);
    sensors.add(ProcReadings::memory);
    sensors.add(ProcReadings::load);
    sensors.add(ProcReadings::network);
    for (Path zone : list("/sys/class/thermal", "thermal_zone*")) {
      addTemperature(zone.resolve("temp"), zone.getFileName().toString());
    }
    for (Path chip : list("/sys/class/hwmon", "hwmon*")) {
      for (Path input : list(chip.toString(), "temp*_input")) {
        addTemperature(input, chip.getFileName() + "/" + input.getFileName());
      }
    }
  }

  /** The next sensor's reading, for example {@code "load one=0.52 five=0.58 fifteen=0.59"}. */
  String next() {
    Sensor sensor = sensors.get(next);
    next = (next + 1) % sensors.size();
    try {
      return sensor.read();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void addTemperature(Path file, String name) {
    Sensor sensor =
        () -> {
          double celsius = Long.parseLong(Files.readString(file).trim()) / 1000.0;
          return String.format(Locale.ROOT, "temperature zone=%s celsius=%.3f", name, celsius);
        };
    try {
      sensor.read();
      sensors.add(sensor);
    } catch (IOException | NumberFormatException e) {
      // A zone that can't be read now is not a sensor of this machine.
    }
  }

  private static String processor() throws IOException {
    String[] f = firstLine("/proc/stat").split("\\s+");
    return "processor user="
        + f[1]
        + " nice="
        + f[2]
        + " system="
        + f[3]
        + " idle="
        + f[4]
        + " iowait="
        + f[5]
        + " irq="
        + f[6]
        + " softirq="
        + f[7];
  }

  private static String memory() throws IOException {
    StringBuilder line = new StringBuilder("memory");
    int found = 0;
    for (String entry : Files.readAllLines(Path.of("/proc/meminfo"))) {
      if (entry.startsWith("MemTotal")
          || entry.startsWith("MemFree")
          || entry.startsWith("MemAvailable")
          || entry.startsWith("Dirty")
          || entry.startsWith("Writeback:")) {
        String[] f = entry.split("[:\\s]+");
        line.append(' ').append(f[0]).append('=').append(f[1]).append("kB");
        found++;
      }
    }
    return found > 0 ? line.toString() : "memory unknown";
  }

  private static String load() throws IOException {
    String[] f = firstLine("/proc/loadavg").split("\\s+");
    return "load one=" + f[0] + " five=" + f[1] + " fifteen=" + f[2] + " tasks=" + f[3];
  }

  private static String network() throws IOException {
    long receivedBytes = 0;
    long sentBytes = 0;
    long receivedPackets = 0;
    long sentPackets = 0;
    List<String> lines = Files.readAllLines(Path.of("/proc/net/dev"));
    for (String line : lines.subList(Math.min(2, lines.size()), lines.size())) {
      String[] f = line.substring(line.indexOf(':') + 1).trim().split("\\s+");
      receivedBytes += Long.parseLong(f[0]);
      receivedPackets += Long.parseLong(f[1]);
      sentBytes += Long.parseLong(f[8]);
      sentPackets += Long.parseLong(f[9]);
    }
    return "network rx_bytes="
        + receivedBytes
        + " rx_packets="
        + receivedPackets
        + " tx_bytes="
        + sentBytes
        + " tx_packets="
        + sentPackets;
  }

  private static String firstLine(String file) throws IOException {
    String text = Files.readString(Path.of(file));
    int end = text.indexOf('\n');
    return end < 0 ? text : text.substring(0, end);
  }

  private static List<Path> list(String directory, String glob) {
    List<Path> found = new ArrayList<>();
    if (!Files.isDirectory(Path.of(directory))) {
      return found;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of(directory), glob)) {
      entries.forEach(found::add);
    } catch (IOException e) {
      // Not listable: no sensors there.
    }
    found.sort(null);
    return found;
  }
}

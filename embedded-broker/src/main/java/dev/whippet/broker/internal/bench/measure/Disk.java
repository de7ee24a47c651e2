package dev.whippet.broker.internal.bench.measure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * The block device under a directory, for the questions a durable figure must answer: is there
 * stable storage at all, how often was it told to flush, and how much was written to it. The
 * counters are the whole device's: the noise rule keeps others away from them.
 */
public final class Disk {

  private static final Set<String> VOLATILE_TYPES = Set.of("tmpfs", "ramfs", "rootfs", "hugetlbfs");
  private static final int FLUSHES_FIELD = 15;
  private static final int WRITES_FIELD = 4;
  private static final int WRITTEN_SECTORS_FIELD = 6;
  private static final int SECTOR_BYTES = 512;

  private final String type;
  private final Path stat;

  private Disk(String type, Path stat) {
    this.type = type;
    this.stat = stat;
  }

  /** Looks at the file system that {@code directory}, which exists, is on. */
  public static Disk under(Path directory) throws IOException {
    String type = Files.getFileStore(directory).type();
    long device = ((Number) Files.getAttribute(directory, "unix:dev")).longValue();
    long major = device >>> 8 & 0xfff;
    long minor = device & 0xff | device >>> 12 & 0xfff00;
    Path entry = Path.of("/sys/dev/block/" + major + ":" + minor);
    if (Files.exists(entry)) {
      // A partition's flushes are counted by the whole device
      Path real = entry.toRealPath();
      entry = Files.exists(real.resolve("partition")) ? real.getParent() : real;
    }
    return new Disk(type, entry.resolve("stat"));
  }

  /** Name of the file system. */
  public String type() {
    return type;
  }

  /** True when a sync on it means something. */
  public boolean isStable() {
    return isStable(type);
  }

  static boolean isStable(String type) {
    return !VOLATILE_TYPES.contains(type);
  }

  /** Flushes that the device has done; 0 when it does not tell. */
  public long flushes() {
    return field(FLUSHES_FIELD);
  }

  /** Writes that the device has done; 0 when it does not tell. */
  public long writes() {
    return field(WRITES_FIELD);
  }

  /** Bytes that were written to the device; 0 when it does not tell. */
  public long writtenBytes() {
    return field(WRITTEN_SECTORS_FIELD) * SECTOR_BYTES;
  }

  private long field(int index) {
    try {
      String text = new String(Files.readAllBytes(stat), StandardCharsets.US_ASCII);
      String[] fields = text.trim().split("\\s+");
      return fields.length > index ? Long.parseLong(fields[index]) : 0;
    } catch (IOException e) {
      return 0;
    }
  }
}

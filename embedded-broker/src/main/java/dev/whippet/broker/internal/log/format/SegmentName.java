package dev.whippet.broker.internal.log.format;

import java.nio.file.Path;

/**
 * The name of a segment, and of what stands beside it: the offset of its first message in {@value
 * #DIGITS} digits, then what kind of file it is. Asked for each partition of a start, whose code is
 * cold: no formatter, no pattern.
 */
public final class SegmentName {
  /** Of a segment. */
  public static final String SUFFIX = ".seg";

  private static final int DIGITS = 20;
  private static final String LARGEST = "09223372036854775807";

  private SegmentName() {}

  /** The segment's that begins with {@code base}. */
  public static String of(long base) {
    String digits = Long.toString(base);
    return "0".repeat(DIGITS - digits.length()) + digits + SUFFIX;
  }

  /** Whether it is such a name of that kind. */
  public static boolean isOne(Path file, String suffix) {
    String name = file.getFileName().toString();
    boolean numbered = name.length() == DIGITS + suffix.length() && name.endsWith(suffix);
    for (int i = 0; numbered && i < DIGITS; i++) {
      numbered = name.charAt(i) >= '0' && name.charAt(i) <= '9';
    }
    return numbered && name.compareTo(LARGEST + suffix) <= 0;
  }

  /** The first offset that such a name tells. */
  public static long baseOf(Path file) {
    return Long.parseLong(file.getFileName().toString().substring(0, DIGITS));
  }
}

package dev.whippet.broker.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as people write them: {@code 1048576}, {@code 64 MiB}, {@code 1GiB}. */
final class ByteSize {

  private static final Pattern TEXT = Pattern.compile("(\\d{1,18})\\s*(b|kib|mib|gib)?");

  private ByteSize() {}

  /** The size in bytes; throws {@link IllegalArgumentException} for anything else. */
  static long parse(String text) {
    Matcher matcher = TEXT.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException(text + ", not a size such as 64MiB, 1GiB or 1048576");
    }
    long number = Long.parseLong(matcher.group(1));
    int shift = shift(matcher.group(2));
    if (number > Long.MAX_VALUE >> shift) {
      throw new IllegalArgumentException(text + ", larger than any disk");
    }
    return number << shift;
  }

  private static int shift(String unit) {
    if (unit == null) {
      return 0;
    }
    return switch (unit) {
      case "kib" -> 10;
      case "mib" -> 20;
      case "gib" -> 30;
      default -> 0;
    };
  }
}

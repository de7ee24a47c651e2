package dev.whippet.broker.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as people write them: {@code 1048576}, {@code 64 MiB}, {@code 1GiB}, {@code 2 MB}. */
final class ByteSize {

  private static final Pattern TEXT = Pattern.compile("(\\d{1,18})\\s*(b|[kmg]i?b)?");

  private ByteSize() {}

  /** The size in bytes; throws {@link IllegalArgumentException} for anything else. */
  static long parse(String text) {
    Matcher matcher = TEXT.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException(text + ", not a size such as 64MiB, 1GiB or 1048576");
    }
    long number = Long.parseLong(matcher.group(1));
    long unit = unit(matcher.group(2));
    if (number > Long.MAX_VALUE / unit) {
      throw new IllegalArgumentException(text + ", larger than any disk");
    }
    return number * unit;
  }

  private static long unit(String name) {
    if (name == null) {
      return 1;
    }
    return switch (name) {
      case "kib" -> 1L << 10;
      case "mib" -> 1L << 20;
      case "gib" -> 1L << 30;
      case "kb" -> 1_000;
      case "mb" -> 1_000_000;
      case "gb" -> 1_000_000_000;
      default -> 1;
    };
  }
}

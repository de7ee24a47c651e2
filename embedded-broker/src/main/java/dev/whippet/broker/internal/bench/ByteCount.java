package dev.whippet.broker.internal.bench;

import java.util.Locale;

/** Sizes as people write them: {@code 1000}, {@code 64KiB}, {@code 1GB}, {@code 1.5 GB}. */
final class ByteCount {

  private static final String[] UNITS = {"KiB", "MiB", "GiB", "kB", "KB", "MB", "GB", "B", ""};
  private static final double[] FACTORS = {1 << 10, 1 << 20, 1 << 30, 1e3, 1e3, 1e6, 1e9, 1, 1};

  private ByteCount() {}

  static double parse(String text) {
    String plain = text.strip();
    for (int i = 0; i < UNITS.length; i++) {
      if (plain.toLowerCase(Locale.ROOT).endsWith(UNITS[i].toLowerCase(Locale.ROOT))) {
        String number = plain.substring(0, plain.length() - UNITS[i].length()).strip();
        try {
          double value = Double.parseDouble(number) * FACTORS[i];
          if (value > 0 && value < Long.MAX_VALUE) {
            return value;
          }
        } catch (NumberFormatException e) {
          // Answered below, as any other text that is no size
        }
        break;
      }
    }
    throw new IllegalArgumentException(text + " is not a size such as 64KiB or 1GB");
  }
}

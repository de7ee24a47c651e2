package dev.whippet.broker.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Spans of time as people write them: {@code 500ms}, {@code 20 s}, {@code 7d}; 0 needs no unit. */
final class TimeSpan {

  private static final Pattern TEXT = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h|d)|0");

  private TimeSpan() {}

  /** Milliseconds; throws {@link IllegalArgumentException} that names the setting. */
  static long parseMillis(String what, String text) {
    Matcher matcher = TEXT.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          what + ": " + text + ", not a time such as 500ms, 20s, 5m, 12h or 7d");
    }
    return matcher.group(1) == null
        ? 0
        : Long.parseLong(matcher.group(1)) * millis(matcher.group(2));
  }

  private static long millis(String unit) {
    return switch (unit) {
      case "s" -> 1_000;
      case "m" -> 60_000;
      case "h" -> 3_600_000;
      case "d" -> 86_400_000;
      default -> 1;
    };
  }
}

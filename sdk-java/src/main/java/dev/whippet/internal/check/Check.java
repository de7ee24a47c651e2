package dev.whippet.internal.check;

import okio.ByteString;

/** Checks of arguments; every message names the argument, its value and its limits. */
public final class Check {
  private Check() {}

  public static <T> T notNull(String name, T value) {
    if (value == null) {
      throw new NullPointerException(name + " == null");
    }
    return value;
  }

  public static long range(String name, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          name + " is " + value + ", allowed are " + min + " to " + max);
    }
    return value;
  }

  public static String utf8Length(String name, String value, int minBytes, int maxBytes) {
    long bytes = ByteString.encodeUtf8(notNull(name, value)).size();
    if (bytes < minBytes || bytes > maxBytes) {
      throw new IllegalArgumentException(
          name
              + " has "
              + bytes
              + " bytes of UTF-8, allowed are "
              + minBytes
              + " to "
              + maxBytes
              + ": "
              + (value.length() > 40 ? value.substring(0, 40) + "..." : value));
    }
    return value;
  }

  /** As {@link #utf8Length}, without the value in the message. */
  public static String secretLength(String name, String value, int minBytes, int maxBytes) {
    long bytes = ByteString.encodeUtf8(notNull(name, value)).size();
    if (bytes < minBytes || bytes > maxBytes) {
      throw new IllegalArgumentException(
          name + " has " + bytes + " bytes of UTF-8, allowed are " + minBytes + " to " + maxBytes);
    }
    return value;
  }
}

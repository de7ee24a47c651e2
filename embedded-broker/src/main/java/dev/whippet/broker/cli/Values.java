package dev.whippet.broker.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Values of settings as people write them. Everything throws {@link IllegalArgumentException} that
 * names the setting, the value, and what it may be.
 */
final class Values {

  private Values() {}

  /** Every element of a list that is separated by commas. */
  static void each(String value, Consumer<String> action) {
    for (String element : value.split(",", -1)) {
      action.accept(element.strip());
    }
  }

  static long bytes(String what, String value) {
    try {
      return ByteSize.parse(value);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(what + ": " + e.getMessage());
    }
  }

  static long millis(String what, String value) {
    return TimeSpan.parseMillis(what, value);
  }

  static int percent(String what, String value) {
    try {
      return Integer.parseInt(value.substring(0, value.length() - 1).strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(what + ": " + value + ", not a whole number of percent");
    }
  }

  /** {@code range} is for the words of the refusal; who takes the number checks it. */
  static int whole(String what, String value, String range) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(what + ": " + value + ", not a number from " + range);
    }
  }

  static boolean onOff(String what, String value) {
    return switch (value) {
      case "on", "true" -> true;
      case "off", "false" -> false;
      default -> throw new IllegalArgumentException(what + ": " + value + ", not on or off");
    };
  }

  static <T> T label(String what, String value, T[] choices, Function<T, String> labels) {
    List<String> all = new ArrayList<>();
    for (T choice : choices) {
      if (labels.apply(choice).equals(value)) {
        return choice;
      }
      all.add(labels.apply(choice));
    }
    throw new IllegalArgumentException(
        what + ": " + value + ", not one of " + String.join(", ", all));
  }

  static Path path(String value) {
    try {
      return Path.of(value);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(value + " is not a path: " + e.getReason());
    }
  }

  /** The text of a file without the line end behind it. */
  static String text(String what, String value) {
    try {
      return Files.readString(path(value), StandardCharsets.UTF_8).stripTrailing();
    } catch (IOException e) {
      throw new IllegalArgumentException(
          what + ": " + value + " can't be read as UTF-8 text: " + e);
    }
  }
}

package dev.whippet.conformance.codec;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** Names of status codes, from the table of iggy-classic.md section 7. */
public final class Statuses {
  private static final Properties NAMES = load();

  private Statuses() {}

  /** {@code unknown} when the code is not in the table. */
  public static String name(int status) {
    return NAMES.getProperty(Integer.toString(status), "unknown");
  }

  static int code(String name) {
    for (String code : NAMES.stringPropertyNames()) {
      if (NAMES.getProperty(code).equals(name)) {
        return Integer.parseInt(code);
      }
    }
    throw new MalformedFrame("no status is called " + name);
  }

  private static Properties load() {
    Properties names = new Properties();
    try (InputStream in = Statuses.class.getResourceAsStream("/classic-statuses.properties")) {
      names.load(in);
    } catch (IOException unreadable) {
      throw new ExceptionInInitializerError(unreadable);
    }
    return names;
  }
}

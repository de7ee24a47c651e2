package dev.whippet.broker.cli;

import dev.whippet.broker.Broker;
import dev.whippet.broker.BrokerConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Settings from three places; the later wins: configuration file, environment, flags. A value is
 * checked when it has won, and a wrong one is answered with where it came from.
 */
final class Settings {

  /** Settings of which one replaces the other. */
  private static final Set<Setting> PASSWORDS =
      Set.of(
          Setting.ROOT_PASSWORD, Setting.ROOT_PASSWORD_FILE, Setting.WITH_DEFAULT_ROOT_CREDENTIALS);

  private static final String FIRST_ADDRESS = "127.0.0.1:8090";

  /** Where stock clients of WebSocket and HTTP look; whoever else listens there may stay. */
  private static final List<String> MORE_ADDRESSES = List.of("127.0.0.1:8092", "127.0.0.1:3000");

  private record Value(String text, String origin) {}

  private final Map<Setting, Value> values = new EnumMap<>(Setting.class);

  /** What {@code file} says; {@code null} is no file. */
  Settings file(Path file) throws UsageException {
    if (file != null) {
      ConfigFile.read(file)
          .forEach((setting, text) -> put(setting, text, file + ": " + setting.key()));
    }
    return this;
  }

  /**
   * What the environment says; empty values count as absent. Whippet's own variable wins over
   * Iggy's.
   */
  Settings environment(Map<String, String> environment) {
    for (Setting setting : Setting.values()) {
      List<String> names = given(environment, List.of(setting.variable()));
      if (names.isEmpty()) {
        names = given(environment, setting.iggyVariables());
      }
      if (!names.isEmpty()) {
        Set<String> texts = new LinkedHashSet<>();
        names.forEach(name -> texts.add(environment.get(name)));
        put(setting, String.join(",", texts), String.join(", ", names));
      }
    }
    return this;
  }

  private static List<String> given(Map<String, String> environment, List<String> names) {
    List<String> given = new ArrayList<>();
    for (String name : names) {
      if (!environment.getOrDefault(name, "").isEmpty()) {
        given.add(name);
      }
    }
    return given;
  }

  /** Variables that look like ours and are not, with what may be meant; for warnings. */
  static List<String> strangers(Map<String, String> environment) {
    List<String> known = new ArrayList<>();
    for (Setting setting : Setting.values()) {
      known.add(setting.variable());
    }
    List<String> strangers = new ArrayList<>();
    for (String name : environment.keySet()) {
      if (name.startsWith("WHIPPET_") && !known.contains(name)) {
        strangers.add(
            "unknown variable "
                + name
                + "; the nearest known one is "
                + Names.nearest(name, known));
      }
    }
    return strangers;
  }

  /** What the command line says; {@code null} values are flags not given. */
  Settings flags(Map<Setting, String> flags) {
    new LinkedHashMap<>(flags)
        .forEach(
            (setting, text) -> {
              if (text != null) {
                put(setting, text, "--" + setting.key());
              }
            });
    return this;
  }

  /** The configuration, or the first value that is wrong. */
  BrokerConfig build() throws UsageException {
    BrokerConfig.Builder builder = Broker.builder();
    if (!values.containsKey(Setting.LISTEN)) {
      builder.listen(FIRST_ADDRESS);
      MORE_ADDRESSES.forEach(builder::listenIfFree);
    }
    for (Map.Entry<Setting, Value> each : values.entrySet()) {
      try {
        each.getKey().apply(builder, each.getValue().text());
      } catch (IllegalArgumentException e) {
        throw new UsageException(e.getMessage() + " (from " + each.getValue().origin() + ")");
      }
    }
    try {
      return builder.build();
    } catch (IllegalArgumentException e) { // two settings that do not go together
      throw new UsageException(e.getMessage());
    }
  }

  /**
   * Every setting as a line of a configuration file, and where it comes from as a comment; secrets
   * are hidden. What has no value is a comment altogether.
   */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (Setting setting : Setting.values()) {
      Value value = values.get(setting);
      if (value != null) {
        String text = setting.isSecret() ? "\"***\"" : toml(setting, value.text());
        lines.add(setting.key() + " = " + text + " # from " + value.origin());
      } else {
        String text = setting.defaultText();
        lines.add("# " + setting.key() + ": " + (text.isEmpty() ? "none" : text) + " (default)");
      }
    }
    return lines;
  }

  private static String toml(Setting setting, String text) {
    if (!setting.isList()) {
      return quoted(text);
    }
    List<String> elements = new ArrayList<>();
    Values.each(text, element -> elements.add(quoted(element)));
    return "[" + String.join(", ", elements) + "]";
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ' || c == 0x7f) {
        quoted.append(String.format("\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }

  private void put(Setting setting, String text, String origin) {
    if (PASSWORDS.contains(setting)) {
      PASSWORDS.forEach(values::remove);
    }
    values.put(setting, new Value(text, origin));
  }
}

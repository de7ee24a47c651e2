package dev.whippet.broker.cli;

import dev.whippet.broker.Broker;
import dev.whippet.broker.BrokerConfig;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Settings from three places; the later wins: configuration file, environment, flags. A value is
 * checked when it has won, and a wrong one is answered with where it came from.
 */
final class Settings {

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

  /** What the environment says; empty values count as absent. */
  Settings environment(Map<String, String> environment) {
    for (Setting setting : Setting.values()) {
      for (String variable : setting.variables()) {
        String text = environment.get(variable);
        if (text != null && !text.isEmpty()) {
          put(setting, text, variable);
          break;
        }
      }
    }
    return this;
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
    for (Map.Entry<Setting, Value> each : values.entrySet()) {
      try {
        each.getKey().apply(builder, each.getValue().text());
      } catch (IllegalArgumentException e) {
        throw new UsageException(e.getMessage() + " (from " + each.getValue().origin() + ")");
      }
    }
    return builder.build();
  }

  private void put(Setting setting, String text, String origin) {
    if (setting == Setting.ROOT_PASSWORD) {
      values.remove(Setting.ROOT_PASSWORD_FILE);
    } else if (setting == Setting.ROOT_PASSWORD_FILE) {
      values.remove(Setting.ROOT_PASSWORD);
    }
    values.put(setting, new Value(text, origin));
  }
}

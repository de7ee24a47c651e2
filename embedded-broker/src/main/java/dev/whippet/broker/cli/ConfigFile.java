package dev.whippet.broker.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The configuration file: TOML, one level, the keys of {@link Setting}. Numbers, texts, true and
 * false are taken alike; lists may be arrays. A key that is not known is an error.
 */
final class ConfigFile {
  /** Nobody needs a longer one. */
  private static final long BYTES_MAX = 1 << 20;

  /** Longer names are cut where they are repeated, and have no nearest one. */
  private static final int NAME_CHARS_MAX = 64;

  private ConfigFile() {}

  static Map<Setting, String> read(Path file) throws UsageException {
    try {
      if (Files.size(file) > BYTES_MAX) {
        throw new UsageException(file + " has more than " + BYTES_MAX + " bytes");
      }
      return parse(file.toString(), Files.readString(file, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UsageException("configuration file " + file + " can't be read: " + e);
    }
  }

  /** What {@code text} says; {@code file} is for the words of refusals. */
  static Map<Setting, String> parse(String file, String text) throws UsageException {
    Map<Setting, String> values = new EnumMap<>(Setting.class);
    for (Map.Entry<String, JsonNode> member : tree(file, text).properties()) {
      Setting setting = setting(file, member.getKey());
      values.put(setting, text(file, setting, member.getValue()));
    }
    return values;
  }

  private static JsonNode tree(String file, String text) throws UsageException {
    try {
      return new TomlMapper().readTree(text);
    } catch (JacksonException e) {
      JsonLocation at = e.getLocation();
      String line = at == null ? "" : ", line " + at.getLineNr();
      String message =
          String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("not TOML");
      throw new UsageException(file + line + ": " + message);
    }
  }

  private static Setting setting(String file, String key) throws UsageException {
    List<String> known = new ArrayList<>();
    for (Setting each : Setting.values()) {
      if (each.key().equals(key)) {
        return each;
      }
      known.add(each.key());
    }
    throw new UsageException(
        file
            + ": unknown key \""
            + (key.length() > NAME_CHARS_MAX ? key.substring(0, NAME_CHARS_MAX) + "..." : key)
            + "\"; the nearest known one is \""
            + (key.length() > NAME_CHARS_MAX ? known.get(0) : Names.nearest(key, known))
            + "\"");
  }

  private static String text(String file, Setting setting, JsonNode value) throws UsageException {
    if (value.isArray() && setting.isList() && !value.isEmpty()) {
      List<String> parts = new ArrayList<>();
      for (JsonNode each : value) {
        parts.add(scalar(file, setting.key() + " element", each));
      }
      return String.join(",", parts);
    }
    return scalar(file, setting.key(), value);
  }

  private static String scalar(String file, String key, JsonNode value) throws UsageException {
    if (value.isTextual() || value.isIntegralNumber() || value.isBoolean()) {
      return value.asText();
    }
    throw new UsageException(file + ": " + key + " = " + value + ", not a text or whole number");
  }
}

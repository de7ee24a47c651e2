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
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The configuration file: TOML, one level, the keys of {@link Setting}. Numbers and texts are taken
 * alike; {@code listen} and {@code durability} may be arrays. A key that is not known is an error.
 */
final class ConfigFile {
  /** May be an array in the file. */
  private static final Set<Setting> LISTS =
      EnumSet.of(
          Setting.LISTEN, Setting.DURABILITY, Setting.ALLOW_ORIGIN, Setting.WEBSOCKET_PROTOCOL);

  /** Nobody needs a longer one. */
  private static final long BYTES_MAX = 1 << 20;

  private ConfigFile() {}

  static Map<Setting, String> read(Path file) throws UsageException {
    Map<Setting, String> values = new EnumMap<>(Setting.class);
    for (Map.Entry<String, JsonNode> member : parse(file).properties()) {
      values.put(setting(file, member.getKey()), text(file, member.getKey(), member.getValue()));
    }
    return values;
  }

  private static JsonNode parse(Path file) throws UsageException {
    try {
      if (Files.size(file) > BYTES_MAX) {
        throw new UsageException(file + " has more than " + BYTES_MAX + " bytes");
      }
      return new TomlMapper().readTree(Files.readString(file, StandardCharsets.UTF_8));
    } catch (JacksonException e) {
      JsonLocation at = e.getLocation();
      String line = at == null ? "" : ", line " + at.getLineNr();
      String message = e.getOriginalMessage().lines().findFirst().orElse("not TOML");
      throw new UsageException(file + line + ": " + message);
    } catch (IOException e) {
      throw new UsageException("configuration file " + file + " can't be read: " + e);
    }
  }

  private static Setting setting(Path file, String key) throws UsageException {
    Setting nearest = null;
    int distance = Integer.MAX_VALUE;
    for (Setting each : Setting.values()) {
      int candidate = distance(each.key(), key);
      if (candidate == 0) {
        return each;
      }
      if (candidate < distance) {
        nearest = each;
        distance = candidate;
      }
    }
    throw new UsageException(
        file + ": unknown key \"" + key + "\"; the nearest known one is \"" + nearest.key() + "\"");
  }

  private static String text(Path file, String key, JsonNode value) throws UsageException {
    if (value.isTextual() || value.isIntegralNumber()) {
      return value.asText();
    }
    boolean list = LISTS.stream().anyMatch(setting -> setting.key().equals(key));
    if (value.isArray() && list && !value.isEmpty()) {
      List<String> parts = new ArrayList<>();
      for (JsonNode each : value) {
        parts.add(text(file, key + " element", each));
      }
      return String.join(",", parts);
    }
    throw new UsageException(file + ": " + key + " = " + value + ", not a text or whole number");
  }

  /** Levenshtein's: how many letters to add, drop or change. */
  static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}

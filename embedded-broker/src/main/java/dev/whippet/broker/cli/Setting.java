package dev.whippet.broker.cli;

import dev.whippet.broker.BrokerConfig;
import dev.whippet.broker.BrokerConfig.Builder;
import dev.whippet.broker.BrokerConfig.Durability;
import dev.whippet.broker.BrokerConfig.Transport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Every setting of {@code serve}: its name in the configuration file (with {@code --} in front the
 * flag, where there is one), the environment variables that give it, and what it does. A variable
 * further left wins.
 */
enum Setting {
  LISTEN("listen", List.of("WHIPPET_LISTEN", "IGGY_TCP_ADDRESS")) {
    @Override
    void apply(Builder builder, String value) {
      for (String address : value.split(",")) {
        builder.listen(address.strip());
      }
    }
  },
  DATA("data", List.of("WHIPPET_DATA")) {
    @Override
    void apply(Builder builder, String value) {
      builder.dataDirectory(path(value));
    }
  },
  LOOPS("loops", List.of("WHIPPET_LOOPS")) {
    @Override
    void apply(Builder builder, String value) {
      try {
        builder.loops(Integer.parseInt(value));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException("loops: " + value + ", not a number from 1 to 64");
      }
    }
  },
  TRANSPORT("transport", List.of("WHIPPET_TRANSPORT")) {
    @Override
    void apply(Builder builder, String value) {
      List<String> labels = new ArrayList<>();
      for (Transport each : Transport.values()) {
        if (each.label().equals(value)) {
          builder.transport(each);
          return;
        }
        labels.add(each.label());
      }
      throw new IllegalArgumentException(
          "transport: " + value + ", not one of " + String.join(", ", labels));
    }
  },
  SEGMENT_SIZE("segment-size", List.of("WHIPPET_SEGMENT_SIZE")) {
    @Override
    void apply(Builder builder, String value) {
      builder.segmentBytes(bytes("segment size", value));
    }
  },
  DURABILITY("durability", List.of("WHIPPET_DURABILITY")) {
    @Override
    void apply(Builder builder, String value) {
      for (String rule : value.split(",")) {
        int equals = rule.indexOf('=');
        Durability level = level(rule.substring(equals + 1).strip());
        if (equals < 0) {
          builder.durability(level);
        } else {
          builder.durability(rule.substring(0, equals).strip(), level);
        }
      }
    }

    private Durability level(String label) {
      for (Durability each : Durability.values()) {
        if (each.label().equals(label)) {
          return each;
        }
      }
      throw new IllegalArgumentException(
          "durability: " + label + ", not one of power, process, interval");
    }
  },
  SYNC_INTERVAL("sync-interval", List.of("WHIPPET_SYNC_INTERVAL")) {
    @Override
    void apply(Builder builder, String value) {
      builder.syncIntervalMillis(TimeSpan.parseMillis("sync interval", value));
    }
  },
  COMMIT_DELAY("commit-delay", List.of("WHIPPET_COMMIT_DELAY")) {
    @Override
    void apply(Builder builder, String value) {
      long millis = value.equals("flash") ? 20 : TimeSpan.parseMillis("commit delay", value);
      builder.commitDelayMillis(millis);
    }
  },
  TOPIC_EXPIRY("topic-expiry", List.of("WHIPPET_TOPIC_EXPIRY")) {
    @Override
    void apply(Builder builder, String value) {
      builder.topicExpiryMillis(TimeSpan.parseMillis("topic expiry", value));
    }
  },
  TOPIC_SIZE("topic-size", List.of("WHIPPET_TOPIC_SIZE")) {
    @Override
    void apply(Builder builder, String value) {
      builder.topicBytes(bytes("topic size", value));
    }
  },
  RETENTION_SIZE("retention-size", List.of("WHIPPET_RETENTION_SIZE")) {
    @Override
    void apply(Builder builder, String value) {
      if (value.endsWith("%")) {
        builder.retentionPercent(percent("retention size", value));
      } else {
        builder.retentionBytes(bytes("retention size", value));
      }
    }
  },
  DISK_FREE("disk-free", List.of("WHIPPET_DISK_FREE")) {
    @Override
    void apply(Builder builder, String value) {
      if (value.endsWith("%")) {
        builder.diskFreePercent(percent("disk free", value));
      } else {
        builder.diskFreeBytes(bytes("disk free", value));
      }
    }
  },
  CONSUMER_PROTECTION("consumer-protection", List.of("WHIPPET_CONSUMER_PROTECTION")) {
    @Override
    void apply(Builder builder, String value) {
      builder.consumerProtectionMillis(TimeSpan.parseMillis("consumer protection", value));
    }
  },
  ALLOW_ORIGIN("allow-origin", List.of("WHIPPET_ALLOW_ORIGIN")) {
    @Override
    void apply(Builder builder, String value) {
      for (String origin : value.split(",")) {
        builder.allowOrigin(origin.strip());
      }
    }
  },
  WEBSOCKET_PROTOCOL("websocket-protocol", List.of("WHIPPET_WEBSOCKET_PROTOCOL")) {
    @Override
    void apply(Builder builder, String value) {
      for (String name : value.split(",")) {
        builder.subProtocol(name.strip());
      }
    }
  },
  WEBSOCKET_COMPRESSION("websocket-compression", List.of("WHIPPET_WEBSOCKET_COMPRESSION")) {
    @Override
    void apply(Builder builder, String value) {
      if (!value.equals("on") && !value.equals("off")) {
        throw new IllegalArgumentException("websocket compression: " + value + ", not on or off");
      }
      builder.webSocketCompression(value.equals("on"));
    }
  },
  WEBSOCKET_FRAGMENT("websocket-fragment", List.of("WHIPPET_WEBSOCKET_FRAGMENT")) {
    @Override
    void apply(Builder builder, String value) {
      builder.webSocketFragmentBytes(bytes("websocket fragment", value));
    }
  },
  ROOT_USERNAME("root-username", List.of("WHIPPET_ROOT_USERNAME", "IGGY_ROOT_USERNAME")) {
    @Override
    void apply(Builder builder, String value) {
      builder.rootUsername(value);
    }
  },
  ROOT_PASSWORD_FILE("root-password-file", List.of("WHIPPET_ROOT_PASSWORD_FILE")) {
    @Override
    void apply(Builder builder, String value) {
      try {
        builder.rootPassword(Files.readString(path(value), StandardCharsets.UTF_8).stripTrailing());
      } catch (IOException e) {
        throw new IllegalArgumentException(
            "root password file: " + value + " can't be read as UTF-8 text: " + e);
      }
    }
  },
  /** No flag: other users of the machine see a process's command line. */
  ROOT_PASSWORD("root-password", List.of("WHIPPET_ROOT_PASSWORD", "IGGY_ROOT_PASSWORD")) {
    @Override
    void apply(Builder builder, String value) {
      builder.rootPassword(value);
    }
  };

  private final String key;
  private final List<String> variables;

  Setting(String key, List<String> variables) {
    this.key = key;
    this.variables = variables;
  }

  /** Its name in the configuration file. */
  String key() {
    return key;
  }

  /** Its environment variables, the stronger one first. */
  List<String> variables() {
    return variables;
  }

  /**
   * Sets it. Throws {@link IllegalArgumentException} that names the setting, the value and what it
   * may be; several addresses or rules stand in one value, separated by commas.
   */
  abstract void apply(BrokerConfig.Builder builder, String value);

  private static long bytes(String what, String value) {
    try {
      return ByteSize.parse(value);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(what + ": " + e.getMessage());
    }
  }

  private static int percent(String what, String value) {
    try {
      return Integer.parseInt(value.substring(0, value.length() - 1).strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(what + ": " + value + ", not a whole number of percent");
    }
  }

  private static Path path(String value) {
    try {
      return Path.of(value);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(value + " is not a path: " + e.getReason());
    }
  }
}

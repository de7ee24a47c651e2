package dev.whippet.conformance.users;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** iggy-classic.md 3.1, as it stands there, and which class each command of 3.2 asks for. */
final class PermissionTable {
  static final List<String> GLOBAL =
      List.of(
          "manage_servers",
          "read_servers",
          "manage_users",
          "read_users",
          "manage_streams",
          "read_streams",
          "manage_topics",
          "read_topics",
          "poll_messages",
          "send_messages");
  static final List<String> STREAM =
      List.of(
          "manage_stream",
          "read_stream",
          "manage_topics",
          "read_topics",
          "poll_messages",
          "send_messages");
  static final List<String> TOPIC =
      List.of("manage_topic", "read_topic", "poll_messages", "send_messages");

  private static final String CLASSES =
      """
      P-server        | G.manage_servers, G.read_servers
      P-users-read    | G.manage_users, G.read_users
      P-users         | G.manage_users
      P-streams-read  | G.manage_streams, G.read_streams
      P-stream-read   | P-streams-read, S.manage_stream, S.read_stream
      P-stream-create | G.manage_streams
      P-stream        | G.manage_streams, S.manage_stream
      P-topics-read   | G.manage_streams, G.read_streams, G.manage_topics, G.read_topics, \
      S.manage_stream, S.read_stream, S.manage_topics, S.read_topics
      P-topic-read    | P-topics-read, T.manage_topic, T.read_topic
      P-topic-create  | G.manage_streams, G.manage_topics, S.manage_stream, S.manage_topics
      P-topic         | P-topic-create, T.manage_topic
      P-send          | G.send_messages, P-topic-create, S.send_messages, T.manage_topic, \
      T.send_messages
      P-poll          | G.poll_messages, P-topic-read, S.poll_messages, T.poll_messages
      """;

  private static final String COMMANDS =
      """
      P-server        | 10 21 22
      P-users-read    | 31 32
      P-users         | 33 34 35 36 37
      P-poll          | 100 120 121 122
      P-send          | 101 102
      P-stream-read   | 200
      P-streams-read  | 201
      P-stream-create | 202
      P-stream        | 204 205 203
      P-topic-read    | 300 600 601 602 604 605 603
      P-topics-read   | 301
      P-topic-create  | 302
      P-topic         | 304 305 402 403 503 303
      login           | 1 11 12 20 41 43
      """;

  /** Class to the flags that give it, {@code G.}, {@code S.} or {@code T.} in front. */
  private final Map<String, Set<String>> flags = new HashMap<>();

  private final Map<Integer, String> classes = new HashMap<>();

  PermissionTable() {
    for (String line : CLASSES.lines().toList()) {
      String[] cells = line.split("\\|");
      Set<String> given = new HashSet<>();
      for (String flag : cells[1].split(",")) {
        String name = flag.strip();
        given.addAll(name.startsWith("P-") ? flags.get(name) : Set.of(name));
      }
      flags.put(cells[0].strip(), given);
    }
    for (String line : COMMANDS.lines().toList()) {
      String[] cells = line.split("\\|");
      Arrays.stream(cells[1].strip().split(" "))
          .forEach(code -> classes.put(Integer.valueOf(code), cells[0].strip()));
    }
  }

  Set<Integer> codes() {
    return classes.keySet();
  }

  /** Whether {@code granted} flags are enough for the command. */
  boolean allows(int code, Set<String> granted) {
    Set<String> enough = flags.get(classes.get(code));
    return enough == null || granted.stream().anyMatch(enough::contains);
  }
}

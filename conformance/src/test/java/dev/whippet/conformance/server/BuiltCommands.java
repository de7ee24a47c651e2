package dev.whippet.conformance.server;

import java.util.Set;

/**
 * What the broker answers so far; everything else of iggy-classic.md 3.2 gets status 5. The issue
 * that builds the rest of the surface deletes this class.
 */
public final class BuiltCommands {
  public static final Set<String> NAMES =
      Set.of(
          "ping",
          "login_user",
          "logout_user",
          "get_user",
          "get_users",
          "create_user",
          "delete_user",
          "update_user",
          "update_permissions",
          "change_password",
          "get_personal_access_tokens",
          "create_personal_access_token",
          "delete_personal_access_token",
          "login_with_personal_access_token",
          "get_me",
          "get_client",
          "get_clients",
          "get_stats",
          "get_snapshot",
          "get_cluster_metadata",
          "create_stream",
          "get_stream",
          "get_streams",
          "delete_stream",
          "create_topic",
          "get_topic",
          "get_topics",
          "delete_topic",
          "send_messages",
          "poll_messages",
          "get_consumer_offset",
          "store_consumer_offset",
          "delete_consumer_offset",
          "flush_unsaved_buffer",
          "update_stream",
          "purge_stream",
          "update_topic",
          "purge_topic",
          "create_partitions",
          "delete_partitions",
          "delete_segments",
          "get_consumer_group",
          "get_consumer_groups",
          "create_consumer_group",
          "delete_consumer_group",
          "join_consumer_group",
          "leave_consumer_group");

  /** Their codes. */
  public static final Set<Integer> CODES =
      Set.of(
          1, 38, 39, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 20, 21, 22, 10, 12, 202, 200, 201,
          203, 302, 300, 301, 303, 101, 100, 120, 121, 122, 11, 102, 204, 205, 304, 305, 402, 403,
          503, 600, 601, 602, 603, 604, 605);

  private BuiltCommands() {}
}

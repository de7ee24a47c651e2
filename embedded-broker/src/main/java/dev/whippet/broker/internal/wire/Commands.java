package dev.whippet.broker.internal.wire;

import dev.whippet.internal.wire.Command;

/**
 * Which codes there are and what kind they are of (iggy-classic.md 3.2, whippet-extension.md 1).
 * Subscriptions of the extension are unknown here until they exist.
 *
 * <p>Stateless; any thread.
 */
final class Commands {
  private Commands() {}

  static boolean login(int code) {
    return code == Command.LOGIN_USER || code == Command.LOGIN_WITH_TOKEN;
  }

  /** Commands that carry nothing: whatever comes with them is ignored (1.5). */
  static boolean withoutPayload(int code) {
    return switch (code) {
      case Command.PING,
          Command.GET_STATS,
          Command.GET_CLUSTER_METADATA,
          Command.GET_ME,
          Command.GET_CLIENTS,
          Command.GET_USERS,
          Command.LOGOUT_USER,
          Command.GET_TOKENS,
          Command.GET_STREAMS ->
          true;
      default -> false;
    };
  }

  static boolean known(int code) {
    return withoutPayload(code)
        || switch (code) {
          case Command.GET_SNAPSHOT,
              Command.GET_CLIENT,
              Command.GET_USER,
              Command.CREATE_USER,
              Command.DELETE_USER,
              Command.UPDATE_USER,
              Command.UPDATE_PERMISSIONS,
              Command.CHANGE_PASSWORD,
              Command.LOGIN_USER,
              Command.CREATE_TOKEN,
              Command.DELETE_TOKEN,
              Command.LOGIN_WITH_TOKEN,
              Command.POLL_MESSAGES,
              Command.SEND_MESSAGES,
              Command.FLUSH_UNSAVED_BUFFER,
              Command.GET_CONSUMER_OFFSET,
              Command.STORE_CONSUMER_OFFSET,
              Command.DELETE_CONSUMER_OFFSET,
              Command.GET_STREAM,
              Command.CREATE_STREAM,
              Command.DELETE_STREAM,
              Command.UPDATE_STREAM,
              Command.PURGE_STREAM,
              Command.GET_TOPIC,
              Command.GET_TOPICS,
              Command.CREATE_TOPIC,
              Command.DELETE_TOPIC,
              Command.UPDATE_TOPIC,
              Command.PURGE_TOPIC,
              Command.CREATE_PARTITIONS,
              Command.DELETE_PARTITIONS,
              Command.DELETE_SEGMENTS,
              Command.GET_CONSUMER_GROUP,
              Command.GET_CONSUMER_GROUPS,
              Command.CREATE_CONSUMER_GROUP,
              Command.DELETE_CONSUMER_GROUP,
              Command.JOIN_CONSUMER_GROUP,
              Command.LEAVE_CONSUMER_GROUP,
              Command.HELLO,
              Command.PUBLISH,
              Command.PRODUCER_STATE ->
              true;
          default -> false;
        };
  }
}

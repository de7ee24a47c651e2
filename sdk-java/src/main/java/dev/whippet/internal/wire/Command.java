package dev.whippet.internal.wire;

/**
 * The command codes of the classic wire (iggy-classic.md 3.2) and of the Whippet extension
 * (whippet-extension.md 1). A code is the second {@code u32} of a request frame.
 *
 * <p>Constants only; any thread.
 */
public final class Command {
  public static final int PING = 1;
  public static final int GET_STATS = 10;
  public static final int GET_SNAPSHOT = 11;
  public static final int GET_CLUSTER_METADATA = 12;
  public static final int GET_ME = 20;
  public static final int GET_CLIENT = 21;
  public static final int GET_CLIENTS = 22;

  public static final int GET_USER = 31;
  public static final int GET_USERS = 32;
  public static final int CREATE_USER = 33;
  public static final int DELETE_USER = 34;
  public static final int UPDATE_USER = 35;
  public static final int UPDATE_PERMISSIONS = 36;
  public static final int CHANGE_PASSWORD = 37;
  public static final int LOGIN_USER = 38;
  public static final int LOGOUT_USER = 39;
  public static final int GET_TOKENS = 41;
  public static final int CREATE_TOKEN = 42;
  public static final int DELETE_TOKEN = 43;
  public static final int LOGIN_WITH_TOKEN = 44;

  public static final int POLL_MESSAGES = 100;
  public static final int SEND_MESSAGES = 101;
  public static final int FLUSH_UNSAVED_BUFFER = 102;
  public static final int GET_CONSUMER_OFFSET = 120;
  public static final int STORE_CONSUMER_OFFSET = 121;
  public static final int DELETE_CONSUMER_OFFSET = 122;

  public static final int GET_STREAM = 200;
  public static final int GET_STREAMS = 201;
  public static final int CREATE_STREAM = 202;
  public static final int DELETE_STREAM = 203;
  public static final int UPDATE_STREAM = 204;
  public static final int PURGE_STREAM = 205;

  public static final int GET_TOPIC = 300;
  public static final int GET_TOPICS = 301;
  public static final int CREATE_TOPIC = 302;
  public static final int DELETE_TOPIC = 303;
  public static final int UPDATE_TOPIC = 304;
  public static final int PURGE_TOPIC = 305;
  public static final int CREATE_PARTITIONS = 402;
  public static final int DELETE_PARTITIONS = 403;
  public static final int DELETE_SEGMENTS = 503;

  public static final int GET_CONSUMER_GROUP = 600;
  public static final int GET_CONSUMER_GROUPS = 601;
  public static final int CREATE_CONSUMER_GROUP = 602;
  public static final int DELETE_CONSUMER_GROUP = 603;
  public static final int JOIN_CONSUMER_GROUP = 604;
  public static final int LEAVE_CONSUMER_GROUP = 605;

  public static final int HELLO = 0x57480001;
  public static final int PUBLISH = 0x57480002;
  public static final int PRODUCER_STATE = 0x57480003;
  public static final int SUBSCRIBE = 0x57480010;
  public static final int CREDIT = 0x57480011;
  public static final int UNSUBSCRIBE = 0x57480012;

  private Command() {}
}

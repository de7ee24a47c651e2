package dev.whippet.internal.wire;

/**
 * The statuses that we send or act upon: iggy-classic.md section 7 and whippet-extension.md 1. A
 * status is the first {@code u32} of a response frame; 0 is success. A status that is not listed
 * here is treated like {@link #ERROR}.
 *
 * <p>Constants only; any thread.
 */
public final class Status {
  public static final int OK = 0;
  public static final int ERROR = 1;
  public static final int INVALID_COMMAND = 3;
  public static final int INVALID_FORMAT = 4;
  public static final int FEATURE_UNAVAILABLE = 5;
  public static final int INVALID_IDENTIFIER = 6;
  public static final int DISCONNECTED = 8;
  public static final int RESOURCE_NOT_FOUND = 20;
  public static final int STALE_CLIENT = 30;
  public static final int UNAUTHENTICATED = 40;
  public static final int UNAUTHORIZED = 41;
  public static final int INVALID_CREDENTIALS = 42;
  public static final int INVALID_USERNAME = 43;
  public static final int INVALID_PASSWORD = 44;
  public static final int USER_ALREADY_EXISTS = 46;
  public static final int USER_INACTIVE = 47;
  public static final int CANNOT_DELETE_USER = 48;
  public static final int CANNOT_CHANGE_PERMISSIONS = 49;
  public static final int INVALID_TOKEN_NAME = 50;
  public static final int TOKEN_ALREADY_EXISTS = 51;
  public static final int TOKENS_LIMIT_REACHED = 52;
  public static final int TOKEN_EXPIRED = 54;
  public static final int USERS_LIMIT_REACHED = 55;
  public static final int CLIENT_NOT_FOUND = 100;
  public static final int INVALID_CLIENT_ID = 101;
  public static final int CANNOT_CREATE_STREAM = 1006;
  public static final int STREAM_NOT_FOUND = 1009;
  public static final int STREAM_NAME_ALREADY_EXISTS = 1012;
  public static final int INVALID_TOPIC_SIZE = 1019;
  public static final int CANNOT_CREATE_TOPIC = 2006;
  public static final int TOPIC_NOT_FOUND = 2010;
  public static final int TOPIC_NAME_ALREADY_EXISTS = 2013;
  public static final int TOO_MANY_PARTITIONS = 2015;
  public static final int INVALID_PARTITIONS_COUNT = 2019;
  public static final int PARTITION_NOT_FOUND = 3007;
  public static final int CONSUMER_OFFSET_NOT_FOUND = 3021;
  public static final int NOT_RESOLVED_CONSUMER = 3022;
  public static final int CANNOT_SAVE_MESSAGES = 4006;
  public static final int INVALID_MESSAGES_COUNT = 4009;
  public static final int CANNOT_APPEND_MESSAGE = 4010;
  public static final int TOO_BIG_USER_HEADERS = 4017;
  public static final int TOO_BIG_MESSAGE_PAYLOAD = 4022;
  public static final int INVALID_MESSAGE_CHECKSUM = 4027;
  public static final int NON_ZERO_OFFSET = 4031;
  public static final int NON_ZERO_TIMESTAMP = 4032;
  public static final int MISSING_INDEX = 4033;
  public static final int INVALID_MESSAGES_SIZE = 4036;
  public static final int INVALID_OFFSET = 4100;
  public static final int CONSUMER_GROUP_NOT_FOUND = 5000;
  public static final int CONSUMER_GROUP_NAME_ALREADY_EXISTS = 5004;
  public static final int CONSUMER_GROUP_MEMBER_NOT_FOUND = 5006;
  public static final int SNAPSHOT_FAILED = 9000;
  public static final int CANNOT_READ_FILE = 10002;
  public static final int CANNOT_APPEND_TO_FILE = 10005;
  public static final int CANNOT_WRITE_TO_FILE = 10006;
  public static final int CANNOT_SYNC_FILE = 10009;
  public static final int CANNOT_READ_INDEX_POSITION = 10011;
  public static final int TASK_TIMEOUT = 12001;
  public static final int IO_ERROR = 13000;

  /** Not a status of a reply: an unsolicited delivery of messages. */
  public static final int DELIVERY = 0x57480020;

  public static final int OUT_OF_SEQUENCE = 0x57480101;
  public static final int FENCED = 0x57480102;
  public static final int TOO_MANY_PRODUCERS = 0x57480103;
  public static final int RETRY_LATER = 0x57480104;

  private Status() {}

  /** A short English name with the number, for messages; never empty, never parsed. */
  public static String name(int status) {
    String words = words(status);
    String number =
        status < 0 || status >= 0x57480000 ? "0x" + Integer.toHexString(status) : "" + status;
    return words == null ? "status " + number : words + " (" + number + ")";
  }

  private static String words(int status) {
    if (status >= 1000 && status < 0x57480000) {
      return dataWords(status);
    }
    switch (status) {
      case OK:
        return "ok";
      case ERROR:
        return "unspecified error";
      case INVALID_COMMAND:
        return "invalid command";
      case INVALID_FORMAT:
        return "invalid format";
      case FEATURE_UNAVAILABLE:
        return "feature unavailable";
      case INVALID_IDENTIFIER:
        return "invalid identifier";
      case DISCONNECTED:
        return "server is stopping";
      case RESOURCE_NOT_FOUND:
        return "user or token not found";
      case STALE_CLIENT:
        return "stale client";
      case UNAUTHENTICATED:
        return "not logged in";
      case UNAUTHORIZED:
        return "not permitted";
      case INVALID_CREDENTIALS:
        return "wrong user name or password";
      case INVALID_USERNAME:
        return "invalid user name";
      case INVALID_PASSWORD:
        return "invalid password";
      case USER_INACTIVE:
        return "user is inactive";
      case TOKEN_EXPIRED:
        return "token expired";
      case CLIENT_NOT_FOUND:
        return "client not found";
      case OUT_OF_SEQUENCE:
        return "out of sequence";
      case FENCED:
        return "fenced by another instance of this producer";
      case TOO_MANY_PRODUCERS:
        return "too many producers";
      case RETRY_LATER:
        return "retry later";
      default:
        return null;
    }
  }

  private static String dataWords(int status) {
    switch (status) {
      case STREAM_NOT_FOUND:
        return "stream not found";
      case STREAM_NAME_ALREADY_EXISTS:
        return "stream name taken";
      case INVALID_TOPIC_SIZE:
        return "topic size below segment size";
      case TOPIC_NOT_FOUND:
        return "topic not found";
      case TOPIC_NAME_ALREADY_EXISTS:
        return "topic name taken";
      case TOO_MANY_PARTITIONS:
        return "too many partitions";
      case PARTITION_NOT_FOUND:
        return "partition not found";
      case CONSUMER_OFFSET_NOT_FOUND:
        return "no stored offset";
      case NOT_RESOLVED_CONSUMER:
        return "group member owns no such partition";
      case INVALID_MESSAGES_COUNT:
        return "invalid messages count";
      case TOO_BIG_USER_HEADERS:
        return "user headers too big";
      case TOO_BIG_MESSAGE_PAYLOAD:
        return "message payload too big";
      case MISSING_INDEX:
        return "message boundary outside of the batch";
      case INVALID_MESSAGES_SIZE:
        return "batch size differs from its messages";
      case INVALID_OFFSET:
        return "invalid offset";
      case CONSUMER_GROUP_NOT_FOUND:
        return "consumer group not found";
      case CONSUMER_GROUP_NAME_ALREADY_EXISTS:
        return "consumer group name taken";
      case CONSUMER_GROUP_MEMBER_NOT_FOUND:
        return "not a member of the consumer group";
      case CANNOT_SYNC_FILE:
        return "sync to storage failed";
      case IO_ERROR:
        return "input/output error";
      default:
        return null;
    }
  }
}

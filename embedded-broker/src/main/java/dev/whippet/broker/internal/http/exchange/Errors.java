package dev.whippet.broker.internal.http.exchange;

import dev.whippet.internal.wire.Status;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** Codes of iggy-classic.md section 7 as error objects (8.2). Any thread. */
public final class Errors {
  /** Codes that are answered over HTTP only. */
  public static final int INVALID_ACCESS_TOKEN = 78;

  public static final int INVALID_STREAM_NAME = 1013;
  public static final int INVALID_TOPIC_NAME = 2014;
  public static final int INVALID_REPLICATION_FACTOR = 2018;
  public static final int INVALID_KEY_VALUE_LENGTH = 4028;
  public static final int INVALID_CONSUMER_GROUP_NAME = 5005;

  private static final int NOT_FOUND_STATUS = 404;

  /** A single entity does not exist. */
  public static final Answer NOT_FOUND =
      answer(NOT_FOUND_STATUS, NOT_FOUND_STATUS, "not_found", "Resource not found", null);

  private static final Properties NAMES = names();

  private Errors() {}

  private static Properties names() {
    Properties names = new Properties();
    try (InputStream in = Errors.class.getResourceAsStream("codes.properties")) {
      names.load(in);
    } catch (IOException e) { // it is in our own jar
      throw new UncheckedIOException(e);
    }
    return names;
  }

  public static Answer answer(int code) {
    String name = NAMES.getProperty(Integer.toString(code), "error");
    return answer(httpStatus(code), code, name, Status.name(code), field(code));
  }

  private static Answer answer(int status, int code, String name, String reason, String field) {
    return Answer.json(
        status,
        Json.object(
            out -> {
              out.writeNumberField("id", code);
              out.writeStringField("code", name);
              out.writeStringField("reason", reason);
              out.writeStringField("field", field);
            }));
  }

  private static int httpStatus(int code) {
    return switch (code) {
      case 20, 100, 1009, 2010, 3007, 3021, 4000, 5000, 5003, 5006 -> NOT_FOUND_STATUS;
      case 40, 53, 77, INVALID_ACCESS_TOKEN -> 401;
      case 41 -> 403;
      default -> 400;
    };
  }

  /** The member of the request that is at fault, where a stock server names it. */
  private static String field(int code) {
    return switch (code) {
      case Status.STREAM_NOT_FOUND -> "stream_id";
      case Status.TOPIC_NOT_FOUND -> "topic_id";
      case Status.PARTITION_NOT_FOUND -> "partition_id";
      case Status.INVALID_OFFSET -> "offset";
      case Status.USER_ALREADY_EXISTS -> "username";
      case Status.TOKEN_ALREADY_EXISTS,
          Status.STREAM_NAME_ALREADY_EXISTS,
          Status.TOPIC_NAME_ALREADY_EXISTS,
          Status.CONSUMER_GROUP_NAME_ALREADY_EXISTS,
          INVALID_STREAM_NAME,
          INVALID_TOPIC_NAME ->
          "name";
      default -> null;
    };
  }
}

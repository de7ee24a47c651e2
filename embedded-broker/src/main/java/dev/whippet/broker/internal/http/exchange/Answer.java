package dev.whippet.broker.internal.http.exchange;

import java.nio.charset.StandardCharsets;

/**
 * What is sent back.
 *
 * @param type of the body; {@code null} when there is none
 */
public record Answer(int status, String type, byte[] body) {
  private static final byte[] NOTHING = {};
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String JSON = "application/json";
  private static final String ZIP = "application/zip";

  public static Answer empty(int status) {
    return new Answer(status, null, NOTHING);
  }

  public static Answer text(int status, String text) {
    return new Answer(status, TEXT, text.getBytes(StandardCharsets.UTF_8));
  }

  /** {@code body} is JSON in UTF-8. */
  public static Answer json(int status, byte[] body) {
    return new Answer(status, JSON, body);
  }

  /** 200, an archive. */
  public static Answer zip(byte[] body) {
    return new Answer(200, ZIP, body);
  }

  /** 200, an object with the members that {@code members} writes. */
  public static Answer object(Json.Writer members) {
    return json(200, Json.object(members));
  }
}

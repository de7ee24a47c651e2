package dev.whippet.broker.internal.inspect;

/** One flat JSON object on one line, fields in the order in which they are given. */
public final class JsonLine {
  private final StringBuilder text = new StringBuilder("{");

  public JsonLine put(String name, long value) {
    return raw(name, Long.toString(value));
  }

  public JsonLine put(String name, boolean value) {
    return raw(name, Boolean.toString(value));
  }

  /** {@code null} is JSON's. */
  public JsonLine put(String name, String value) {
    return raw(name, value == null ? "null" : quoted(value));
  }

  private JsonLine raw(String name, String value) {
    text.append(text.length() == 1 ? "" : ",").append(quoted(name)).append(':').append(value);
    return this;
  }

  private static String quoted(String value) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < value.length(); i++) {
      char one = value.charAt(i);
      if (one == '"' || one == '\\') {
        out.append('\\').append(one);
      } else if (one < ' ' || one == 0x7f) {
        out.append(String.format("\\u%04x", (int) one));
      } else {
        out.append(one);
      }
    }
    return out.append('"').toString();
  }

  @Override
  public String toString() {
    return text + "}";
  }
}

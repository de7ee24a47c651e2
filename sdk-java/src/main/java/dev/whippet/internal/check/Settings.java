package dev.whippet.internal.check;

import java.io.UnsupportedEncodingException;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A client's settings as text, from a connection string or from properties. Immutable; has no
 * toString, because it holds secrets, and no message repeats a value that may be one.
 *
 * <pre>
 * whippet://[USER:PASSWORD@ | TOKEN@]HOST[:PORT][,HOST[:PORT]...]
 *          [/STREAM/TOPIC][?NAME=VALUE&amp;...]
 *
 *   whippet   WebSocket, or TCP with transport=tcp; whippets: the same with TLS
 *   PORT      8090 if left out
 *   user information, names and values are percent-encoded UTF-8
 * </pre>
 */
public final class Settings {
  /** Every setting's name; durations are a number with ms, s, m or h. */
  private static final Set<String> NAMES =
      new HashSet<>(
          Arrays.asList(
              "url",
              "user",
              "password",
              "token",
              "stream",
              "topic",
              "outbox",
              "create",
              "ca",
              "pin",
              "certificate",
              "key",
              "linger",
              "batch-bytes",
              "batch-messages",
              "connect-timeout",
              "request-timeout",
              "keep-alive",
              "fail-back",
              "compression",
              "message-bytes-max"));

  private static final String PREFIX = "whippet.";
  private static final int DEFAULT_PORT = 8090;

  private final Map<String, String> values;

  private Settings(Map<String, String> values) {
    this.values = values;
  }

  /** Properties whose names begin with "whippet."; others are left alone. */
  public static Settings of(Map<?, ?> properties) {
    Map<String, String> values = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : properties.entrySet()) {
      String name = String.valueOf(entry.getKey());
      if (name.startsWith(PREFIX)) {
        put(values, name.substring(PREFIX.length()), String.valueOf(entry.getValue()));
      }
    }
    return new Settings(values);
  }

  private static void put(Map<String, String> values, String name, String value) {
    if (!NAMES.contains(name)) {
      List<String> known = new ArrayList<>(NAMES);
      Collections.sort(known);
      throw new IllegalArgumentException("unknown setting " + name + "; there are " + known);
    }
    values.put(name, value);
  }

  /** Reads a connection string. */
  public static Settings parse(String text) {
    boolean secure = text.startsWith("whippets://");
    if (!secure && !text.startsWith("whippet://")) {
      throw new IllegalArgumentException(
          "connection string: expected whippet://[user:password@]host:port/stream/topic or"
              + " whippets:// with TLS");
    }
    String rest = text.substring(text.indexOf("://") + 3);
    Map<String, String> values = new LinkedHashMap<>();
    int question = rest.indexOf('?');
    Map<String, String> query = query(question < 0 ? "" : rest.substring(question + 1));
    rest = question < 0 ? rest : rest.substring(0, question);
    int slash = rest.indexOf('/');
    String path = slash < 0 ? "" : rest.substring(slash + 1);
    String authority = slash < 0 ? rest : rest.substring(0, slash);
    int at = authority.lastIndexOf('@');
    if (at >= 0) {
      secrets(authority.substring(0, at), values);
    }
    values.put("url", urls(authority.substring(at + 1), secure, query));
    destination(path, values);
    for (Map.Entry<String, String> one : query.entrySet()) {
      put(values, one.getKey(), one.getValue());
    }
    return new Settings(values);
  }

  private static Map<String, String> query(String text) {
    Map<String, String> found = new LinkedHashMap<>();
    for (String pair : text.split("&")) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        found.put(decoded(pair.substring(0, equals)), decoded(pair.substring(equals + 1)));
      } else if (!pair.isEmpty()) {
        throw new IllegalArgumentException("connection string: expected name=value after the ?");
      }
    }
    return found;
  }

  private static void secrets(String text, Map<String, String> values) {
    int colon = text.indexOf(':');
    if (colon <= 0) {
      values.put("token", decoded(text.substring(colon + 1)));
    } else {
      values.put("user", decoded(text.substring(0, colon)));
      values.put("password", decoded(text.substring(colon + 1)));
    }
  }

  private static String urls(String hosts, boolean secure, Map<String, String> query) {
    String transport = query.remove("transport");
    boolean tcp = "tcp".equals(transport);
    if (!tcp && transport != null && !transport.equals("ws")) {
      throw new IllegalArgumentException("connection string: transport is ws or tcp");
    }
    String path = query.remove("path");
    if (tcp && path != null) {
      throw new IllegalArgumentException("connection string: transport tcp has no path");
    }
    String scheme = tcp ? (secure ? "tls://" : "tcp://") : secure ? "wss://" : "ws://";
    StringBuilder urls = new StringBuilder();
    for (String host : hosts.split(",", -1)) {
      boolean port = host.indexOf(':', Math.max(0, host.lastIndexOf(']'))) >= 0;
      urls.append(urls.length() == 0 ? "" : ",").append(scheme).append(host);
      urls.append(port ? "" : ":" + DEFAULT_PORT).append(path == null ? "" : path);
    }
    return urls.toString();
  }

  private static void destination(String path, Map<String, String> values) {
    if (path.isEmpty()) {
      return;
    }
    String[] names = path.split("/", -1);
    if (names.length != 2) {
      throw new IllegalArgumentException("connection string: expected /stream/topic");
    }
    values.put("stream", decoded(names[0]));
    values.put("topic", decoded(names[1]));
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), "UTF-8");
    } catch (UnsupportedEncodingException e) {
      throw new AssertionError(e); // Every platform has UTF-8.
    } catch (IllegalArgumentException e) {
      // Its message repeats what may be a secret.
      throw new IllegalArgumentException("connection string: a % is not followed by two digits");
    }
  }

  public boolean has(String name) {
    return values.containsKey(name);
  }

  /** The text of a setting that is there. */
  public String text(String name) {
    return Check.notNull(name, values.get(name));
  }

  /** The parts of a list with commas. */
  public String[] list(String name) {
    return text(name).split(",");
  }

  public int number(String name) {
    try {
      return Integer.parseInt(text(name));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("setting " + name + " is no number: " + text(name));
    }
  }

  public boolean flag(String name) {
    String text = text(name).toLowerCase(Locale.US);
    if (!text.equals("true") && !text.equals("false")) {
      throw new IllegalArgumentException("setting " + name + " is true or false: " + text(name));
    }
    return text.equals("true");
  }

  /** A duration, such as 200ms, 5s, 2m, 1h. */
  public long millis(String name) {
    String text = text(name);
    String[] units = {"ms", "s", "m", "h"};
    long[] factors = {1, 1_000, 60_000, 3_600_000};
    for (int i = 0; i < units.length; i++) {
      String digits = text.substring(0, Math.max(0, text.length() - units[i].length()));
      if (text.endsWith(units[i]) && digits.matches("[0-9]{1,12}")) {
        return Long.parseLong(digits) * factors[i];
      }
    }
    throw new IllegalArgumentException(
        "setting " + name + " is no duration such as 200ms, 5s, 2m, 1h: " + text);
  }
}

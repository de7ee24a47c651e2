package dev.whippet.broker.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Somebody who calls over HTTP: by the JDK's client, or byte by byte. */
public final class HttpPeer {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SOCKET_MILLIS_MAX = 180_000;
  private static final int RECEIVE_BYTES = 64 << 10;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final int port;

  public HttpPeer(int port) {
    this.port = port;
  }

  /** Calls with the token, if it is not {@code null}, and with JSON, if that is not. */
  public HttpResponse<String> call(String method, String path, String token, String json)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    if (json == null) {
      request.method(method, HttpRequest.BodyPublishers.noBody());
    } else {
      request.header("Content-Type", "application/json");
      request.method(method, HttpRequest.BodyPublishers.ofString(json));
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  public HttpResponse<String> get(String path, String token)
      throws IOException, InterruptedException {
    return call("GET", path, token, null);
  }

  /** The token in the answer to {@code json} at a route that gives one. */
  public String token(String path, String json) throws IOException, InterruptedException {
    HttpResponse<String> answer = call("POST", path, null, json);
    if (answer.statusCode() != 200) {
      throw new AssertionError(answer.statusCode() + " " + answer.body());
    }
    return tree(answer).at("/access_token/token").asText();
  }

  public String login(String user, String password) throws IOException, InterruptedException {
    return token(
        "/users/login", "{\"username\":\"" + user + "\",\"password\":\"" + password + "\"}");
  }

  public static JsonNode tree(HttpResponse<String> answer) throws IOException {
    return JSON.readTree(answer.body());
  }

  /** A connection of one's own; its receive buffer does not grow. */
  public Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(RECEIVE_BYTES);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    socket.setSoTimeout(SOCKET_MILLIS_MAX);
    return socket;
  }

  public static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  public static String readAll(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
  }

  /**
   * How many answers of {@code bytes} are more than the buffers of {@link #connect} and of the
   * broker hold when nobody reads them.
   */
  public static int answersThatStall(int bytes) throws IOException {
    Path sizes = Path.of("/proc/sys/net/ipv4/tcp_wmem");
    long sendBytesMax = 8L << 20;
    if (Files.exists(sizes)) {
      try (InputStream in = Files.newInputStream(sizes)) { // in one read, or it ends too soon
        byte[] line = new byte[256];
        String text = new String(line, 0, in.read(line), StandardCharsets.US_ASCII).strip();
        sendBytesMax = Long.parseLong(text.substring(text.lastIndexOf('\t') + 1));
      }
    }
    return Math.toIntExact((sendBytesMax + (3L << 20)) / bytes);
  }

  /** Reads on to the end of an answer, of which the start was read. */
  public static void skipAnswer(Socket socket) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) socket.getInputStream().read());
    }
    String lower = head.toString().toLowerCase(Locale.ROOT);
    String length = lower.substring(lower.indexOf("content-length: ") + 16);
    socket.getInputStream().readNBytes(Integer.parseInt(length.substring(0, length.indexOf('\r'))));
  }

  /** What is said to {@code text} on a connection of its own, until that is ended. */
  public String exchange(String text) throws IOException {
    try (Socket socket = connect()) {
      send(socket, text);
      return readAll(socket);
    }
  }
}

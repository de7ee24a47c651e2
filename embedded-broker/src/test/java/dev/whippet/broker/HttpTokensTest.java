package dev.whippet.broker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.http.HttpPeer;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A token of HTTP is as good as what it was issued upon, at each request and each refresh. */
final class HttpTokensTest {
  private static final String REFRESH = "/users/refresh-token";

  @TempDir Path directory;

  private Broker broker;
  private HttpPeer peer;
  private String root;

  private BrokerConfig.Builder settings() {
    return Broker.builder()
        .listen("127.0.0.1:0")
        .dataDirectory(directory)
        .loops(2)
        .rootPassword(WireClient.PASSWORD);
  }

  @BeforeEach
  void start() throws Exception {
    begin(settings());
  }

  private void begin(BrokerConfig.Builder settings) throws Exception {
    broker = settings.start();
    peer = new HttpPeer(broker.port());
    root = peer.login("iggy", WireClient.PASSWORD);
  }

  @AfterEach
  void stop() {
    broker.close();
  }

  /** A user that may do everything with streams; its token. */
  private String user(String name) throws Exception {
    String flags =
        "\"manage_servers\":false,\"read_servers\":false,\"manage_users\":false,"
            + "\"read_users\":false,\"manage_streams\":true,\"read_streams\":true,"
            + "\"manage_topics\":true,\"read_topics\":true,\"poll_messages\":true,"
            + "\"send_messages\":true";
    root(
        "POST",
        "/users",
        "{\"username\":\""
            + name
            + "\",\"password\":\"secret\",\"status\":\"active\","
            + ("\"permissions\":{\"global\":{" + flags + "},\"streams\":null}}"));
    return peer.login(name, "secret");
  }

  private void root(String method, String path, String json) throws Exception {
    assertThat(peer.call(method, path, root, json).statusCode()).isBetween(200, 204);
  }

  private int streams(String token) throws Exception {
    return peer.get("/streams", token).statusCode();
  }

  private HttpResponse<String> refresh(String token) throws Exception {
    return peer.call("POST", REFRESH, null, "{\"token\":\"" + token + "\"}");
  }

  private void assertEnded(String token) throws Exception {
    assertThat(streams(token)).isEqualTo(401);
    assertThat(peer.get("/streams", token).body()).isEmpty();
    assertRefused(refresh(token));
  }

  private static void assertRefused(HttpResponse<String> refresh) throws Exception {
    assertThat(refresh.statusCode()).isEqualTo(401);
    assertThat(HttpPeer.tree(refresh).get("id").asInt()).isEqualTo(78);
  }

  @Test
  void aChangedPasswordEndsTokensAndRefreshes() throws Exception {
    String before = user("anna");
    assertThat(streams(before)).isEqualTo(200);

    root(
        "PUT",
        "/users/anna/password",
        "{\"current_password\":\"secret\",\"new_password\":\"secret2\"}");

    assertEnded(before);
    String after = peer.login("anna", "secret2");
    assertThat(streams(after)).isEqualTo(200);
    assertThat(refresh(after).statusCode()).isEqualTo(200);
  }

  @Test
  void anInactiveUsersTokensAreNoGoodUntilItIsActiveAgain() throws Exception {
    String token = user("anna");

    root("PUT", "/users/anna", "{\"status\":\"inactive\"}");

    assertEnded(token);
    root("PUT", "/users/anna", "{\"status\":\"active\"}");
    assertThat(streams(token)).isEqualTo(200);
  }

  /** Apache Iggy's answer; without it, who has the id next would be whom the token stands for. */
  @Test
  void aDeletedUsersTokensMayDoNothingAlsoWhenItsIdIsGivenAnew() throws Exception {
    String token = user("anna");

    root("DELETE", "/users/anna", null);
    String next = user("bert");

    for (String path : List.of("/streams", "/cluster/metadata", "/personal-access-tokens")) {
      HttpResponse<String> answer = peer.get(path, token);
      assertThat(answer.statusCode()).as(path).isEqualTo(403);
      assertThat(HttpPeer.tree(answer).get("id").asInt()).as(path).isEqualTo(41);
    }
    assertRefused(refresh(token));
    assertThat(peer.get("/ping", token).body()).isEqualTo("pong");
    assertThat(streams(next)).isEqualTo(200);
  }

  @Test
  void whatWasIssuedUponAPersonalTokenIsNotRenewedWhenThatIsGone() throws Exception {
    String own = user("anna");
    HttpResponse<String> made =
        peer.call("POST", "/personal-access-tokens", own, "{\"name\":\"for-http\",\"expiry\":0}");
    String personal = HttpPeer.tree(made).get("token").asText();
    String token = peer.token("/personal-access-tokens/login", "{\"token\":\"" + personal + "\"}");
    root(
        "PUT",
        "/users/anna/password",
        "{\"current_password\":\"secret\",\"new_password\":\"secret2\"}");
    assertThat(streams(token)).isEqualTo(200); // another secret than the password
    String refreshed = HttpPeer.tree(refresh(token)).at("/access_token/token").asText();
    assertThat(streams(refreshed)).isEqualTo(200);

    int status =
        peer.call("DELETE", "/personal-access-tokens/for-http", refreshed, null).statusCode();

    assertThat(status).isEqualTo(204);
    assertThat(streams(refreshed)).isEqualTo(200); // until it expires: clients go on with it
    assertRefused(refresh(refreshed));

    root("PUT", "/users/anna", "{\"status\":\"inactive\"}");
    assertEnded(refreshed);
  }

  @Test
  void aResetOfRootEndsItsTokens() throws Exception {
    String before = root;
    broker.close();
    begin(settings());
    assertThat(streams(before)).isEqualTo(200); // a restart alone ends nothing
    broker.close();

    begin(settings().resetRoot(true));

    assertEnded(before);
    assertThat(streams(root)).isEqualTo(200);
  }

  @Test
  void ofRefreshesAtTheSameTimeOneGetsANewToken() throws Exception {
    String token = user("anna");

    List<CompletableFuture<HttpResponse<String>>> all =
        IntStream.range(0, 8)
            .mapToObj(i -> CompletableFuture.supplyAsync(() -> refreshNow(token)))
            .toList();

    assertThat(all.stream().filter(each -> each.join().statusCode() == 200)).hasSize(1);
    assertThat(all.stream().filter(each -> each.join().statusCode() == 401)).hasSize(7);
  }

  private HttpResponse<String> refreshNow(String token) {
    try {
      return refresh(token);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void healthIsShownInDetailToWhoMayLookAtTheServer() throws Exception {
    String token = user("anna");

    for (String unprivileged : new String[] {null, token, "nonsense"}) {
      assertThat(HttpPeer.tree(peer.get("/health", unprivileged)).fieldNames())
          .toIterable()
          .containsExactly("status", "ready");
    }
    assertThat(HttpPeer.tree(peer.get("/health", root)).fieldNames())
        .toIterable()
        .containsExactly("status", "ready", "promises", "problems", "unlisted", "disk");
  }
}

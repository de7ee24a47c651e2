package dev.whippet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.testkit.ScriptedPeer;
import dev.whippet.testkit.TestCertificates;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLServerSocketFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The client over TLS against a peer with certificates of every kind. */
@Timeout(300)
final class TlsTest {
  private static TestCertificates authority;
  private static TestCertificates stranger;

  @TempDir File directory;

  private final RecordedEvents events = new RecordedEvents();

  @BeforeAll
  static void makeAuthorities() throws Exception {
    authority = TestCertificates.authority();
    stranger = TestCertificates.authority();
  }

  private ScriptedPeer peer(TestCertificates.Owner server) throws Exception {
    SSLServerSocketFactory sockets = server.context(authority.own()).getServerSocketFactory();
    return ScriptedPeer.secured(sockets).topic("s/t", 1);
  }

  private WhippetClient.Builder builder(String url) throws Exception {
    return WhippetClient.builder()
        .url(url)
        .tls(Tls.builder().authorities(authority.own().certificateIn(directory)).build())
        .credentials(Credentials.password("user", "secret"))
        .destination("s", "t")
        .outbox(new File(directory, "outbox"))
        .backoff(1, 20, TimeUnit.MILLISECONDS)
        .requestTimeout(5, TimeUnit.SECONDS)
        .events(events);
  }

  private static void flush(WhippetClient client) throws InterruptedException {
    assertThat(client.flush(60, TimeUnit.SECONDS)).as(client.status().toString()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"TLSv1.3, true", "TLSv1.3, false", "TLSv1.2, true", "TLSv1.2, false"})
  void messagesOfEverySizeGoThrough(String version, boolean webSocket) throws Exception {
    SSLServerSocketFactory sockets =
        new OneVersion(
            authority.issue("localhost", -1, 1).context(null).getServerSocketFactory(), version);
    try (ScriptedPeer peer = ScriptedPeer.secured(sockets).topic("s/t", 1)) {
      List<Integer> sizes = new ArrayList<>();
      try (WhippetClient client =
          builder(webSocket ? peer.wsUrl() : peer.tcpUrl()).batchMessages(5).open()) {
        for (int size : new int[] {1, 100, 16_000, 16_384, 16_385, 70_000, 1_000_000, 3}) {
          sizes.add(size);
          client.send(Message.builder().payload(new byte[size]).build());
        }
        flush(client);
        Consumer consumer = client.consumer().open();
        int read = 0;
        while (read < sizes.size()) {
          for (ReceivedMessage message : consumer.poll(100, 60, TimeUnit.SECONDS)) {
            assertThat(message.payload()).hasSize(sizes.get(read++));
          }
        }
        assertThat(client.status().endpoint()).contains(webSocket ? "wss://" : "tls://");
      }
      assertThat(events.attemptsFailed()).isZero();
    }
  }

  private void assertRefused(WhippetClient.Builder builder, String... words) throws Exception {
    try (WhippetClient client = builder.open()) {
      client.send(Message.of("x")).awaitStored(60, TimeUnit.SECONDS);
      events.awaitFailures(2);

      assertThat(events.reason(ConnectionState.WAITING)).contains(words);
      assertThat(client.backlog().messages()).isEqualTo(1);
      assertThat(client.status().problem())
          .isIn(WhippetException.Code.TLS_FAILED, WhippetException.Code.UNREACHABLE);
    }
  }

  @Test
  void anExpiredCertificateIsToldInPlainWords() throws Exception {
    try (ScriptedPeer peer = peer(authority.issue("localhost", -10, -1))) {
      assertRefused(builder(peer.tcpUrl()), "certificate is expired", "device's clock");
      assertThat(peer.requests()).isZero();
    }
  }

  @Test
  void aCertificateOfTomorrowIsToldInPlainWords() throws Exception {
    try (ScriptedPeer peer = peer(authority.issue("localhost", 1, 10))) {
      assertRefused(builder(peer.wsUrl()), "not valid yet", "device's clock");
    }
  }

  @Test
  void aCertificateOfAnotherHostIsRefused() throws Exception {
    try (ScriptedPeer peer = peer(authority.issue("elsewhere.example", -1, 10))) {
      assertRefused(builder(peer.tcpUrl()), "TLS:", "localhost");
      assertThat(peer.requests()).isZero();
    }
  }

  @Test
  void anAddressIsVerifiedToo() throws Exception {
    try (ScriptedPeer peer = peer(authority.issue("127.0.0.1", -1, 10))) {
      try (WhippetClient client = builder("tls://127.0.0.1:" + peer.port()).open()) {
        client.send(Message.of("m1"));
        flush(client);
      }
      assertThat(peer.texts("s/t", 0)).containsExactly("m1");
    }
  }

  @Test
  void aStrangersCertificateIsRefused() throws Exception {
    try (ScriptedPeer peer = peer(stranger.issue("localhost", -1, 10))) {
      assertRefused(builder(peer.tcpUrl()), "TLS:");
      assertThat(peer.requests()).isZero();
    }
  }

  @Test
  void thePlatformsAuthoritiesDoNotKnowOurs() throws Exception {
    try (ScriptedPeer peer = peer(authority.issue("localhost", -1, 10))) {
      assertRefused(builder(peer.tcpUrl()).tls(Tls.platform()), "TLS:");
    }
  }

  @Test
  void aPinnedKeyIsEnoughWhateverTheCertificateSays() throws Exception {
    TestCertificates.Owner server = stranger.issue("elsewhere.example", -10, -1);
    try (ScriptedPeer peer = peer(server)) {
      Tls pinned = Tls.builder().pinnedKeys(authority.own().pin(), server.pin()).build();
      try (WhippetClient client = builder(peer.wsUrl()).tls(pinned).open()) {
        client.send(Message.of("m1"));
        flush(client);
      }
      assertThat(peer.texts("s/t", 0)).containsExactly("m1");
    }
  }

  @Test
  void anotherKeyThanThePinnedOneIsRefusedAndNamed() throws Exception {
    TestCertificates.Owner server = authority.issue("localhost", -1, 1);
    try (ScriptedPeer peer = peer(server)) {
      Tls pinned = Tls.builder().pinnedKeys(authority.own().pin()).build();

      assertRefused(builder(peer.tcpUrl()).tls(pinned), server.pin(), "none of the pinned");
    }
  }

  @Test
  void aServerThatWantsToKnowUsGetsOurCertificate() throws Exception {
    SSLServerSocketFactory sockets =
        new OneVersion(
            authority.issue("localhost", -1, 1).context(authority.own()).getServerSocketFactory(),
            null);
    try (ScriptedPeer peer = ScriptedPeer.secured(sockets).topic("s/t", 1)) {
      assertRefused(builder(peer.tcpUrl()), "");
      File folder = new File(directory, "client");
      TestCertificates.Owner device = authority.issue("device-7", -1, 1);
      Tls known =
          Tls.builder()
              .authorities(authority.own().certificateIn(directory))
              .clientCertificate(device.certificateIn(folder), device.keyIn(folder))
              .build();
      try (WhippetClient client = builder(peer.tcpUrl()).tls(known).open()) {
        flush(client);
      }
      assertThat(peer.texts("s/t", 0)).containsExactly("x");
    }
  }

  @Test
  void changedFilesAreReadBeforeTheNextAttempt() throws Exception {
    File file = stranger.own().certificateIn(new File(directory, "live"));
    try (ScriptedPeer peer = peer(authority.issue("localhost", -1, 1));
        WhippetClient client =
            builder(peer.tcpUrl()).tls(Tls.builder().authorities(file).build()).open()) {
      client.send(Message.of("m1"));
      events.awaitFailures(2);

      Files.write(file.toPath(), "half of it".getBytes(StandardCharsets.US_ASCII));
      events.awaitWarning("no PEM file");
      File better = authority.own().certificateIn(new File(directory, "new"));
      Files.write(file.toPath(), Files.readAllBytes(better.toPath()));
      file.setLastModified(1_000_000_000_000L);
      flush(client);

      assertThat(peer.texts("s/t", 0)).containsExactly("m1");
    }
  }

  @Test
  void aServerWithoutTlsIsToldSo() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet()) {
      assertRefused(
          builder("tls://localhost:" + peer.port()).connectTimeout(1, TimeUnit.SECONDS), "");
    }
  }

  @Test
  void unusableFilesAreToldAndNothingIsLost() throws Exception {
    File nothing = new File(directory, "nothing.pem");
    try (ScriptedPeer peer = peer(authority.issue("localhost", -1, 1))) {
      assertRefused(
          builder(peer.tcpUrl()).tls(Tls.builder().authorities(nothing).build()), "nothing.pem");
    }
  }

  @Test
  void aKeyOfAnotherCertificateIsToldSo() throws Exception {
    File one = new File(directory, "one");
    File other = new File(directory, "other");
    Tls wrong =
        Tls.builder()
            .clientCertificate(
                authority.issue("a", -1, 1).certificateIn(one),
                authority.issue("b", -1, 1).keyIn(other))
            .build();
    try (ScriptedPeer peer = peer(authority.issue("localhost", -1, 1))) {
      assertRefused(builder(peer.tcpUrl()).tls(wrong), "does not belong to the certificate");
    }
  }

  @Test
  void contradictionsAreToldAtOnce() {
    assertThatThrownBy(
            () ->
                Tls.builder()
                    .authorities(new File("a"))
                    .pinnedKeys("sha256/" + "A".repeat(43) + "=")
                    .build())
        .hasMessageContaining("exclude each other");
    assertThatThrownBy(() -> Tls.builder().pinnedKeys("sha1/AAAA")).hasMessageContaining("sha256/");
  }

  /** Sockets of one version; or, without one, sockets that want the client's certificate. */
  private static final class OneVersion extends SSLServerSocketFactory {
    private final SSLServerSocketFactory sockets;
    private final String version;

    OneVersion(SSLServerSocketFactory sockets, String version) {
      this.sockets = sockets;
      this.version = version;
    }

    private java.net.ServerSocket with(java.net.ServerSocket made) {
      SSLServerSocket socket = (SSLServerSocket) made;
      if (version == null) {
        socket.setNeedClientAuth(true);
      } else {
        socket.setEnabledProtocols(new String[] {version});
      }
      return socket;
    }

    @Override
    public java.net.ServerSocket createServerSocket(int port, int backlog, java.net.InetAddress at)
        throws java.io.IOException {
      return with(sockets.createServerSocket(port, backlog, at));
    }

    @Override
    public java.net.ServerSocket createServerSocket(int port) throws java.io.IOException {
      return with(sockets.createServerSocket(port));
    }

    @Override
    public java.net.ServerSocket createServerSocket(int port, int backlog)
        throws java.io.IOException {
      return with(sockets.createServerSocket(port, backlog));
    }

    @Override
    public String[] getDefaultCipherSuites() {
      return sockets.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
      return sockets.getSupportedCipherSuites();
    }
  }
}

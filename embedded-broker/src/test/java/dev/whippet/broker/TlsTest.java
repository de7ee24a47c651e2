package dev.whippet.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.whippet.broker.BrokerConfig.ClientCertificates;
import dev.whippet.broker.BrokerException.Reason;
import dev.whippet.broker.http.HttpPeer;
import dev.whippet.broker.internal.net.event.ConnectionCounts.What;
import dev.whippet.broker.internal.tls.SelfSigned;
import dev.whippet.broker.internal.tls.TlsFiles;
import dev.whippet.internal.wire.Partitioning;
import dev.whippet.internal.wire.Requests;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS on the broker's port, seen by the JDK's client. */
final class TlsTest {

  private static final char[] PASSWORD = "test".toCharArray();

  @TempDir static Path certificates;
  private static TlsFiles first;
  private static TlsFiles second;

  @TempDir Path directory;

  @BeforeAll
  static void makeCertificates() throws Exception {
    first = SelfSigned.in(certificates.resolve("first"));
    second = SelfSigned.in(certificates.resolve("second"));
  }

  private BrokerConfig.Builder settings() {
    return Broker.builder()
        .listen("127.0.0.1:0")
        .dataDirectory(directory)
        .loops(2)
        .rootPassword(WireClient.PASSWORD);
  }

  private BrokerConfig.Builder secured() {
    return settings().tls(true).tlsCertificate(first.certificate()).tlsKey(first.key());
  }

  private static X509Certificate certificate(TlsFiles files) throws Exception {
    try (InputStream in = Files.newInputStream(files.certificate())) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  private static PrivateKey key(TlsFiles files) throws Exception {
    String pem = Files.readString(files.key()).replaceAll("-----[A-Z ]+-----|\\s", "");
    return KeyFactory.getInstance("EC")
        .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
  }

  /**
   * A client that trusts {@code server}, both when it is {@code null}, and, unless it is {@code
   * null}, shows {@code own}.
   */
  private static SSLSocket client(int port, TlsFiles server, TlsFiles own) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, PASSWORD);
    trusted.setCertificateEntry("server", certificate(server == null ? first : server));
    if (server == null) {
      trusted.setCertificateEntry("other", certificate(second));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, PASSWORD);
    if (own != null) {
      keys.setKeyEntry("own", key(own), PASSWORD, new Certificate[] {certificate(own)});
    }
    KeyManagerFactory manager = KeyManagerFactory.getInstance("PKIX");
    manager.init(keys, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(manager.getKeyManagers(), trust.getTrustManagers(), null);
    SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("localhost", port);
    socket.setSoTimeout(30_000);
    return socket;
  }

  private static SSLSocket client(Broker broker) throws Exception {
    return client(broker.port(), first, null);
  }

  @ParameterizedTest
  @CsvSource({"TLSv1.2, AUTO", "TLSv1.3, AUTO", "TLSv1.3, NIO"})
  void classicRequestsOfEverySizeGoThrough(String version, BrokerConfig.Transport transport)
      throws Exception {
    String large = "x".repeat(3 << 20);
    try (Broker broker = secured().transport(transport).start();
        SSLSocket socket = client(broker)) {
      socket.setEnabledProtocols(new String[] {version});
      WireClient wire = WireClient.over(socket);
      wire.ok(out -> Requests.login(out, "iggy", WireClient.PASSWORD, "test", ""));
      wire.createStream("s");
      wire.createTopic("s", "t", 1);

      assertThat(wire.sendTexts("s", "t", Partitioning.partition(0), "small", large)).isZero();
      assertThat(socket.getSession().getProtocol()).isEqualTo(version);
      assertThat(broker.description()).contains("(TLS)");
    }
  }

  @Test
  void requestsInPiecesOfOneByteGoThrough() throws Exception {
    try (Broker broker = secured().start();
        SSLSocket socket = client(broker)) {
      byte[] ping = {4, 0, 0, 0, 1, 0, 0, 0};
      for (byte one : ping) {
        socket.getOutputStream().write(one);
      }
      assertThat(socket.getInputStream().readNBytes(8)).containsOnly(0);
    }
  }

  @Test
  void webSocketsOpenOverTls() throws Exception {
    try (Broker broker = secured().start();
        SSLSocket socket = client(broker)) {
      String request =
          "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));

      String answer = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
      assertThat(answer).isEqualTo("HTTP/1.1 101");
    }
  }

  @Test
  void aPlainClientOnATlsPortIsClosedAtOnceAndCounted() throws Exception {
    try (Broker broker = secured().start();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), broker.port())) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(new byte[] {4, 0, 0, 0, 1, 0, 0, 0});

      assertEnds(socket);
      await().until(() -> broker.counts().get(What.TLS_FAILED) == 1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aTlsClientOnAPlainPortIsClosedAtOnceAndCounted(String version) throws Exception {
    try (Broker broker = settings().start();
        SSLSocket socket = client(broker)) {
      socket.setEnabledProtocols(new String[] {version});

      assertThatThrownBy(socket::startHandshake).isInstanceOf(IOException.class);
      await().until(() -> broker.counts().get(What.TLS_FAILED) == 1);
    }
  }

  private static void assertEnds(Socket socket) throws IOException {
    try {
      byte[] alert = socket.getInputStream().readAllBytes();
      assertThat(alert.length).isLessThan(64);
    } catch (java.net.SocketException reset) {
      // as good as an end
    }
  }

  @Test
  void addressesOfBothKindsListenSideBySide() throws Exception {
    try (Broker broker =
            Broker.builder()
                .listen("tls://127.0.0.1:0")
                .listen("tcp://127.0.0.1:0")
                .tlsSelfSigned(true)
                .dataDirectory(directory)
                .loops(1)
                .start();
        Socket plain =
            new Socket(InetAddress.getLoopbackAddress(), broker.addresses().get(1).getPort());
        SSLSocket socket = client(broker.port(), SelfSigned.in(directory.resolve("tls")), null)) {
      WireClient.over(socket).ok(Requests::ping);
      WireClient.over(plain).ok(Requests::ping);
    }
  }

  /** Requests ahead, answers that are taken late: all of them come, and the end is said. */
  @Test
  void httpOverTlsIsWholeAlsoToWhoReadsLate() throws Exception {
    int count = 2_000;
    String one = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
    String last = "GET /ping HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    try (Broker broker = secured().loops(1).start();
        SSLSocket socket = client(broker)) {
      Thread sender =
          new Thread(
              () -> {
                try {
                  HttpPeer.send(socket, one.repeat(count) + last);
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      sender.start();
      long[] before = {-1};
      await()
          .pollInterval(Duration.ofMillis(300))
          .until(
              () -> {
                long was = before[0];
                before[0] = broker.httpRequests();
                return before[0] > 0 && before[0] == was;
              });
      String all = HttpPeer.readAll(socket);
      sender.join();

      assertThat(all.split("HTTP/1.1 200", -1)).hasSize(count + 2);
      assertThat(all).endsWith("pong");
    }
  }

  /**
   * Whoever connects while files are exchanged, one after the other, gets one pair or the other.
   */
  @Test
  void certificatesMayBeExchangedUnderLoad() throws Exception {
    Path certificate = Files.copy(first.certificate(), directory.resolve("live.pem"));
    Path key = Files.copy(first.key(), directory.resolve("live-key.pem"));
    Set<String> seen = ConcurrentHashMap.newKeySet();
    AtomicReference<Exception> failed = new AtomicReference<>();
    AtomicBoolean over = new AtomicBoolean();
    try (Broker broker = secured().tlsCertificate(certificate).tlsKey(key).start()) {
      Runnable comeAndGo =
          () -> {
            while (!over.get() && failed.get() == null) {
              try (SSLSocket socket = client(broker.port(), null, null)) {
                WireClient.over(socket).ok(Requests::ping);
                Certificate shown = socket.getSession().getPeerCertificates()[0];
                seen.add(((X509Certificate) shown).getSerialNumber().toString());
              } catch (Exception e) {
                failed.set(e);
              }
            }
          };
      List<Thread> clients = List.of(new Thread(comeAndGo), new Thread(comeAndGo));
      clients.forEach(Thread::start);

      Files.copy(second.key(), key, StandardCopyOption.REPLACE_EXISTING);
      Files.copy(second.certificate(), certificate, StandardCopyOption.REPLACE_EXISTING);
      await().until(() -> seen.size() == 2 || failed.get() != null);
      over.set(true);
      for (Thread each : clients) {
        each.join();
      }

      assertThat(failed.get()).isNull();
    }
  }

  @Test
  void newFilesAreLoadedWithoutARestartAndOpenConnectionsStay() throws Exception {
    Path certificate = directory.resolve("live.pem");
    Path key = directory.resolve("live-key.pem");
    Files.copy(first.certificate(), certificate);
    Files.copy(first.key(), key);
    try (Broker broker = secured().tlsCertificate(certificate).tlsKey(key).start();
        SSLSocket before = client(broker)) {
      WireClient old = WireClient.over(before);
      old.ok(Requests::ping);

      Files.writeString(key, "no key"); // half of a change: goes on with what it has
      Files.copy(second.certificate(), certificate, StandardCopyOption.REPLACE_EXISTING);
      try (SSLSocket between = client(broker)) {
        WireClient.over(between).ok(Requests::ping);
      }
      Files.copy(second.key(), key, StandardCopyOption.REPLACE_EXISTING);

      await()
          .until(
              () -> {
                try (SSLSocket after = client(broker.port(), second, null)) {
                  after.startHandshake();
                  return true;
                } catch (SSLException stillTheOldOne) {
                  return false;
                }
              });
      old.ok(Requests::ping);
    }
  }

  @Test
  void whereCertificatesAreRequiredNobodyGetsInWithout() throws Exception {
    BrokerConfig.Builder settings =
        secured()
            .tlsClientAuthorities(second.certificate())
            .tlsClientCertificates(ClientCertificates.REQUIRED);
    try (Broker broker = settings.start();
        SSLSocket known = client(broker.port(), first, second);
        SSLSocket nobody = client(broker.port(), first, null);
        SSLSocket stranger = client(broker.port(), first, first)) {
      WireClient.over(known).ok(Requests::ping);

      assertThatThrownBy(() -> WireClient.over(nobody).ok(Requests::ping))
          .isInstanceOf(IOException.class);
      assertThatThrownBy(() -> WireClient.over(stranger).ok(Requests::ping))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void whatIsMissingOrUnusableIsToldAtTheStart() throws Exception {
    assertThatThrownBy(() -> settings().tls(true).build())
        .hasMessageContaining("TLS needs a certificate");
    assertThatThrownBy(() -> settings().tls(true).tlsKey(first.key()).build())
        .hasMessageContaining("both the certificate and its key");
    assertThatThrownBy(() -> secured().tlsClientCertificates(ClientCertificates.OPTIONAL).build())
        .hasMessageContaining("nobody is named who may have issued them");
    Path wrong = Files.writeString(directory.resolve("wrong.pem"), "-----BEGIN nothing");
    assertThatThrownBy(() -> secured().tlsKey(wrong).start())
        .isInstanceOfSatisfying(
            BrokerException.class, e -> assertThat(e.reason()).isEqualTo(Reason.TLS_UNUSABLE))
        .hasMessageContaining(wrong.toString())
        .hasMessageContaining("PKCS#8");
  }

  @Test
  void aStopIsSaidOverTls() throws Exception {
    Broker broker = secured().start();
    try (broker;
        SSLSocket socket = client(broker)) {
      WireClient.over(socket).ok(Requests::ping);
      broker.close();

      assertThat(socket.getInputStream().readNBytes(9)).containsExactly(8, 0, 0, 0, 0, 0, 0, 0);
    }
  }
}

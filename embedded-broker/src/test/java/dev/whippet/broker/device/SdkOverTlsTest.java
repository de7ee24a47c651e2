package dev.whippet.broker.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.Consumer;
import dev.whippet.Credentials;
import dev.whippet.Guarantee;
import dev.whippet.Message;
import dev.whippet.OverflowPolicy;
import dev.whippet.Receipt;
import dev.whippet.ReceivedMessage;
import dev.whippet.Tls;
import dev.whippet.WhippetClient;
import dev.whippet.broker.Broker;
import dev.whippet.broker.BrokerConfig.ClientCertificates;
import dev.whippet.testkit.TestCertificates;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Our client and our broker over TLS, each verifying the other. */
@Timeout(300)
class SdkOverTlsTest {
  @TempDir File directory;

  @ParameterizedTest
  @ValueSource(strings = {"tls", "wss"})
  void bothSidesShowCertificates(String scheme) throws Exception {
    TestCertificates authority = TestCertificates.authority();
    TestCertificates.Owner server = authority.issue("localhost", -1, 1);
    TestCertificates.Owner device = authority.issue("device-7", -1, 1);
    File servers = new File(directory, "server");
    File devices = new File(directory, "device");
    Path trusted = authority.own().certificateIn(new File(directory, "authority")).toPath();
    Tls tls =
        Tls.builder()
            .authorities(trusted.toFile())
            .clientCertificate(device.certificateIn(devices), device.keyIn(devices))
            .build();
    try (Broker broker =
            Broker.builder()
                .listen("127.0.0.1:0")
                .tls(true)
                .tlsCertificate(server.certificateIn(servers).toPath())
                .tlsKey(server.keyIn(servers).toPath())
                .tlsClientAuthorities(trusted)
                .tlsClientCertificates(ClientCertificates.REQUIRED)
                .dataDirectory(directory.toPath().resolve("data"))
                .loops(1)
                .rootPassword("secret")
                .start();
        WhippetClient client =
            WhippetClient.builder()
                .url(scheme + "://localhost:" + broker.port())
                .tls(tls)
                .credentials(Credentials.password("iggy", "secret"))
                .destination("s", "t")
                .createIfMissing(1)
                .outbox(new File(directory, "outbox"))
                .overflow(OverflowPolicy.block(180, TimeUnit.SECONDS))
                .open()) {
      Receipt last = null;
      for (int i = 0; i < 200; i++) {
        last = client.send(Message.builder().payload(new byte[i * 400]).build());
      }
      assertThat(last.awaitDelivered(180, TimeUnit.SECONDS))
          .as(client.status().toString())
          .isTrue();
      assertThat(last.guarantee()).isEqualTo(Guarantee.ONCE);
      List<Integer> sizes = new ArrayList<>();
      Consumer consumer = client.consumer().startAtFirst().open();
      while (sizes.size() < 200) {
        for (ReceivedMessage message : consumer.poll(100, 180, TimeUnit.SECONDS)) {
          assertThat(message.payload()).hasSize(sizes.size() * 400);
          sizes.add(message.payload().length);
        }
      }
    }
  }
}

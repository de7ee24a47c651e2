package dev.whippet.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Test;

final class TlsClientTest {
  /** A platform as Android 5: the handshake can't check names, its verifier can. */
  private static final class OldPlatform extends HostNames {
    private final List<String> asked = new ArrayList<>();

    @Override
    boolean checkInHandshake(SSLEngine engine) {
      return false;
    }

    @Override
    HostnameVerifier verifier() {
      return (host, session) -> {
        asked.add(host);
        return host.equals("good.example");
      };
    }
  }

  private final OldPlatform old = new OldPlatform();
  private final TlsClient client = new TlsClient(TlsSettings.PLATFORM, old);

  @Test
  void thePlatformsVerifierIsAskedWhereTheHandshakeCannotCheckNames() throws Exception {
    assertThatCode(() -> client.connect("good.example", 1).check()).doesNotThrowAnyException();
    assertThatThrownBy(() -> client.connect("bad.example", 1).check())
        .hasMessageContaining("not for bad.example");
    assertThat(old.asked).containsExactly("good.example", "bad.example");
  }

  @Test
  void theHandshakeIsAskedToCheckNamesWhereItCan() throws Exception {
    TlsClient.Half half = new TlsClient(TlsSettings.PLATFORM).connect("good.example", 1);

    assertThat(half.engine().getSSLParameters().getEndpointIdentificationAlgorithm())
        .isEqualTo("HTTPS");
    assertThat(half.engine().getEnabledProtocols()).containsExactlyInAnyOrder("TLSv1.3", "TLSv1.2");
    half.check();
  }
}

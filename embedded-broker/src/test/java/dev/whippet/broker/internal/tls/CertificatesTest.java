package dev.whippet.broker.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates and keys that fit, and others. */
final class CertificatesTest {
  @TempDir static Path made;
  private static TlsFiles first;
  private static TlsFiles second;

  @TempDir Path directory;

  @BeforeAll
  static void make() throws Exception {
    first = SelfSigned.in(made.resolve("first"));
    second = SelfSigned.in(made.resolve("second"));
  }

  @Test
  void aPairThatFitsIsTaken() throws Exception {
    TlsServer.check(first);
    TlsServer.check(new TlsFiles(first.certificate(), first.key(), second.certificate(), true));
  }

  @Test
  void aKeyOfAnotherCertificateIsRefusedByName() {
    TlsFiles mixed = new TlsFiles(first.certificate(), second.key(), null, false);

    assertThatThrownBy(() -> TlsServer.open(mixed))
        .isInstanceOf(TlsException.class)
        .hasMessageContaining(first.certificate().toString())
        .hasMessageContaining(second.key().toString())
        .hasMessageContaining("don't fit")
        .message()
        .doesNotContain("\n");
  }

  /** Half of an exchange is told and not taken; the other half is, when it comes. */
  @Test
  void aReloadTakesNoPairThatDoesNotFit() throws Exception {
    Path certificate = Files.copy(first.certificate(), directory.resolve("c.pem"));
    Path key = Files.copy(first.key(), directory.resolve("k.pem"));
    try (TlsServer server = TlsServer.open(new TlsFiles(certificate, key, null, false))) {
      Files.copy(second.certificate(), certificate, StandardCopyOption.REPLACE_EXISTING);

      assertThatThrownBy(server::reload).hasMessageContaining("don't fit");
      assertThat(server.reload()).isFalse(); // told once

      Files.copy(second.key(), key, StandardCopyOption.REPLACE_EXISTING);
      assertThat(server.reload()).isTrue();
    }
  }

  @Test
  void aSelfSignedPairIsKeptUntilItDoesNotFit() throws Exception {
    TlsFiles files = SelfSigned.in(directory);
    String before = Files.readString(files.certificate());

    SelfSigned.in(directory);
    assertThat(Files.readString(files.certificate())).isEqualTo(before);

    Files.copy(first.key(), files.key(), StandardCopyOption.REPLACE_EXISTING); // as by a crash
    SelfSigned.in(directory);
    assertThat(Files.readString(files.certificate())).isNotEqualTo(before);
    TlsServer.check(files);

    Files.writeString(files.key(), "");
    SelfSigned.in(directory);
    TlsServer.check(files);
    assertThat(directory.toFile().list()).containsExactlyInAnyOrder("certificate.pem", "key.pem");
  }
}

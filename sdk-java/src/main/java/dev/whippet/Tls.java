package dev.whippet;

import dev.whippet.internal.check.Check;
import dev.whippet.internal.check.Settings;
import dev.whippet.internal.tls.TlsSettings;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import okio.ByteString;

/**
 * How a server is verified on {@code wss://} and {@code tls://} connections, and what this client
 * shows of itself. TLS 1.3 and 1.2; verified always, there is no way to switch that off. Immutable;
 * holds names of files, no secret.
 *
 * <ul>
 *   <li>{@link #platform()}, the default: authorities that the platform trusts, and the host name.
 *   <li>{@link Builder#authorities}: your own authorities instead, and the host name.
 *   <li>{@link Builder#pinnedKeys}: servers that hold one of some private keys, whoever issued
 *       their certificate, for whatever name and time.
 *   <li>{@link Builder#context}: your own {@link SSLContext}, for keys in the Android keystore.
 * </ul>
 *
 * <p>Files are read again before the next attempt to connect when they changed; connections that
 * are open stay. When the new ones can't be used, the ones before stay in use, with a warning.
 */
public final class Tls {
  private static final Tls PLATFORM = new Tls(TlsSettings.PLATFORM);
  private static final String PIN = "sha256/";
  private static final int PIN_BYTES = 32;

  private final TlsSettings settings;

  private Tls(TlsSettings settings) {
    this.settings = settings;
  }

  /**
   * The platform's authorities, and no certificate of this client.
   *
   * @return the default
   */
  public static Tls platform() {
    return PLATFORM;
  }

  /**
   * Starts a configuration.
   *
   * @return a builder that stands at {@link #platform()}
   */
  public static Builder builder() {
    return new Builder();
  }

  static Tls of(Settings from) {
    Builder builder = new Builder();
    if (from.has("ca")) {
      builder.authorities(new File(from.text("ca")));
    }
    if (from.has("pin")) {
      builder.pinnedKeys(from.list("pin"));
    }
    if (from.has("certificate")) {
      builder.clientCertificate(new File(from.text("certificate")), new File(from.text("key")));
    }
    return builder.build();
  }

  TlsSettings settings() {
    return settings;
  }

  @Override
  public String toString() {
    return "Tls{" + settings + "}";
  }

  /** Builds a {@link Tls}. Not thread-safe. */
  public static final class Builder {
    private File authorities;
    private final List<ByteString> pins = new ArrayList<>();
    private File certificate;
    private File key;
    private SSLContext context;

    private Builder() {}

    /**
     * Who may have issued the server's certificate, instead of the platform's authorities. A
     * self-signed certificate is its own authority.
     *
     * @param pem one or more certificates, at most 1 MiB
     * @return this
     */
    public Builder authorities(File pem) {
      authorities = Check.notNull("pem", pem);
      return this;
    }

    /**
     * Trusts servers by their key instead of by who issued their certificate. Name and dates of the
     * certificate are not looked at, so that a device with a wrong clock still connects. Give the
     * next key, too, before you change it.
     *
     * @param pins {@code sha256/} and the base64 of the SHA-256 of the public key, as curl and
     *     OkHttp write it; a failed attempt tells the one that it found
     * @return this
     */
    public Builder pinnedKeys(String... pins) {
      for (String pin : pins) {
        ByteString hash =
            pin.startsWith(PIN) ? ByteString.decodeBase64(pin.substring(PIN.length())) : null;
        if (hash == null || hash.size() != PIN_BYTES) {
          throw new IllegalArgumentException(
              "pin " + pin + ": expected sha256/ and the base64 of 32 bytes");
        }
        this.pins.add(hash);
      }
      return this;
    }

    /**
     * What this client shows when the server asks for a certificate; nothing by default.
     *
     * @param chain PEM, this client's own certificate first
     * @param key PEM, its private key, PKCS#8 without a password
     * @return this
     */
    public Builder clientCertificate(File chain, File key) {
      this.certificate = Check.notNull("chain", chain);
      this.key = Check.notNull("key", key);
      return this;
    }

    /**
     * Brings a context of your own, which then decides whom to trust and what to show. Host names
     * are checked besides, as far as its trust manager is one of the platform's.
     *
     * @param context initialised
     * @return this
     */
    public Builder context(SSLContext context) {
      this.context = Check.notNull("context", context);
      return this;
    }

    /**
     * Makes it; reads no file yet.
     *
     * @return an immutable configuration
     * @throws IllegalArgumentException if two values contradict
     */
    public Tls build() {
      int trusts = (authorities == null ? 0 : 1) + (pins.isEmpty() ? 0 : 1);
      if (trusts == 2) {
        throw new IllegalArgumentException(
            "authorities and pinned keys exclude each other: a pinned key needs no issuer");
      }
      if (context != null && (trusts > 0 || certificate != null)) {
        throw new IllegalArgumentException(
            "a context of your own decides alone: leave out authorities, pins and certificates");
      }
      return new Tls(new TlsSettings(authorities, pins, certificate, key, context));
    }
  }
}

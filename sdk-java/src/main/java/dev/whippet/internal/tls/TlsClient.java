package dev.whippet.internal.tls;

import java.io.File;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * Makes the client's half of a TLS connection: versions 1.3 and 1.2, as far as the platform has
 * them. Files are read at the first attempt, and again at the first attempt after one of them
 * changed (length or time); when the new ones can't be used, the ones before stay in use, and
 * {@link #problem} says why.
 *
 * <p>Owned by the net thread; reads small files.
 */
public final class TlsClient {
  private static final List<String> VERSIONS = Arrays.asList("TLSv1.3", "TLSv1.2");
  private static final char[] NO_PASSWORD = new char[0];

  private final TlsSettings settings;
  private final HostNames hostNames;
  private SSLContext context;
  private List<Long> fingerprint;
  private String problem;

  public TlsClient(TlsSettings settings) {
    this(settings, new HostNames());
  }

  TlsClient(TlsSettings settings, HostNames hostNames) {
    this.settings = settings;
    this.hostNames = hostNames;
  }

  /** One connection's half, and what is left to check when its handshake is over. */
  public static final class Half {
    private final SSLEngine engine;
    private final HostNames hostNames;
    private final String host;

    /** {@code hostNames} is null when nothing is left to check. */
    Half(SSLEngine engine, HostNames hostNames, String host) {
      this.engine = engine;
      this.hostNames = hostNames;
      this.host = host;
    }

    public SSLEngine engine() {
      return engine;
    }

    /** The handshake is over: throws unless the certificate is for the host. */
    public void check() throws IOException {
      if (hostNames != null) {
        hostNames.checkAfterHandshake(engine, host);
      }
    }
  }

  /** For a connection to {@code host}, by the name or address that the application gave. */
  public Half connect(String host, int port) throws IOException {
    load();
    SSLEngine engine = context.createSSLEngine(host, port);
    engine.setUseClientMode(true);
    List<String> versions = new ArrayList<>(VERSIONS);
    versions.retainAll(Arrays.asList(engine.getSupportedProtocols()));
    if (versions.isEmpty()) {
      throw new IOException("this platform has neither TLS 1.3 nor 1.2");
    }
    engine.setEnabledProtocols(versions.toArray(new String[0]));
    boolean byKey = settings.context == null && !settings.pins.isEmpty();
    boolean checked = byKey || hostNames.checkInHandshake(engine);
    return new Half(engine, checked ? null : hostNames, host);
  }

  /** Why changed files are not in use; null if they are. */
  public String problem() {
    return problem;
  }

  private void load() throws IOException {
    List<Long> now = fingerprint();
    if (context != null && now.equals(fingerprint)) {
      return;
    }
    try {
      context = settings.context == null ? fromFiles() : settings.context;
      problem = null;
    } catch (IOException | GeneralSecurityException e) {
      problem = "TLS can't be set up with " + settings + ": " + e.getMessage();
      if (context == null) {
        throw new IOException(problem, e);
      }
    }
    fingerprint = now;
  }

  private List<Long> fingerprint() {
    List<Long> facts = new ArrayList<>();
    for (File file : settings.files()) {
      facts.add(file.length());
      facts.add(file.lastModified());
    }
    return facts;
  }

  private SSLContext fromFiles() throws IOException, GeneralSecurityException {
    SSLContext made = SSLContext.getInstance("TLS");
    made.init(keyManagers(), trustManagers(), null);
    return made;
  }

  private TrustManager[] trustManagers() throws IOException, GeneralSecurityException {
    if (!settings.pins.isEmpty()) {
      return new TrustManager[] {new PinnedKeys(settings.pins)};
    }
    if (settings.authorities == null) {
      return null;
    }
    KeyStore trusted = emptyStore();
    int number = 0;
    for (X509Certificate authority : Pem.certificates(settings.authorities)) {
      trusted.setCertificateEntry("authority-" + number++, authority);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    return factory.getTrustManagers();
  }

  private KeyManager[] keyManagers() throws IOException, GeneralSecurityException {
    if (settings.certificate == null) {
      return null;
    }
    List<X509Certificate> chain = Pem.certificates(settings.certificate);
    KeyStore own = emptyStore();
    own.setKeyEntry(
        "client",
        Pem.key(settings.key, chain.get(0)),
        NO_PASSWORD,
        chain.toArray(new X509Certificate[0]));
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(own, NO_PASSWORD);
    return factory.getKeyManagers();
  }

  private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, NO_PASSWORD);
    return store;
  }
}

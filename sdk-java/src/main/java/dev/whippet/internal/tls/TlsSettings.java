package dev.whippet.internal.tls;

import java.io.File;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.SSLContext;
import okio.ByteString;

/**
 * How a server is trusted and what is shown to it. Immutable; holds names of files, no secret.
 *
 * <pre>
 *   trust    the platform's authorities; or those of a file; or servers with one of some keys
 *   identity none; or a certificate and its key from two files
 *   context  made by the application: replaces both
 * </pre>
 */
public final class TlsSettings {
  /** The platform's authorities, no certificate of our own. */
  public static final TlsSettings PLATFORM =
      new TlsSettings(null, Collections.<ByteString>emptyList(), null, null, null);

  final File authorities;
  final List<ByteString> pins;
  final File certificate;
  final File key;
  final SSLContext context;

  /**
   * @param authorities PEM; null for the platform's
   * @param pins SHA-256 of public keys (SubjectPublicKeyInfo); empty for none
   * @param certificate PEM, our own first; null for none
   * @param key PKCS#8 PEM without a password; null for none
   * @param context null unless the application brings one
   */
  public TlsSettings(
      File authorities, List<ByteString> pins, File certificate, File key, SSLContext context) {
    this.authorities = authorities;
    this.pins = Collections.unmodifiableList(new ArrayList<>(pins));
    this.certificate = certificate;
    this.key = key;
    this.context = context;
  }

  List<File> files() {
    List<File> files = new ArrayList<>();
    for (File file : new File[] {authorities, certificate, key}) {
      if (file != null) {
        files.add(file);
      }
    }
    return files;
  }

  @Override
  public String toString() {
    String trust =
        authorities == null ? "the platform's authorities" : "authorities " + authorities;
    if (!pins.isEmpty()) {
      trust = pins.size() + " pinned keys";
    }
    if (context != null) {
      trust = "the application's context";
    }
    return trust + (certificate == null ? "" : ", client certificate " + certificate);
  }
}

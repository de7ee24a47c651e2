package dev.whippet.internal.tls;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.X509TrustManager;
import okio.ByteString;

/**
 * Trusts servers by their public key alone: the server's own certificate must hold one of the keys.
 * Who issued it, for which name and until when is not asked; the handshake proves that the server
 * has the private key. Immutable.
 */
final class PinnedKeys implements X509TrustManager {
  private final List<ByteString> pins;

  PinnedKeys(List<ByteString> pins) {
    this.pins = pins;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    ByteString found = ByteString.of(chain[0].getPublicKey().getEncoded()).sha256();
    if (!pins.contains(found)) {
      throw new CertificateException(
          "the server's key is sha256/" + found.base64() + ", which is none of the pinned ones");
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("a client checks no clients");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}

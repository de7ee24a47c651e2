package dev.whippet.internal.tls;

import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;

/**
 * Whether a certificate is for the host that was asked for, checked by the platform and never by
 * code of ours: within the handshake where it can (a JDK, Android 7 and later), by its own verifier
 * after the handshake where it can't (Android 5 and 6).
 */
class HostNames {
  /** Asks the handshake to check; false when this platform's can't. */
  @SinceApi24
  boolean checkInHandshake(SSLEngine engine) {
    try {
      SSLParameters parameters = engine.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      engine.setSSLParameters(parameters);
      return true;
    } catch (NoSuchMethodError e) {
      return false;
    }
  }

  HostnameVerifier verifier() {
    return HttpsURLConnection.getDefaultHostnameVerifier();
  }

  final void checkAfterHandshake(SSLEngine engine, String host) throws SSLPeerUnverifiedException {
    if (!verifier().verify(host, engine.getSession())) {
      throw new SSLPeerUnverifiedException("the server's certificate is not for " + host);
    }
  }
}

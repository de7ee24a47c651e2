package dev.whippet.broker.internal.tls;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a listener's TLS is made of; all PEM.
 *
 * @param certificate of the server, with its chain, the server's own first
 * @param key its private key, PKCS#8, not encrypted
 * @param authorities who may have issued clients' certificates; {@code null} when none are asked
 *     for
 * @param required whether a client without a certificate is refused
 */
public record TlsFiles(Path certificate, Path key, Path authorities, boolean required) {

  List<Path> all() {
    List<Path> all = new ArrayList<>(List.of(certificate, key));
    if (authorities != null) {
      all.add(authorities);
    }
    return all;
  }
}

package dev.whippet.internal.tls;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;
import okio.Buffer;
import okio.BufferedSource;
import okio.ByteString;
import okio.Okio;

/**
 * Certificates and private keys from PEM files of at most {@link #FILE_BYTES_MAX}. Messages name
 * the file and never what is in it.
 */
final class Pem {
  static final long FILE_BYTES_MAX = 1 << 20;

  private static final String KEY_BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String KEY_END = "-----END PRIVATE KEY-----";
  private static final String[] KEY_ALGORITHMS = {"EC", "RSA", "EdDSA"};

  private Pem() {}

  private static Buffer read(File file) throws IOException {
    if (file.length() > FILE_BYTES_MAX) {
      throw new IOException(
          file + " has " + file.length() + " bytes, a PEM file may have " + FILE_BYTES_MAX);
    }
    try (BufferedSource source = Okio.buffer(Okio.source(file))) {
      Buffer bytes = new Buffer();
      bytes.write(source.readByteArray());
      return bytes;
    }
  }

  /** All certificates of a file, at least one. */
  static List<X509Certificate> certificates(File file) throws IOException {
    List<X509Certificate> found = new ArrayList<>();
    try {
      ByteArrayInputStream in = new ByteArrayInputStream(read(file).readByteArray());
      for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        found.add((X509Certificate) one);
      }
    } catch (GeneralSecurityException e) {
      throw new IOException(file + " is no PEM file with certificates: " + e.getMessage(), e);
    }
    if (found.isEmpty()) {
      throw new IOException(file + " holds no certificate");
    }
    return found;
  }

  /** The private key of a file, and a look whether it belongs to the certificate. */
  static PrivateKey key(File file, X509Certificate owner) throws IOException {
    String text = read(file).readUtf8();
    int begin = text.indexOf(KEY_BEGIN);
    int end = text.indexOf(KEY_END, Math.max(0, begin));
    ByteString bytes =
        begin < 0 || end < 0
            ? null
            : ByteString.decodeBase64(text.substring(begin + KEY_BEGIN.length(), end));
    if (bytes == null) {
      throw new IOException(
          file
              + " holds no PKCS#8 private key without a password; openssl pkcs8 -topk8 -nocrypt"
              + " makes one");
    }
    for (String algorithm : KEY_ALGORITHMS) {
      PrivateKey key = key(algorithm, bytes);
      if (key != null) {
        requireFit(file, key, owner);
        return key;
      }
    }
    throw new IOException(file + ": the key is of no kind that this platform knows (EC, RSA)");
  }

  private static PrivateKey key(String algorithm, ByteString bytes) {
    try {
      return KeyFactory.getInstance(algorithm)
          .generatePrivate(new PKCS8EncodedKeySpec(bytes.toByteArray()));
    } catch (GeneralSecurityException e) {
      return null; // Of another kind.
    }
  }

  private static void requireFit(File file, PrivateKey key, X509Certificate owner)
      throws IOException {
    String algorithm = key.getAlgorithm();
    String name = algorithm.equals("EC") ? "SHA256withECDSA" : "SHA256withRSA";
    boolean fits;
    try {
      Signature signature =
          Signature.getInstance(
              algorithm.equals("EC") || algorithm.equals("RSA") ? name : algorithm);
      byte[] sample = {1, 2, 3};
      signature.initSign(key);
      signature.update(sample);
      byte[] signed = signature.sign();
      signature.initVerify(owner.getPublicKey());
      signature.update(sample);
      fits = signature.verify(signed);
    } catch (GeneralSecurityException e) {
      fits = false;
    }
    if (!fits) {
      throw new IOException(
          file + ": the key does not belong to the certificate of " + owner.getSubjectDN());
    }
  }
}

package dev.whippet.testkit;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.text.SimpleDateFormat;
import java.util.Base64;
import java.util.Date;
import java.util.TimeZone;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import okio.Buffer;
import okio.ByteString;

/**
 * An authority for tests and what it issues: certificates for any name and any time, made in
 * milliseconds without files or tools.
 *
 * <pre>
 * TestCertificates authority = TestCertificates.authority();
 * TestCertificates.Owner server = authority.issue("localhost", 0, 30);
 * server.context(null)                   for an SSLServerSocket
 * authority.own().certificateIn(folder)  for Tls.builder().authorities(...)
 * </pre>
 */
public final class TestCertificates {
  private static final char[] PASSWORD = "test".toCharArray();
  private static final long DAY_MILLIS = TimeUnit.DAYS.toMillis(1);

  /** ecdsa-with-SHA256, 1.2.840.10045.4.3.2. */
  private static final ByteString ECDSA_SHA256 = ByteString.decodeHex("300a06082a8648ce3d040302");

  private static final ByteString COMMON_NAME = ByteString.decodeHex("0603550403");
  private static final ByteString SUBJECT_ALTERNATIVE_NAME = ByteString.decodeHex("0603551d11");
  private static final ByteString BASIC_CONSTRAINTS = ByteString.decodeHex("0603551d13");

  private final Owner own;
  private long serial = 1;

  private TestCertificates(Owner own) {
    this.own = own;
  }

  /** A certificate and its private key. */
  public static final class Owner {
    public final X509Certificate certificate;
    private final PrivateKey key;

    Owner(X509Certificate certificate, PrivateKey key) {
      this.certificate = certificate;
      this.key = key;
    }

    /** The certificate as a PEM file. */
    public File certificateIn(File folder) throws IOException {
      try {
        return write(folder, "certificate.pem", "CERTIFICATE", certificate.getEncoded());
      } catch (GeneralSecurityException e) {
        throw new IOException(e);
      }
    }

    /** The private key as a PEM file. */
    public File keyIn(File folder) throws IOException {
      return write(folder, "key.pem", "PRIVATE KEY", key.getEncoded());
    }

    private static File write(File folder, String name, String what, byte[] bytes)
        throws IOException {
      Files.createDirectories(folder.toPath());
      File file = new File(folder, name);
      String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
      String pem = "-----BEGIN " + what + "-----\n" + lines + "\n-----END " + what + "-----\n";
      Files.write(file.toPath(), pem.getBytes(StandardCharsets.US_ASCII));
      return file;
    }

    /** The pin of its key, as Tls takes it. */
    public String pin() {
      return "sha256/" + ByteString.of(certificate.getPublicKey().getEncoded()).sha256().base64();
    }

    /**
     * For a server or client that shows this certificate.
     *
     * @param trusted who may have issued the peer's certificate; null for the platform's
     */
    public SSLContext context(Owner trusted) throws GeneralSecurityException, IOException {
      KeyStore keys = emptyStore();
      keys.setKeyEntry("own", key, PASSWORD, new Certificate[] {certificate});
      KeyManagerFactory manager =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      manager.init(keys, PASSWORD);
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      KeyStore peers = null;
      if (trusted != null) {
        peers = emptyStore();
        peers.setCertificateEntry("trusted", trusted.certificate);
      }
      trust.init(peers);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(manager.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, PASSWORD);
      return store;
    }
  }

  /** A new authority. */
  public static TestCertificates authority() throws GeneralSecurityException {
    KeyPair keys = keys();
    Buffer body = body(1, "Whippet tests", "Whippet tests", keys, -1, 365, true);
    return new TestCertificates(new Owner(sign(body, keys.getPrivate()), keys.getPrivate()));
  }

  /** The authority itself. */
  public Owner own() {
    return own;
  }

  /**
   * A certificate for one host name, or for an IPv4 address.
   *
   * @param fromDay when it begins, in days from now; negative for the past
   * @param toDay when it ends
   */
  public Owner issue(String host, int fromDay, int toDay) throws GeneralSecurityException {
    KeyPair keys = keys();
    Buffer body = body(++serial, "Whippet tests", host, keys, fromDay, toDay, false);
    return new Owner(sign(body, own.key), keys.getPrivate());
  }

  private static KeyPair keys() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  // --- RFC 5280 4.1 in DER ----------------------------------------------------------------------

  private static Buffer body(
      long serial,
      String issuer,
      String subject,
      KeyPair keys,
      int fromDay,
      int toDay,
      boolean authority) {
    long now = System.currentTimeMillis();
    Buffer validity = new Buffer();
    element(validity, 0x18, utf8(time(now + fromDay * DAY_MILLIS)));
    element(validity, 0x18, utf8(time(now + toDay * DAY_MILLIS)));
    Buffer body = new Buffer();
    element(body, 0xa0, new Buffer().write(ByteString.decodeHex("020102")));
    element(body, 0x02, new Buffer().writeByte((int) serial));
    body.write(ECDSA_SHA256);
    name(body, issuer);
    element(body, 0x30, validity);
    name(body, subject);
    body.write(keys.getPublic().getEncoded());
    Buffer extension = new Buffer();
    if (authority) {
      extension.write(BASIC_CONSTRAINTS);
      element(extension, 0x04, new Buffer().write(ByteString.decodeHex("30030101ff")));
    } else {
      extension.write(SUBJECT_ALTERNATIVE_NAME);
      element(extension, 0x04, sequence(alternative(subject)));
    }
    element(body, 0xa3, sequence(sequence(extension)));
    return body;
  }

  private static Buffer alternative(String host) {
    Buffer names = new Buffer();
    if (Character.isDigit(host.charAt(0))) {
      Buffer address = new Buffer();
      for (String part : host.split("\\.")) {
        address.writeByte(Integer.parseInt(part));
      }
      element(names, 0x87, address);
    } else {
      element(names, 0x82, utf8(host));
    }
    return names;
  }

  private static X509Certificate sign(Buffer body, PrivateKey key) throws GeneralSecurityException {
    Buffer signed = new Buffer();
    element(signed, 0x30, body);
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(key);
    signature.update(signed.clone().readByteArray());
    Buffer bits = new Buffer().writeByte(0).write(signature.sign());
    signed.write(ECDSA_SHA256);
    element(signed, 0x03, bits);
    byte[] certificate = sequence(signed).readByteArray();
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(certificate));
  }

  private static void name(Buffer out, String commonName) {
    Buffer attribute = new Buffer().write(COMMON_NAME);
    element(attribute, 0x0c, utf8(commonName));
    Buffer set = new Buffer();
    element(set, 0x31, sequence(attribute));
    element(out, 0x30, set);
  }

  private static String time(long millis) {
    SimpleDateFormat format = new SimpleDateFormat("yyyyMMddHHmmss'Z'");
    format.setTimeZone(TimeZone.getTimeZone("UTC"));
    return format.format(new Date(millis));
  }

  private static Buffer utf8(String text) {
    return new Buffer().writeUtf8(text);
  }

  private static Buffer sequence(Buffer content) {
    Buffer out = new Buffer();
    element(out, 0x30, content);
    return out;
  }

  private static void element(Buffer out, int tag, Buffer content) {
    long length = content.size();
    out.writeByte(tag);
    if (length < 128) {
      out.writeByte((int) length);
    } else if (length < 256) {
      out.writeByte(0x81).writeByte((int) length);
    } else {
      out.writeByte(0x82).writeShort((int) length);
    }
    out.write(content, length);
  }
}

package dev.whippet.broker.internal.tls;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A certificate for development, signed by nobody else: for {@code localhost}, 127.0.0.1, ::1 and
 * this machine's name, made by the JDK's own {@code keytool}. Kept, so that clients that trust it
 * find the same one after a restart; made anew a month before it ends, and when the two do not fit,
 * as after a crash while they were exchanged.
 *
 * <pre>
 *   certificate.pem   trusted by clients that shall connect
 *   key.pem           readable by its owner only
 * </pre>
 *
 * <p>Blocks for about a second when it makes one. Start-up only.
 */
public final class SelfSigned {
  private static final int VALID_DAYS = 365;
  private static final Duration RENEWED_BEFORE_END = Duration.ofDays(30);
  private static final int MAKING_SECONDS_MAX = 60;
  private static final String ALIAS = "whippet";
  private static final String PASSWORD_VARIABLE = "WHIPPET_STORE_PASSWORD";

  private SelfSigned() {}

  /** The files in {@code directory}, which is made when missing. */
  public static TlsFiles in(Path directory) throws TlsException {
    Path certificate = directory.resolve("certificate.pem");
    Path key = directory.resolve("key.pem");
    try {
      TlsFiles files = new TlsFiles(certificate, key, null, false);
      if (!Files.exists(key) || endsSoon(certificate) || !fits(files)) {
        make(directory, certificate, key);
      }
      return files;
    } catch (IOException | GeneralSecurityException e) {
      throw new TlsException(
          "a self-signed certificate can't be made in " + directory + ": " + e.getMessage(), e);
    }
  }

  private static boolean fits(TlsFiles files) {
    try {
      TlsServer.check(files);
      return true;
    } catch (TlsException damaged) {
      return false;
    }
  }

  private static boolean endsSoon(Path certificate) throws IOException {
    if (!Files.exists(certificate)) {
      return true;
    }
    try (InputStream in = Files.newInputStream(certificate)) {
      X509Certificate found =
          (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
      return found.getNotAfter().toInstant().isBefore(Instant.now().plus(RENEWED_BEFORE_END));
    } catch (GeneralSecurityException damaged) {
      return true;
    }
  }

  private static void make(Path directory, Path certificate, Path key)
      throws IOException, GeneralSecurityException {
    Files.createDirectories(directory);
    byte[] random = new byte[16];
    new SecureRandom().nextBytes(random);
    String password = HexFormat.of().formatHex(random);
    Path store = directory.resolve("made.p12");
    Files.deleteIfExists(store);
    try {
      runKeytool(store, password);
      KeyStore made = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(store)) {
        made.load(in, password.toCharArray());
      }
      byte[] secret = made.getKey(ALIAS, password.toCharArray()).getEncoded();
      replace(key, pem("PRIVATE KEY", secret), true);
      replace(certificate, pem("CERTIFICATE", made.getCertificate(ALIAS).getEncoded()), false);
    } finally {
      Files.deleteIfExists(store);
    }
  }

  /** The old text or the new one is there, never a part. */
  private static void replace(Path file, String text, boolean hidden) throws IOException {
    Path draft = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(draft);
    Files.createFile(draft);
    if (hidden) {
      Files.setPosixFilePermissions(
          draft, EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE));
    }
    try (FileChannel out = FileChannel.open(draft, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(true);
    }
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void runKeytool(Path store, String password) throws IOException {
    ProcessBuilder keytool =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair",
            "-alias",
            ALIAS,
            "-keyalg",
            "EC",
            "-groupname",
            "secp256r1",
            "-dname",
            "CN=localhost, O=self-signed by a Whippet broker",
            "-ext",
            "san=" + names(),
            "-validity",
            String.valueOf(VALID_DAYS),
            "-storetype",
            "PKCS12",
            "-keystore",
            store.toString(),
            "-storepass:env",
            PASSWORD_VARIABLE);
    keytool.environment().put(PASSWORD_VARIABLE, password);
    keytool.redirectErrorStream(true);
    Process process = keytool.start();
    try {
      process.getOutputStream().close();
      if (!process.waitFor(MAKING_SECONDS_MAX, TimeUnit.SECONDS)) {
        throw new IOException("keytool does not end");
      }
      if (process.exitValue() != 0) {
        throw new IOException("keytool: " + words(process));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static String words(Process process) throws IOException {
    byte[] said = process.getInputStream().readNBytes(500);
    return new String(said, StandardCharsets.UTF_8).strip();
  }

  /** Names with other letters than host names have would need quoting, and are left out. */
  private static String names() {
    String own = "";
    try {
      own = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException noName) {
      // localhost is enough
    }
    boolean usable = own.matches("[a-zA-Z][a-zA-Z0-9.-]{0,200}") && !own.equals("localhost");
    return "dns:localhost" + (usable ? ",dns:" + own : "") + ",ip:127.0.0.1,ip:::1";
  }

  private static String pem(String what, byte[] bytes) {
    Base64.Encoder lines = Base64.getMimeEncoder(64, new byte[] {'\n'});
    return String.join(
        "\n",
        List.of(
            "-----BEGIN " + what + "-----",
            lines.encodeToString(bytes),
            "-----END " + what + "-----",
            ""));
  }
}

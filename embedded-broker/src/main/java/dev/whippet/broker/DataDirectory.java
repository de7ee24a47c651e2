package dev.whippet.broker;

import dev.whippet.broker.BrokerException.Reason;
import dev.whippet.internal.wire.Limits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The directory that holds everything durable, locked for one broker.
 *
 * <pre>
 *   lock         held while a broker runs; its text is the process id
 *   broker-id    16 random bytes, made once: a client knows a replaced gateway by it
 *   catalog/     journal of streams, topics and producers
 *   offsets/     journal of consumer offsets
 *   partitions/  one directory per partition that was ever written, named by its incarnation
 *   commits/     small batches that are in no segment yet
 *   pool/        files that wait to be segments
 *   set-aside/   partitions that a damaged catalog does not know
 *   http/        journal of HTTP's keys and revoked tokens
 *   tls/         a self-signed certificate and its key, when asked for
 * </pre>
 *
 * <p>Blocks; start-up and stop only.
 */
final class DataDirectory implements AutoCloseable {

  /** Free space without which a start makes no sense: a probe of this size is written. */
  private static final int PROBE_BYTES = 256 * 1024;

  private final Path root;
  private final DataLayout layout;
  private final FileChannel lockFile;
  private final byte[] brokerId;
  private final List<String> findings;

  private DataDirectory(Path root, FileChannel lockFile, byte[] brokerId, List<String> findings) {
    this.root = root;
    this.layout = new DataLayout(root);
    this.lockFile = lockFile;
    this.brokerId = brokerId;
    this.findings = List.copyOf(findings);
  }

  /** Makes what is missing, takes the lock, tries whether it can be written. */
  static DataDirectory open(Path root) throws BrokerException {
    FileChannel lockFile = null;
    try {
      make(root);
      lockFile = lock(root);
      List<String> findings = new ArrayList<>();
      probe(root, findings);
      for (Path each : new DataLayout(root).directories()) {
        moveAway(each, findings);
        if (!Files.exists(each)) {
          Files.createDirectories(each);
          hide(each);
        }
      }
      byte[] brokerId = brokerId(root, findings);
      sync(root);
      return new DataDirectory(root, lockFile, brokerId, findings);
    } catch (IOException e) {
      closeQuietly(lockFile, e);
      throw unusable(root, e);
    } catch (BrokerException e) {
      closeQuietly(lockFile, e);
      throw e;
    }
  }

  Path root() {
    return root;
  }

  DataLayout layout() {
    return layout;
  }

  /** 16 bytes. */
  byte[] brokerId() {
    return brokerId.clone();
  }

  /** What was found damaged and replaced. */
  List<String> findings() {
    return findings;
  }

  /** Gives the lock back. */
  @Override
  public void close() throws IOException {
    lockFile.close();
  }

  /** Makes {@code root} and its parents, each with a durable name. */
  /** Passwords' hashes and keys stand there: only this user reads them, where that can be said. */
  private static void hide(Path directory) throws IOException {
    if (Files.getFileStore(directory).supportsFileAttributeView(PosixFileAttributeView.class)) {
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }
  }

  private static void make(Path root) throws IOException {
    Path existing = root;
    while (existing != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    Files.createDirectories(root);
    for (Path made = root; made != null && !made.equals(existing); made = made.getParent()) {
      sync(made.getParent());
    }
  }

  private static FileChannel lock(Path root) throws IOException, BrokerException {
    Path path = root.resolve("lock");
    FileChannel file =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      FileLock lock = file.tryLock();
      if (lock != null) {
        byte[] pid = (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII);
        file.truncate(0);
        file.write(ByteBuffer.wrap(pid), 0);
        return file;
      }
    } catch (OverlappingFileLockException thisProcess) {
      // held by a broker of this very process: answered below
    } catch (IOException e) {
      closeQuietly(file, e);
      throw e;
    }
    BrokerException inUse =
        new BrokerException(
            Reason.DATA_DIRECTORY_IN_USE,
            "data directory "
                + root
                + " is in use by another broker (process "
                + holder(file)
                + "): stop that one, or choose another directory",
            null);
    closeQuietly(file, inUse);
    throw inUse;
  }

  private static String holder(FileChannel file) {
    try {
      ByteBuffer text = ByteBuffer.allocate(32);
      file.read(text, 0);
      String pid = new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).strip();
      return pid.isEmpty() ? "unknown" : pid;
    } catch (IOException e) {
      return "unknown";
    }
  }

  /** Something else where a directory has to be is kept under another name. */
  private static void moveAway(Path directory, List<String> findings) throws IOException {
    if (Files.exists(directory) && !Files.isDirectory(directory)) {
      findings.add(directory + " was no directory: kept as " + keep(directory));
    }
  }

  private static Path keep(Path path) throws IOException {
    Path kept = path.resolveSibling(path.getFileName() + ".damaged-" + System.currentTimeMillis());
    Files.move(path, kept, StandardCopyOption.ATOMIC_MOVE);
    return kept;
  }

  /** A full disk keeps a new broker from starting, and no other. */
  private static void probe(Path root, List<String> findings) throws IOException {
    try {
      probe(root.resolve("probe"));
    } catch (IOException e) {
      if (!isFull(e) || !Files.exists(root.resolve("broker-id"))) {
        throw e;
      }
      findings.add(root + ": the disk is full, sends are refused until there is room");
    }
  }

  private static void probe(Path file) throws IOException {
    try (FileChannel out =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer zeros = ByteBuffer.allocate(PROBE_BYTES);
      while (zeros.hasRemaining()) {
        out.write(zeros);
      }
      out.force(true);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static byte[] brokerId(Path root, List<String> findings) throws IOException {
    Path file = root.resolve("broker-id");
    if (Files.isDirectory(file)) {
      findings.add(file + " was a directory: kept as " + keep(file) + ", a new one was made");
    }
    if (Files.exists(file)) {
      byte[] id = Files.readAllBytes(file);
      if (id.length == Limits.BROKER_ID_BYTES) {
        return id;
      }
      findings.add(
          file
              + " had "
              + id.length
              + " bytes, not "
              + Limits.BROKER_ID_BYTES
              + ": a new one was made, clients see another broker");
    }
    byte[] id = new byte[Limits.BROKER_ID_BYTES];
    new SecureRandom().nextBytes(id);
    Path draft = root.resolve("broker-id.new");
    try (FileChannel out =
        FileChannel.open(
            draft,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      out.write(ByteBuffer.wrap(id));
      out.force(true);
    }
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    return id;
  }

  private static void sync(Path directory) throws IOException {
    try (FileChannel open = FileChannel.open(directory, StandardOpenOption.READ)) {
      open.force(true);
    }
  }

  private static BrokerException unusable(Path root, IOException e) {
    String why = reason(e);
    if (isFull(e)) {
      return new BrokerException(
          Reason.DISK_FULL,
          "data directory " + root + ": the disk is full: free some space, or choose another",
          e);
    }
    return new BrokerException(
        Reason.DATA_DIRECTORY_UNUSABLE,
        "data directory "
            + root
            + " can't be used: "
            + why
            + ": make it a directory that this user may read and write, or choose another",
        e);
  }

  private static boolean isFull(IOException e) {
    return reason(e).toLowerCase(Locale.ROOT).contains("no space left");
  }

  private static String reason(IOException e) {
    if (e instanceof FileSystemException file) {
      String reason = file.getReason() == null ? kind(file) : file.getReason();
      return file.getFile() + ": " + reason;
    }
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }

  /** {@code AccessDeniedException} as "access denied". */
  private static String kind(FileSystemException e) {
    return e.getClass()
        .getSimpleName()
        .replace("Exception", "")
        .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
        .toLowerCase(Locale.ROOT);
  }

  private static void closeQuietly(FileChannel file, Exception cause) {
    if (file != null) {
      try {
        file.close();
      } catch (IOException e) {
        cause.addSuppressed(e);
      }
    }
  }
}

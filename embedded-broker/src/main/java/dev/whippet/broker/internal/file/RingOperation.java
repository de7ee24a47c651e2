package dev.whippet.broker.internal.file;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.IntConsumer;

/**
 * One submission to the ring: the fields of {@code struct io_uring_sqe} that differ between the
 * operations used here, the memory the kernel works on until it completes, and what comes next.
 *
 * <pre>
 *   operation  opcode  fd        offset    address  length  flags
 *   FSYNC       3      file      0         0        0       0 | DATASYNC
 *   FALLOCATE  17      file      position  bytes    0       0
 *   OPENAT     18      AT_FDCWD  0         path     mode    open flags
 *   CLOSE      19      file      0         0        0       0
 *   READ       22      file      position  memory   bytes   0
 *   WRITE      23      file      position  memory   bytes   0 | RWF_DSYNC
 *   RENAMEAT   35      AT_FDCWD  new path  path     AT_FDCWD 0
 *   UNLINKAT   36      AT_FDCWD  0         path     0       0 | AT_REMOVEDIR
 *   MKDIRAT    37      AT_FDCWD  0         path     mode    0
 * </pre>
 */
final class RingOperation {
  static final byte FSYNC = 3;
  static final byte FALLOCATE = 17;
  static final byte OPENAT = 18;
  static final byte CLOSE = 19;
  static final byte READ = 22;
  static final byte WRITE = 23;
  static final byte RENAMEAT = 35;
  static final byte UNLINKAT = 36;
  static final byte MKDIRAT = 37;

  private static final int AT_FDCWD = -100;
  private static final int AT_REMOVEDIR = 0x200;
  private static final int RWF_DSYNC = 2;
  private static final int FSYNC_DATASYNC = 1;
  private static final int O_RDWR = 2;
  private static final int O_CREAT = 0100;
  private static final int O_CLOEXEC = 02000000;
  private static final int FILE_MODE = 0600;
  private static final int DIRECTORY_MODE = 0700;

  /** asm-generic has O_DIRECT and O_DIRECTORY the other way round than arm does. */
  private static final boolean ARM = System.getProperty("os.arch", "").matches("aarch64|arm.*");

  private static final int O_DIRECT = ARM ? 0200000 : 040000;
  private static final int O_DIRECTORY = ARM ? 040000 : 0200000;

  final byte opcode;
  final int fd;
  final long offset;
  final long address;
  final int length;
  final int flags;

  /** Memory the kernel uses until completion; this operation holds one reference to it. */
  private final ByteBuf memory;

  /** Takes the kernel's result: a count or descriptor, or the negative error number. */
  private final IntConsumer done;

  /** Times this was submitted again after EINTR or EAGAIN. */
  int retries;

  private RingOperation(byte opcode, int fd, Span span, int length, int flags, IntConsumer done) {
    this.opcode = opcode;
    this.fd = fd;
    this.offset = span.offset;
    this.address = span.address;
    this.length = length;
    this.flags = flags;
    this.memory = span.memory;
    this.done = done;
  }

  static RingOperation openFile(Path path, boolean direct, IntConsumer done) {
    int flags = O_RDWR | O_CREAT | O_CLOEXEC | (direct ? O_DIRECT : 0);
    return new RingOperation(OPENAT, AT_FDCWD, Span.path(path), FILE_MODE, flags, done);
  }

  static RingOperation openDirectory(Path path, IntConsumer done) {
    int flags = O_DIRECTORY | O_CLOEXEC;
    return new RingOperation(OPENAT, AT_FDCWD, Span.path(path), 0, flags, done);
  }

  static RingOperation createDirectory(Path path, IntConsumer done) {
    return new RingOperation(MKDIRAT, AT_FDCWD, Span.path(path), DIRECTORY_MODE, 0, done);
  }

  static RingOperation unlink(Path path, boolean directory, IntConsumer done) {
    int flags = directory ? AT_REMOVEDIR : 0;
    return new RingOperation(UNLINKAT, AT_FDCWD, Span.path(path), 0, flags, done);
  }

  static RingOperation rename(Path from, Path to, IntConsumer done) {
    return new RingOperation(RENAMEAT, AT_FDCWD, Span.paths(from, to), AT_FDCWD, 0, done);
  }

  static RingOperation write(
      int fd, long position, ByteBuf source, int index, int length, IntConsumer done) {
    return new RingOperation(WRITE, fd, span(position, source, index), length, 0, done);
  }

  static RingOperation writeDurably(
      int fd, long position, ByteBuf source, int index, int length, IntConsumer done) {
    return new RingOperation(WRITE, fd, span(position, source, index), length, RWF_DSYNC, done);
  }

  static RingOperation read(
      int fd, long position, ByteBuf target, int index, int length, IntConsumer done) {
    return new RingOperation(READ, fd, span(position, target, index), length, 0, done);
  }

  private static Span span(long position, ByteBuf memory, int index) {
    return new Span(position, RingFile.address(memory) + index, memory.retain());
  }

  static RingOperation sync(int fd, IntConsumer done) {
    return new RingOperation(FSYNC, fd, Span.NONE, 0, 0, done);
  }

  /** Without times and the like, but with all metadata that reading needs. */
  static RingOperation syncData(int fd, IntConsumer done) {
    return new RingOperation(FSYNC, fd, Span.NONE, 0, FSYNC_DATASYNC, done);
  }

  static RingOperation allocate(int fd, long position, long bytes, IntConsumer done) {
    return new RingOperation(FALLOCATE, fd, new Span(position, bytes, null), 0, 0, done);
  }

  static RingOperation close(int fd, IntConsumer done) {
    return new RingOperation(CLOSE, fd, Span.NONE, 0, 0, done);
  }

  /** The same with only {@code bytes} of it, for the test twin that cuts operations short. */
  RingOperation shortened(int bytes) {
    return new RingOperation(opcode, fd, new Span(offset, address, null), bytes, flags, done);
  }

  /** False for CLOSE: the number may be another file's by now. */
  boolean repeatable() {
    return opcode != CLOSE;
  }

  /** The kernel is through with the memory. */
  void finish(int result) {
    if (memory != null) {
      memory.release();
    }
    done.accept(result);
  }

  private record Span(long offset, long address, ByteBuf memory) {
    static final Span NONE = new Span(0, 0, null);

    static Span path(Path path) {
      ByteBuf text = Unpooled.directBuffer().writeBytes(name(path));
      return new Span(0, RingFile.address(text), text);
    }

    /** The second path is where others have an offset. */
    static Span paths(Path first, Path second) {
      byte[] before = name(first);
      ByteBuf text = Unpooled.directBuffer().writeBytes(before).writeBytes(name(second));
      return new Span(RingFile.address(text) + before.length, RingFile.address(text), text);
    }

    private static byte[] name(Path path) {
      return (path.toAbsolutePath() + "\0").getBytes(StandardCharsets.UTF_8);
    }
  }
}

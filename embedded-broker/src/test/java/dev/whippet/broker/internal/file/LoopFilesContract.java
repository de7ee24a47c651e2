package dev.whippet.broker.internal.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every {@link LoopFiles} does; subclasses say which. */
abstract class LoopFilesContract {
  static final int BLOCK = LoopFiles.BLOCK_BYTES;

  @TempDir Path directory;

  final AlignedBuffers buffers = new AlignedBuffers();
  MultiThreadIoEventLoopGroup group;
  IoEventLoop loop;
  LoopFiles files;
  private boolean closed;

  abstract IoHandlerFactory transport();

  abstract LoopFiles start(IoEventLoop loop, Path directory) throws IOException;

  /** Holds back what is given to the disk from now on until the answer is run. */
  abstract Runnable stall() throws Exception;

  abstract Class<? extends ServerChannel> serverChannel();

  @BeforeEach
  void startFiles() throws IOException {
    group = new MultiThreadIoEventLoopGroup(1, transport());
    loop = group.next();
    files = start(loop, directory);
  }

  @AfterEach
  void stopFiles() throws Exception {
    if (!closed) {
      this.<Void>await(files::close);
    }
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).get();
  }

  @Test
  void writesAndReadsBack() throws Exception {
    AsyncFile file = open("a");
    ByteBuf written = random(3 * BLOCK, 1);

    write(file, 5L * BLOCK, written);
    ByteBuf read = read(file, 5L * BLOCK, 3 * BLOCK);

    assertThat(read).isEqualTo(written);
    assertThat(Files.size(directory.resolve("a"))).isEqualTo(8L * BLOCK);
    release(written, read);
  }

  @Test
  void keepsTheSourcesIndicesAndReferences() throws Exception {
    AsyncFile file = open("a");
    ByteBuf source = random(2 * BLOCK, 2);
    source.readerIndex(BLOCK);

    write(file, 0, source);

    assertThat(source.readerIndex()).isEqualTo(BLOCK);
    assertThat(source.refCnt()).isEqualTo(1);
    assertThat(Files.readAllBytes(directory.resolve("a"))).hasSize(BLOCK);
    release(source);
  }

  @Test
  void memoryReleasedByTheCallerStaysUntilCompletion() throws Exception {
    AsyncFile file = open("a");
    ByteBuf source = random(256 * BLOCK, 3);
    byte[] expected = bytes(source);

    this.<Void>await(
        done -> {
          file.writeDurably(0, source, done);
          source.release();
        });

    assertThat(source.refCnt()).isZero();
    assertThat(Files.readAllBytes(directory.resolve("a"))).isEqualTo(expected);
  }

  @Test
  void readsShortOnlyAtTheEndOfTheFile() throws Exception {
    Files.write(directory.resolve("odd"), bytes(5000));
    AsyncFile file = open("odd");

    ByteBuf first = read(file, 0, 4 * BLOCK);
    ByteBuf beyond = read(file, 8L * BLOCK, BLOCK);

    assertThat(bytes(first)).isEqualTo(bytes(5000));
    assertThat(beyond.readableBytes()).isZero();
    release(first, beyond);
  }

  @Test
  void readsAppendToTheTarget() throws Exception {
    AsyncFile file = open("a");
    ByteBuf source = random(2 * BLOCK, 4);
    write(file, 0, source);
    ByteBuf target = buffers.allocate(2 * BLOCK);

    assertThat(this.<Integer>await(done -> file.read(0, target, BLOCK, done))).isEqualTo(BLOCK);
    assertThat(this.<Integer>await(done -> file.read(BLOCK, target, BLOCK, done))).isEqualTo(BLOCK);

    assertThat(target).isEqualTo(source);
    release(source, target);
  }

  @Test
  void manyOperationsAtOnceAllComplete() throws Exception {
    AsyncFile file = open("a");
    int count = 3000; // more than the ring has slots
    ByteBuf block = random(BLOCK, 5);
    List<Long> positions = Collections.synchronizedList(new ArrayList<>());

    this.<Void>await(
        done -> {
          for (long i = 0; i < count; i++) {
            long position = i * BLOCK;
            file.writeDurably(
                position,
                block,
                (nothing, failure) -> {
                  positions.add(position);
                  if (failure != null || positions.size() == count) {
                    done.done(null, failure);
                  }
                });
          }
        });

    assertThat(positions).doesNotHaveDuplicates().hasSize(count);
    assertThat(Files.size(directory.resolve("a"))).isEqualTo((long) count * BLOCK);
    release(block);
  }

  @Test
  void completionsRunLaterOnTheLoop() throws Exception {
    AsyncFile file = open("a");
    ByteBuf target = buffers.allocate(BLOCK);

    boolean later =
        this.<Boolean>await(
            done -> {
              boolean[] returned = {false};
              file.read(
                  0,
                  target,
                  BLOCK,
                  (count, failure) -> done.done(returned[0] && loop.inEventLoop(), failure));
              returned[0] = true;
            });

    assertThat(later).isTrue();
    release(target);
  }

  @Test
  void refusesWhatIsNotAligned() throws Exception {
    AsyncFile file = open("a");
    ByteBuf source = random(2 * BLOCK, 6);

    onLoop(
        () -> {
          assertThatThrownBy(() -> file.writeDurably(100, source, (n, f) -> {}))
              .hasMessage("position is no multiple of 4096: 100");
          source.writerIndex(100);
          assertThatThrownBy(() -> file.writeDurably(0, source, (n, f) -> {}))
              .hasMessage("length is no multiple of 4096: 100");
          source.setIndex(8, BLOCK + 8);
          assertThatThrownBy(() -> file.writeDurably(0, source, (n, f) -> {}))
              .hasMessageStartingWith("address is no multiple of 4096");
          assertThatThrownBy(() -> file.read(-BLOCK, source, BLOCK, (n, f) -> {}))
              .hasMessage("position is no multiple of 4096: -4096");
        });

    assertThat(source.refCnt()).isEqualTo(1);
    release(source);
  }

  @Test
  void whatIsWrittenAndSyncedIsReadBack() throws Exception {
    AsyncFile file = open("a");
    ByteBuf written = random(2 * BLOCK, 11);

    this.<Void>await(done -> file.write(BLOCK, written, done));
    this.<Void>await(file::sync);
    ByteBuf read = read(file, BLOCK, 2 * BLOCK);

    assertThat(read).isEqualTo(written);
    assertThat(written.refCnt()).isEqualTo(1);
    release(written, read);
  }

  @Test
  void whatIsWrittenThroughThePageCacheIsReadBackOnceItIsSynced() throws Exception {
    Path path = directory.resolve("a");
    AsyncFile cached = this.<AsyncFile>await(done -> files.openCached(path, done));
    ByteBuf written = random(2 * BLOCK, 12);

    this.<Void>await(done -> cached.write(BLOCK, written, done));
    ByteBuf read = read(cached, BLOCK, 2 * BLOCK);
    this.<Void>await(cached::sync);
    ByteBuf again = read(open("a"), BLOCK, 2 * BLOCK);

    assertThat(read).isEqualTo(written);
    assertThat(again).isEqualTo(written);
    release(written, read, again);
  }

  @Test
  void allocatingMakesTheFileLongWithZerosAndChangesNothingThatIsThere() throws Exception {
    AsyncFile file = open("a");
    ByteBuf written = random(BLOCK, 12);
    write(file, 0, written);

    this.<Void>await(done -> file.allocate(0, 16L * BLOCK, done));
    this.<Void>await(done -> file.allocate(0, 4L * BLOCK, done));
    ByteBuf read = read(file, 0, 16 * BLOCK);

    assertThat(read.readableBytes()).isEqualTo(16 * BLOCK);
    assertThat(read.slice(0, BLOCK)).isEqualTo(written);
    assertThat(read.slice(BLOCK, 15 * BLOCK).forEachByte(value -> value == 0)).isEqualTo(-1);
    release(written, read);
  }

  @Test
  void renamesAndReplaces() throws Exception {
    AsyncFile file = open("a");
    ByteBuf source = random(BLOCK, 13);
    write(file, 0, source);
    open("b");

    this.<Void>await(done -> files.rename(directory.resolve("a"), directory.resolve("b"), done));
    this.<Void>await(done -> files.syncDirectory(directory, done));
    write(file, BLOCK, source); // the descriptor is the same file's

    assertThat(directory.resolve("a")).doesNotExist();
    assertThat(Files.size(directory.resolve("b"))).isEqualTo(2L * BLOCK);
    Path missing = directory.resolve("missing");
    assertThat(this.<Void>failure(done -> files.rename(missing, directory.resolve("c"), done)))
        .hasMessageStartingWith("rename " + missing);
    release(source);
  }

  @Test
  void whatComesAfterTheCloseOfAFileFails() throws Exception {
    AsyncFile file = open("a");
    ByteBuf source = random(BLOCK, 14);

    this.<Void>await(file::close);

    assertThat(this.<Void>failure(done -> file.write(0, source, done)))
        .hasMessageContaining("closed");
    assertThat(this.<Void>failure(file::sync)).hasMessageContaining("closed");
    assertThat(this.<Void>failure(done -> file.allocate(0, BLOCK, done)))
        .hasMessageContaining("closed");
    release(source);
  }

  /** A loop never blocks on a file: others of the loop go on while the disk answers nothing. */
  @Test
  void aStalledDiskStopsNoConnectionOfTheLoop() throws Exception {
    AsyncFile file = open("a");
    Runnable resume = stall();
    ByteBuf source = random(BLOCK, 15);
    CompletableFuture<IOException> written = new CompletableFuture<>();

    loop.execute(() -> file.writeDurably(0, source, (n, failure) -> written.complete(failure)));
    loop.execute(() -> file.sync((n, failure) -> {}));
    assertThat(echo("one")).isEqualTo("one");
    assertThat(echo("two")).isEqualTo("two");

    assertThat(written).isNotDone();
    resume.run();
    assertThat(written.get(30, TimeUnit.SECONDS)).isNull();
    release(source);
  }

  @Test
  void makesSyncsAndDeletesDirectories() throws Exception {
    Path inner = directory.resolve("p").resolve("1");

    create(directory.resolve("p"));
    create(inner);
    create(inner); // again: succeeds
    this.<Void>await(done -> files.syncDirectory(inner, done));
    open("p/1/x");
    Throwable notEmpty = this.<Void>failure(done -> files.delete(inner, done));
    delete(inner.resolve("x"));
    delete(inner);
    delete(inner); // again: succeeds

    assertThat(notEmpty).isInstanceOf(FileFailure.class).hasMessageContaining(inner.toString());
    assertThat(directory.resolve("p")).isEmptyDirectory();
  }

  @Test
  void failuresNameOperationPathAndError() throws Exception {
    Path missing = directory.resolve("missing").resolve("x");
    Path plain = Files.createFile(directory.resolve("plain"));

    assertThat(this.<AsyncFile>failure(done -> files.open(missing, done)))
        .hasMessageStartingWith("open " + missing);
    assertThat(this.<Void>failure(done -> files.syncDirectory(missing, done)))
        .hasMessageStartingWith("sync " + missing);
    assertThat(this.<Void>failure(done -> files.createDirectory(missing, done)))
        .hasMessageStartingWith("create " + missing);
    assertThat(this.<Void>failure(done -> files.createDirectory(plain, done)))
        .hasMessageStartingWith("create " + plain);
    assertThat(this.<AsyncFile>failure(done -> files.open(directory, done)))
        .hasMessageStartingWith("open " + directory);
  }

  @Test
  void aFullDiskIsTold() throws Exception {
    AsyncFile full;
    try {
      full = this.<AsyncFile>await(done -> files.open(Path.of("/dev/full"), done));
    } catch (FileFailure e) {
      assertThat(files.direct()).isTrue(); // that device takes no O_DIRECT
      return;
    }
    ByteBuf source = random(BLOCK, 7);

    Throwable failure = this.<Void>failure(done -> full.writeDurably(0, source, done));

    assertThat(failure)
        .isInstanceOfSatisfying(FileFailure.class, f -> assertThat(f.noSpace()).isTrue());
    release(source);
  }

  @Test
  void closesAFileAfterWhatIsUnderWay() throws Exception {
    AsyncFile file = open("a");
    ByteBuf source = random(64 * BLOCK, 8);
    List<String> order = Collections.synchronizedList(new ArrayList<>());

    this.<Void>await(
        done -> {
          file.writeDurably(0, source, (nothing, failure) -> order.add("written " + failure));
          file.close(
              (nothing, failure) -> {
                order.add("closed " + failure);
                done.done(null, null);
              });
        });

    assertThat(order).containsExactly("written null", "closed null");
    assertThat(this.<Void>failure(done -> file.writeDurably(0, source, done)))
        .hasMessageContaining("closed");
    assertThat(this.<Void>failure(file::close)).hasMessageContaining("closed");
    release(source);
  }

  @Test
  void closesAFileFromItsLastCompletion() throws Exception {
    AsyncFile file = open("a");
    ByteBuf source = random(BLOCK, 9);

    this.<Void>await(done -> file.writeDurably(0, source, (n, f) -> file.close(done)));
    AsyncFile next = open("b"); // must not be hit by a second close of the same descriptor
    write(next, 0, source);

    assertThat(Files.size(directory.resolve("b"))).isEqualTo(BLOCK);
    release(source);
  }

  @Test
  void closeWaitsForWhatIsUnderWayAndClosesEveryFile() throws Exception {
    AsyncFile file = open("a");
    ByteBuf source = random(256 * BLOCK, 10);
    List<String> order = Collections.synchronizedList(new ArrayList<>());

    closed = true;
    this.<Void>await(
        done -> {
          file.writeDurably(0, source, (nothing, failure) -> order.add("written " + failure));
          files.close(
              (nothing, failure) -> {
                order.add("closed");
                done.done(null, null);
              });
        });

    assertThat(order).containsExactly("written null", "closed");
    assertThat(this.<AsyncFile>failure(done -> files.open(directory.resolve("b"), done)))
        .hasMessageContaining("closing");
    assertThat(descriptorsBelow(directory)).isEmpty();
    release(source);
  }

  @Test
  void leavesNothingOfItsProbe() {
    assertThat(directory).isEmptyDirectory();
  }

  // --- steps ------------------------------------------------------------------------------------

  AsyncFile open(String name) throws Exception {
    return this.<AsyncFile>await(done -> files.open(directory.resolve(name), done));
  }

  void write(AsyncFile file, long position, ByteBuf source) throws Exception {
    this.<Void>await(done -> file.writeDurably(position, source, done));
  }

  ByteBuf read(AsyncFile file, long position, int length) throws Exception {
    ByteBuf target = buffers.allocate(length);
    int count = this.<Integer>await(done -> file.read(position, target, length, done));
    assertThat(target.readableBytes()).isEqualTo(count);
    return target;
  }

  private void create(Path path) throws Exception {
    this.<Void>await(done -> files.createDirectory(path, done));
  }

  private void delete(Path path) throws Exception {
    this.<Void>await(done -> files.delete(path, done));
  }

  <T> T await(Consumer<FileCompletion<T>> operation) throws Exception {
    CompletableFuture<T> ended = new CompletableFuture<>();
    loop.execute(
        () ->
            operation.accept(
                (result, failure) -> {
                  if (failure != null) {
                    ended.completeExceptionally(failure);
                  } else {
                    ended.complete(result);
                  }
                }));
    try {
      return ended.get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw (Exception) e.getCause();
    }
  }

  <T> Throwable failure(Consumer<FileCompletion<T>> operation) throws Exception {
    try {
      await(operation);
    } catch (FileFailure e) {
      return e;
    }
    throw new AssertionError("succeeded");
  }

  void onLoop(Runnable task) throws Exception {
    loop.submit(task).get(30, TimeUnit.SECONDS);
  }

  ByteBuf random(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return buffers.allocate(length).writeBytes(bytes);
  }

  static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  static byte[] bytes(ByteBuf buffer) {
    byte[] bytes = new byte[buffer.readableBytes()];
    buffer.getBytes(buffer.readerIndex(), bytes);
    return bytes;
  }

  static void release(ByteBuf... buffers) {
    for (ByteBuf buffer : buffers) {
      assertThat(buffer.release()).as("last reference").isTrue();
    }
  }

  /** A connection of its own, served by the loop under test. */
  private String echo(String word) throws Exception {
    ChannelHandler echo =
        new ChannelInboundHandlerAdapter() {
          @Override
          public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message);
          }
        };
    Channel server =
        new ServerBootstrap()
            .group(loop)
            .channel(serverChannel())
            .childHandler(echo)
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
    InetSocketAddress address = (InetSocketAddress) server.localAddress();
    try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(word.getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readNBytes(word.length()), StandardCharsets.UTF_8);
    } finally {
      server.close().sync();
    }
  }

  private static List<Path> descriptorsBelow(Path directory) throws IOException {
    Path descriptors = Path.of("/proc/self/fd");
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(descriptors)) {
      try (var list = Files.newDirectoryStream(descriptors)) {
        for (Path link : list) {
          if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).startsWith(directory)) {
            found.add(link);
          }
        }
      }
    }
    return found;
  }
}

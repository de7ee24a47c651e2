package dev.whippet.broker.internal.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The contract once more on a ring that can be told to fail, and what it does when it is. */
class RingFaultsTest extends LoopFilesContract {
  private FaultyRing ring;

  @Override
  IoHandlerFactory transport() {
    assumeTrue(IoUring.isAvailable(), "io_uring");
    return IoUringIoHandler.newFactory();
  }

  @Override
  LoopFiles start(IoEventLoop loop, Path directory) throws IOException {
    RingQueue queue = new RingQueue(loop);
    LoopRing real = LoopRing.register(loop, queue);
    ring = new FaultyRing(real, queue, loop);
    loop.submit(() -> queue.connect(ring)).syncUninterruptibly();
    RingFiles ringFiles = new RingFiles(loop, queue);
    ringFiles.probe(directory);
    ring.lengths.clear();
    return ringFiles;
  }

  @Override
  Runnable stall() throws Exception {
    onLoop(ring::stall);
    return () -> loop.execute(ring::resume);
  }

  @Override
  Class<? extends ServerChannel> serverChannel() {
    return IoUringServerSocketChannel.class;
  }

  @Test
  void aFailedSyncOrReservationIsAFailure() throws Exception {
    AsyncFile file = open("a");
    ring.otherFaults.addAll(List.of(-Errno.EIO, -Errno.ENOSPC));

    assertThat(this.<Void>failure(file::sync)).hasMessageContaining("errno 5");
    assertThat(this.<Void>failure(done -> file.allocate(0, BLOCK, done)))
        .isInstanceOfSatisfying(FileFailure.class, f -> assertThat(f.noSpace()).isTrue());
  }

  @Test
  void aFileSystemThatCannotReserveIsNoFailure() throws Exception {
    AsyncFile file = open("a");
    assertThat(files.reserves()).isTrue();
    ring.otherFaults.add(-Errno.EOPNOTSUPP);

    this.<Void>await(done -> file.allocate(0, BLOCK, done));

    assertThat(Files.size(directory.resolve("a"))).isZero();
    assertThat(files.reserves()).isFalse();
  }

  @Test
  void anUnsyncedWriteIsContinuedToo() throws Exception {
    AsyncFile file = open("a");
    ByteBuf source = random(4 * BLOCK, 8);
    faults(BLOCK);

    this.<Void>await(done -> file.write(0, source, done));

    assertThat(Files.readAllBytes(directory.resolve("a"))).isEqualTo(bytes(source));
    release(source);
  }

  @Test
  void aShortWriteGoesOnWhereItStopped() throws Exception {
    AsyncFile file = open("a");
    ByteBuf source = random(8 * BLOCK, 1);
    faults(3 * BLOCK, BLOCK);

    write(file, 0, source);

    assertThat(Files.readAllBytes(directory.resolve("a"))).isEqualTo(bytes(source));
    assertThat(ring.lengths).containsExactly(8 * BLOCK, 5 * BLOCK, 4 * BLOCK);
    release(source);
  }

  @Test
  void aWriteCutInsideABlockWritesThatBlockAgain() throws Exception {
    AsyncFile file = open("a");
    ByteBuf source = random(4 * BLOCK, 2);
    faults(BLOCK + 512);

    write(file, 0, source);

    assertThat(Files.readAllBytes(directory.resolve("a"))).isEqualTo(bytes(source));
    assertThat(ring.lengths).containsExactly(4 * BLOCK, 3 * BLOCK);
    release(source);
  }

  @Test
  void aShortReadGoesOnWhereItStopped() throws Exception {
    AsyncFile file = open("a");
    ByteBuf source = random(4 * BLOCK, 3);
    write(file, 0, source);
    faults(BLOCK);

    ByteBuf read = read(file, 0, 4 * BLOCK);

    assertThat(read).isEqualTo(source);
    release(source, read);
  }

  @Test
  void interruptedAndBusyAreTriedAgain() throws Exception {
    AsyncFile file = open("a");
    ByteBuf source = random(BLOCK, 4);
    faults(-Errno.EINTR, -Errno.EAGAIN, -Errno.EINTR);

    write(file, 0, source);

    assertThat(Files.readAllBytes(directory.resolve("a"))).isEqualTo(bytes(source));
    assertThat(ring.lengths).hasSize(4);
    release(source);
  }

  @Test
  void interruptedForEverFails() throws Exception {
    AsyncFile file = open("a");
    ByteBuf source = random(BLOCK, 5);
    ring.faults.addAll(Collections.nCopies(RingQueue.RETRIES_MAX + 1, -Errno.EINTR));

    Throwable failure = this.<Void>failure(done -> file.writeDurably(0, source, done));

    assertThat(failure).hasMessageContaining("errno 4");
    release(source);
  }

  @Test
  void noProgressForEverFails() throws Exception {
    AsyncFile file = open("a");
    ByteBuf source = random(BLOCK, 6);
    ring.faults.addAll(Collections.nCopies(RingQueue.RETRIES_MAX + 1, 0));

    Throwable failure = this.<Void>failure(done -> file.writeDurably(0, source, done));

    assertThat(failure).hasMessageContaining("no progress at 0");
    release(source);
  }

  @Test
  void cancelledAndFailedAreFailuresAndNotTriedAgain() throws Exception {
    AsyncFile file = open("a");
    ByteBuf source = random(2 * BLOCK, 7);

    for (int errno : List.of(Errno.ECANCELED, Errno.EIO, Errno.ENOSPC)) {
      ring.lengths.clear();
      faults(BLOCK, -errno);

      Throwable failure = this.<Void>failure(done -> file.writeDurably(0, source, done));

      assertThat(failure)
          .isInstanceOfSatisfying(FileFailure.class, f -> assertThat(f.errno()).isEqualTo(errno))
          .hasMessageContaining("a: ")
          .hasMessageContaining("errno " + errno);
      assertThat(ring.lengths).hasSize(2);
    }
    assertThat(source.refCnt()).isEqualTo(1);
    release(source);
  }

  private void faults(Integer... results) {
    ring.faults.addAll(List.of(results));
  }
}

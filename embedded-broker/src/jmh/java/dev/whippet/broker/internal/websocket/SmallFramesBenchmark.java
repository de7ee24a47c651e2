package dev.whippet.broker.internal.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Many masked frames of 32 bytes in one read of one connection: from the first byte of each to the
 * dispatch of its unmasked payload. One operation is one frame; the goal is 10 M a second and a
 * core, and no allocation.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class SmallFramesBenchmark implements FrameHandler {
  private static final int FRAMES = 1000;
  private static final int PAYLOAD_BYTES = 32;

  private final FrameParser parser = new FrameParser();
  private ByteBuf frames;
  private ByteBuf target;
  private int dispatched;

  @Setup
  public void prepare() {
    frames = Unpooled.directBuffer(FRAMES * (6 + PAYLOAD_BYTES));
    for (int i = 0; i < FRAMES; i++) {
      frames.writeByte(0x82).writeByte(0x80 | PAYLOAD_BYTES).writeInt(0x9e3779b9 * i);
      frames.writeZero(PAYLOAD_BYTES);
    }
    target = Unpooled.directBuffer(PAYLOAD_BYTES);
  }

  @Benchmark
  @OperationsPerInvocation(FRAMES)
  public int parseToDispatch() throws WebSocketViolation {
    frames.readerIndex(0);
    dispatched = 0;
    while (frames.isReadable()) {
      parser.parse(frames, this);
    }
    if (dispatched != FRAMES) {
      throw new IllegalStateException(dispatched + " frames of " + FRAMES);
    }
    return dispatched;
  }

  @Override
  public void data(ByteBuf in, int length, int mask) {
    target.clear();
    MaskedCopy.copy(in, target, length, mask);
    dispatched++;
  }

  @Override
  public void ping(ByteBuf payload) {}

  @Override
  public void pong(ByteBuf payload) {}

  @Override
  public void close(int code, ByteBuf reason) {}
}

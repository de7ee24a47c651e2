package dev.whippet.broker.internal.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * One masked frame, parsed and unmasked in the one copy that the broker makes; beside it a plain
 * copy of the same memory, and the copy with the unmasking after it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FrameParserBenchmark implements FrameHandler {

  /** Payload of the frame. */
  @Param({"65536", "1048576", "16777216"})
  public int bytes;

  private final FrameParser parser = new FrameParser();
  private ByteBuf frame;
  private ByteBuf target;

  @Setup
  public void prepare() {
    frame = Unpooled.directBuffer(bytes + 14);
    frame.writeByte(0x82);
    if (bytes < 65536) {
      frame.writeByte(0x80 | 126).writeShort(bytes);
    } else {
      frame.writeByte(0x80 | 127).writeLong(bytes);
    }
    frame.writeInt(0x12345678).writeZero(bytes);
    target = Unpooled.directBuffer(bytes);
  }

  @Benchmark
  public ByteBuf parseAndUnmask() throws WebSocketViolation {
    frame.readerIndex(0);
    target.clear();
    parser.parse(frame, this);
    return target;
  }

  @Benchmark
  public ByteBuf copyOnly() {
    target.clear();
    target.writeBytes(frame, frame.capacity() - bytes, bytes);
    return target;
  }

  @Benchmark
  public ByteBuf copyThenUnmask() {
    copyOnly();
    for (int i = 0; i < bytes; i += Long.BYTES) {
      target.setLong(i, target.getLong(i) ^ 0x1234567812345678L);
    }
    return target;
  }

  @Override
  public void data(ByteBuf in, int length, int mask) {
    MaskedCopy.copy(in, target, length, mask);
  }

  @Override
  public void ping(ByteBuf payload) {}

  @Override
  public void pong(ByteBuf payload) {}

  @Override
  public void close(int code, ByteBuf reason) {}
}

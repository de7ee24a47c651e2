package dev.whippet.broker.internal.wire;

import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.internal.wire.Command;
import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.MessageRecords;
import dev.whippet.internal.wire.Partitioning;
import dev.whippet.internal.wire.Requests;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.concurrent.TimeUnit;
import okio.Buffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A send_messages request to the model, and a poll's answer to bytes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class DialectBenchmark {

  private static final int FRAME_HEADER_BYTES = 8;

  /** Messages of a batch, 256 B each. */
  @Param({"1", "1000"})
  public int messages;

  private ByteBuf payload;
  private ByteBuf records;

  @Setup
  public void prepare() {
    MessageRecords batch = new MessageRecords();
    for (int i = 0; i < messages; i++) {
      batch.add(0, 0, 0, new byte[256], null);
    }
    int recordBytes = batch.byteCount();
    Buffer frame = new Buffer();
    Requests.sendMessages(
        frame,
        Identifier.named("stream"),
        Identifier.named("topic"),
        Partitioning.partition(0),
        batch);
    byte[] bytes = frame.readByteArray();
    payload = Unpooled.directBuffer(bytes.length);
    payload.writeBytes(bytes, FRAME_HEADER_BYTES, bytes.length - FRAME_HEADER_BYTES);
    records = Unpooled.directBuffer(recordBytes).writeZero(recordBytes);
  }

  @Benchmark
  public Request decodeSend() throws Refusal {
    payload.readerIndex(0);
    Request request = ClassicDialect.decode(Command.SEND_MESSAGES, payload);
    ((Request.SendMessages) request).batch().release();
    return request;
  }

  @Benchmark
  public int encodePolled() {
    Reply reply = new Reply.Polled(0, messages, messages, List.of(records.retainedDuplicate()));
    List<ByteBuf> frame = ClassicDialect.encode(reply, PooledByteBufAllocator.DEFAULT);
    frame.forEach(ByteBuf::release);
    return frame.size();
  }
}

package dev.whippet.internal.websocket;

import java.io.EOFException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
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

/** A client's frame, masked in place; and the check of text that both sides share. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ClientFramesBenchmark {

  /** Payload. */
  @Param({"256", "65536", "1048576"})
  public int bytes;

  private final FrameWriter writer = new FrameWriter(new SecureRandom());
  private final Buffer payload = new Buffer();
  private final Buffer out = new Buffer();
  private byte[] content;
  private byte[] text;

  @Setup
  public void prepare() {
    content = new byte[bytes];
    StringBuilder words = new StringBuilder();
    while (words.length() < bytes) {
      words.append("gr\u00fc\u00df \u20ac ");
    }
    text = words.toString().getBytes(StandardCharsets.UTF_8);
  }

  @Benchmark
  public long writeBinary() throws EOFException {
    payload.write(content);
    writer.binary(payload, out);
    long written = out.size();
    out.skip(written);
    return written;
  }

  @Benchmark
  public int validateUtf8() {
    int state = Utf8Validator.START;
    for (int i = 0; i < bytes; i++) {
      state = Utf8Validator.next(state, text[i]);
    }
    return state;
  }
}

package dev.whippet.broker.internal.log.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Random;
import net.openhft.hashing.LongHashFunction;
import org.junit.jupiter.api.Test;

/** Our loop against the library's. */
class Xxh3Test {
  private static final long SEED = Long.getLong("whippet.seed", 1);
  private static final int LENGTH_MAX = 5_000;
  private static final int SHIFTS = 8;

  @Test
  void everyLengthIsHashedAsTheLibraryDoes() {
    System.out.println("seed " + SEED);
    byte[] bytes = new byte[LENGTH_MAX + SHIFTS];
    new Random(SEED).nextBytes(bytes);
    ByteBuf direct = Unpooled.directBuffer(bytes.length).writeBytes(bytes);

    for (int length = 0; length <= LENGTH_MAX; length++) {
      int index = length % SHIFTS;
      assertThat(Xxh3.hash(direct, index, length))
          .as("%s bytes", length)
          .isEqualTo(LongHashFunction.xx3().hashBytes(bytes, index, length))
          .isEqualTo(Xxh3.hash(Unpooled.wrappedBuffer(bytes), index, length));
    }
    direct.release();
  }
}

package dev.whippet.testkit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Ways to cut a stream into pieces. */
public final class Splits {
  /** Two-way cuts of a long stream are tried this far from both ends, and at random between. */
  private static final int EDGE_BYTES = 300;

  private Splits() {}

  /** Whole, byte by byte, every two-way cut (of long streams: those near the ends, some others). */
  public static List<List<byte[]>> of(byte[] stream, Random random) {
    List<List<byte[]>> ways = new ArrayList<>();
    ways.add(cut(stream, new int[0]));
    ways.add(byteByByte(stream));
    for (int i = 1; i < stream.length; i++) {
      if (i <= EDGE_BYTES || i >= stream.length - EDGE_BYTES) {
        ways.add(cut(stream, new int[] {i}));
      }
    }
    for (int i = 0; i < 20 && stream.length > 1; i++) {
      ways.add(random(stream, random));
    }
    return ways;
  }

  /** Pieces of one byte. */
  public static List<byte[]> byteByByte(byte[] stream) {
    int[] cuts = new int[Math.max(0, stream.length - 1)];
    for (int i = 0; i < cuts.length; i++) {
      cuts[i] = i + 1;
    }
    return cut(stream, cuts);
  }

  /** Cut at random places; some pieces are empty. */
  public static List<byte[]> random(byte[] stream, Random random) {
    int[] cuts = new int[1 + random.nextInt(8)];
    for (int i = 0; i < cuts.length; i++) {
      cuts[i] = random.nextInt(stream.length + 1);
    }
    Arrays.sort(cuts);
    return cut(stream, cuts);
  }

  private static List<byte[]> cut(byte[] stream, int[] cuts) {
    List<byte[]> pieces = new ArrayList<>();
    int from = 0;
    for (int cut : cuts) {
      pieces.add(Arrays.copyOfRange(stream, from, cut));
      from = cut;
    }
    pieces.add(Arrays.copyOfRange(stream, from, stream.length));
    return pieces;
  }
}

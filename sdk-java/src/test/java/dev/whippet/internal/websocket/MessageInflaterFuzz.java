package dev.whippet.internal.websocket;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** The inflater of both halves: any bytes end within the bound, or in a violation. */
class MessageInflaterFuzz {
  private static final long MESSAGE_BYTES_MAX = 1 << 18;

  @FuzzTest(maxDuration = "2s")
  void staysWithinItsBound(byte[] data) {
    fuzzerTestOneInput(data);
  }

  public static void fuzzerTestOneInput(byte[] data) {
    MessageInflater inflater = new MessageInflater(true, MESSAGE_BYTES_MAX);
    byte[] out = new byte[4096];
    try {
      for (int message = 0; message < 2; message++) { // the second continues the first's window
        long total = 0;
        inflater.input(data, 0, data.length);
        total += drain(inflater, out);
        inflater.end();
        total += drain(inflater, out);
        if (total > MESSAGE_BYTES_MAX) {
          throw new AssertionError(total + " bytes of at most " + MESSAGE_BYTES_MAX);
        }
      }
    } catch (WebSocketException e) {
      if (e.closeCode() < 1000) {
        throw new AssertionError("close code " + e.closeCode());
      }
    } finally {
      inflater.close();
    }
  }

  private static long drain(MessageInflater inflater, byte[] out) throws WebSocketException {
    long total = 0;
    int count;
    while ((count = inflater.output(out)) > 0) {
      total += count;
    }
    return total;
  }
}

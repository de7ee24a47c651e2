package dev.whippet.internal.websocket;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Collections;
import okio.Buffer;

/** What a server answers to the handshake: taken or refused, the same in one piece and in bytes. */
class ClientHandshakeFuzz {
  @FuzzTest(maxDuration = "2s")
  void hasOneOutcomeHoweverTheAnswerIsCut(byte[] data) {
    fuzzerTestOneInput(data);
  }

  public static void fuzzerTestOneInput(byte[] data) {
    String whole = read(data, data.length);
    String cut = read(data, 1);
    if (!whole.equals(cut)) {
      throw new AssertionError("whole: " + whole + ", cut: " + cut);
    }
  }

  private static String read(byte[] answer, int pieceBytes) {
    ClientHandshake handshake =
        new ClientHandshake("host", 80, "/", Collections.<String, String>emptyMap(), new Fixed());
    Buffer in = new Buffer();
    try {
      for (int i = 0; i < answer.length; i += pieceBytes) {
        in.write(answer, i, Math.min(pieceBytes, answer.length - i));
        if (handshake.read(in)) {
          return "open";
        }
      }
      return "waits";
    } catch (IOException e) {
      return "refused";
    }
  }

  /** The nonce "the sample nonce" of RFC 6455 1.3, so that a corpus can hold its answer. */
  private static final class Fixed extends SecureRandom {
    private static final long serialVersionUID = 1;

    @Override
    public void nextBytes(byte[] bytes) {
      byte[] nonce = "the sample nonce".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
      System.arraycopy(Arrays.copyOf(nonce, bytes.length), 0, bytes, 0, bytes.length);
    }
  }
}

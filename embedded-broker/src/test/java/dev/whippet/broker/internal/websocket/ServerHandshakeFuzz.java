package dev.whippet.broker.internal.websocket;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Set;

/** What a client opens with: taken, refused or waited for, the same in one piece and in bytes. */
class ServerHandshakeFuzz {
  private static final Set<Integer> STATUSES = Set.of(101, 400, 403, 405, 426, 431, 505);

  @FuzzTest(maxDuration = "2s")
  void hasOneOutcomeHoweverTheRequestIsCut(byte[] data) {
    fuzzerTestOneInput(data);
  }

  public static void fuzzerTestOneInput(byte[] data) {
    int whole = read(data, data.length);
    int cut = read(data, 1);
    if (whole != cut) {
      throw new AssertionError("whole: " + whole + ", cut: " + cut);
    }
  }

  /** The status, 0 while more is waited for. */
  private static int read(byte[] request, int pieceBytes) {
    ServerHandshake handshake = new ServerHandshake();
    for (int i = 0; i < request.length; i += pieceBytes) {
      ByteBuf in = Unpooled.wrappedBuffer(request, i, Math.min(pieceBytes, request.length - i));
      ServerHandshake.Answer answer = handshake.read(in, UnpooledByteBufAllocator.DEFAULT);
      if (answer != null) {
        answer.response().release();
        if (!STATUSES.contains(answer.status())) {
          throw new AssertionError("status " + answer.status());
        }
        return answer.status();
      }
    }
    return 0;
  }
}

package dev.whippet.broker.internal.wire;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.whippet.broker.internal.command.Request;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;

/**
 * Any payload of any command is decoded or refused, reads nothing behind its end, and leaves no
 * reference behind. The first byte chooses the command.
 */
class RequestDecoderFuzz {
  private static final List<Integer> CODES = codes();

  @FuzzTest(maxDuration = "2s")
  void isDecodedOrRefused(byte[] data) {
    fuzzerTestOneInput(data);
  }

  public static void fuzzerTestOneInput(byte[] data) {
    if (data.length == 0) {
      return;
    }
    int code = CODES.get((data[0] & 0xff) % CODES.size());
    ByteBuf payload = Unpooled.wrappedBuffer(data).skipBytes(1);
    try {
      Request request = ClassicDialect.decode(code, payload);
      if (request instanceof Request.SendMessages send) {
        send.batch().release();
      } else if (request instanceof Request.Publish publish) {
        publish.batch().release();
      }
    } catch (Refusal refusal) {
      if (refusal.status() == 0) {
        throw new AssertionError("refused with status 0");
      }
    }
    if (payload.refCnt() != 1) {
      throw new AssertionError("references left: " + payload.refCnt() + ", command " + code);
    }
  }

  private static List<Integer> codes() {
    List<Integer> codes = new ArrayList<>();
    for (Field field : dev.whippet.internal.wire.Command.class.getFields()) {
      if (field.getType() == int.class && Modifier.isStatic(field.getModifiers())) {
        try {
          codes.add(field.getInt(null));
        } catch (IllegalAccessException e) {
          throw new IllegalStateException(e);
        }
      }
    }
    return codes;
  }
}

package dev.whippet.broker.internal.net;

import dev.whippet.broker.internal.websocket.FrameHandler;
import dev.whippet.broker.internal.websocket.FrameParser;
import dev.whippet.broker.internal.websocket.MessageSink;
import dev.whippet.broker.internal.websocket.WebSocketViolation;
import dev.whippet.internal.websocket.CloseCode;
import dev.whippet.internal.websocket.Opcode;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.TimeUnit;

/**
 * An open WebSocket's bytes: payload goes to the sink, control frames are answered.
 *
 * <pre>
 *   OPEN  --Close-------------------> answered, over
 *         --violation---------------> said with its code, over
 *         --our goodbye (leave)-----> LEAVING: all is thrown away until the peer's Close
 * </pre>
 */
final class WebSocketFrames implements Stage, FrameHandler {
  /** Frames between two looks at the share of the loop's time that is left. */
  private static final int FRAMES_AT_ONCE = 16;

  private final FrameParser parser;
  private final Connection connection;
  private final MessageSink sink;
  private final ReplyQueue queue;
  private final ReplyWriter writer;
  private boolean leaving;
  private long idleBefore;
  private long idleSince;

  WebSocketFrames(
      FrameParser parser,
      Connection connection,
      MessageSink sink,
      ReplyQueue queue,
      ReplyWriter writer) {
    this.parser = parser;
    this.connection = connection;
    this.idleSince = connection.now();
    this.sink = sink;
    this.queue = queue;
    this.writer = writer;
  }

  @Override
  public void read(ByteBuf in) {
    try {
      int frames = parser.parse(in, this, FRAMES_AT_ONCE);
      connection.spend(frames);
      if (idleFrames() - idleBefore > NetLimits.IDLE_FRAMES_PER_SECOND_MAX) {
        boundIdleFrames();
      }
    } catch (WebSocketViolation e) {
      end(Farewell.closing(e.closeCode(), e.getMessage()));
    }
  }

  /** An empty message is no request, but an application may want it. */
  private long idleFrames() {
    return parser.idleFrames() + (sink instanceof Requests ? parser.emptyMessages() : 0);
  }

  /** So many were counted: ends the connection when they came within a second. */
  private void boundIdleFrames() {
    long now = connection.now();
    if (now - idleSince < TimeUnit.SECONDS.toNanos(1)) {
      parser.stop();
      end(
          Farewell.closing(
              CloseCode.POLICY_VIOLATION, "too many control or empty frames a second"));
    }
    idleSince = now;
    idleBefore = idleFrames();
  }

  private void end(Farewell farewell) {
    if (leaving) {
      connection.goodbyeAnswered();
    } else {
      queue.end(farewell);
    }
  }

  /** Our Close frame is on its way: only the peer's is waited for. */
  void leave() {
    leaving = true;
  }

  @Override
  public void data(ByteBuf in, int length, int mask) {
    payload(Opcode.BINARY, in, length, mask);
  }

  @Override
  public void text(ByteBuf in, int length, int mask) {
    payload(Opcode.TEXT, in, length, mask);
  }

  private void payload(int opcode, ByteBuf in, int length, int mask) {
    if (leaving) {
      in.skipBytes(length);
    } else {
      sink.data(opcode, in, length, mask);
    }
  }

  @Override
  public void messageEnd(int opcode) {
    if (!leaving) {
      sink.messageEnd(opcode);
    }
  }

  @Override
  public void ping(ByteBuf payload) {
    writer.pong(payload);
  }

  @Override
  public void pong(ByteBuf payload) {
    connection.pong(payload);
  }

  @Override
  public void close(int code, ByteBuf reason) {
    end(Farewell.answer(code, reason));
  }

  /**
   * Binary payload is the request decoder's, whatever the messages' bounds; text is thrown away
   * (iggy-classic.md section 2).
   */
  static final class Requests implements MessageSink {
    private final RequestAssembler assembler;

    Requests(RequestAssembler assembler) {
      this.assembler = assembler;
    }

    @Override
    public void data(int opcode, ByteBuf in, int length, int mask) {
      if (opcode == Opcode.BINARY) {
        assembler.read(in, length, mask);
      } else {
        in.skipBytes(length);
      }
    }

    @Override
    public void messageEnd(int opcode) {
      // Means nothing to the classic wire.
    }

    @Override
    public void gone() {
      // The connection tells the decoder.
    }
  }
}

package dev.whippet.conformance.echo;

import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.ReplySink;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.RequestHandler;
import dev.whippet.broker.internal.net.Listener;
import dev.whippet.broker.internal.net.Loops;
import dev.whippet.broker.internal.net.NetLimits;
import dev.whippet.broker.internal.net.Transport;
import dev.whippet.broker.internal.websocket.HandshakeRules;
import dev.whippet.broker.internal.websocket.MaskedCopy;
import dev.whippet.broker.internal.websocket.MessageSink;
import dev.whippet.broker.internal.websocket.Origins;
import dev.whippet.broker.internal.websocket.WebSocketOutput;
import dev.whippet.broker.internal.websocket.WebSocketService;
import dev.whippet.internal.wire.Status;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * An echo server of the broker's own connections: its loops, acceptor, handshake, frames, output,
 * close; only the request decoder is replaced by an echo.
 *
 * <pre>
 *   EchoServer PORT [compression]     on 127.0.0.1; port 0 takes a free one, which is printed
 * </pre>
 */
public final class EchoServer {
  private EchoServer() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    List<String> options =
        Arrays.asList(arguments).subList(Math.min(1, arguments.length), arguments.length);
    if (arguments.length < 1 || !options.stream().allMatch("compression"::equals)) {
      System.err.println("usage: EchoServer PORT [compression]");
      System.exit(2);
    }
    Listener listener = start(Integer.parseInt(arguments[0]), !options.isEmpty());
    System.out.println("echo on " + listener.address());
    new CountDownLatch(1).await();
  }

  /** Starts it; it lives as long as the process. */
  static Listener start(int port, boolean compression) throws IOException {
    Path directory = Files.createTempDirectory("whippet-echo");
    directory.toFile().deleteOnExit();
    Loops loops = Loops.start(Transport.best(), 1, directory, NetLimits.DEFAULT);
    HandshakeRules rules = new HandshakeRules(Origins.SAME_HOST, List.of(), compression);
    WebSocketService service =
        new WebSocketService(
            rules, WebSocketService.FRAGMENT_BYTES, (opening, output) -> new Echo(output));
    return Listener.bind(
        loops, new InetSocketAddress("127.0.0.1", port), new NoRequests(), service);
  }

  /** Collects a message and sends it back. */
  private static final class Echo implements MessageSink {
    /** The longest message that is echoed; what is beyond is cut off. */
    private static final int MESSAGE_BYTES_MAX = 64 << 20;

    private final WebSocketOutput output;
    private ByteBuf message;

    Echo(WebSocketOutput output) {
      this.output = output;
    }

    @Override
    public void data(int opcode, ByteBuf in, int length, int mask) {
      ByteBuf to = message();
      if (to.readableBytes() + length > MESSAGE_BYTES_MAX) {
        in.skipBytes(length);
      } else {
        MaskedCopy.copy(in, to, length, mask);
      }
    }

    private ByteBuf message() {
      if (message == null) {
        message = PooledByteBufAllocator.DEFAULT.directBuffer();
      }
      return message;
    }

    @Override
    public void messageEnd(int opcode) {
      ByteBuf complete = message();
      message = null;
      output.message(opcode, List.of(complete));
      output.flushSoon();
    }

    @Override
    public void gone() {
      if (message != null) {
        message.release();
        message = null;
      }
    }
  }

  /** Classic frames over TCP end the connection. */
  private static final class NoRequests implements RequestHandler {
    @Override
    public ClientSession connected(int clientId, String address, int transport, int loop) {
      return new ClientSession(clientId, address, transport, loop);
    }

    @Override
    public void handle(ClientSession session, Request request, ReplySink sink) {
      sink.replyAndClose(new Reply.Failure(Status.INVALID_COMMAND));
    }

    @Override
    public void disconnected(ClientSession session) {
      // Nothing is kept.
    }
  }
}

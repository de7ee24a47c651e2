package dev.whippet.broker.internal.net;

import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.ReplySink;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.RequestHandler;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;

/**
 * A command layer that does as told.
 *
 * <pre>
 *   ping                  answered at once, empty
 *   login                 logs in; answered at once, or held when holdLogins
 *   get_me                answered with the session's entry
 *   get_streams           answered at once with messages of bigReplyBytes
 *   poll_messages         answered at once with messages of bigReplyBytes, or as many as it may
 *   send_messages         answered at once with the batch's checksum as an error status;
 *                         held when holdSends
 *   hello                 taken
 *   get_stats             held
 *   get_cluster_metadata  answered with status 30, closes
 *   create_stream         throws
 * </pre>
 */
final class ScriptedHandler implements RequestHandler {

  /** A started request that waits for the test's answer. */
  record Held(Request request, ReplySink sink) {}

  final List<ClientSession> connected = new CopyOnWriteArrayList<>();
  final List<Integer> transports = new CopyOnWriteArrayList<>();
  final List<Integer> loops = new CopyOnWriteArrayList<>();
  final List<String> started = new CopyOnWriteArrayList<>();
  final Queue<ClientSession> pinged = new ConcurrentLinkedQueue<>();
  final List<Held> held = new CopyOnWriteArrayList<>();
  final AtomicInteger disconnected = new AtomicInteger();
  final AtomicLong bigReplies = new AtomicLong();
  volatile boolean holdSends;
  volatile boolean holdLogins;
  volatile int bigReplyBytes;

  @Override
  public ClientSession connected(int clientId, String address, int transport, int loop) {
    ClientSession session = new ClientSession(clientId, address, transport, loop);
    connected.add(session);
    transports.add(transport);
    loops.add(loop);
    return session;
  }

  @Override
  public void handle(ClientSession session, Request request, ReplySink sink) {
    if (started.size() < 10_000) {
      started.add(request.getClass().getSimpleName());
    }
    if (request instanceof Request.Ping) {
      pinged.add(session);
      sink.reply(new Reply.Empty());
    } else if (request instanceof Request.Login) {
      login(session, sink);
    } else if (request instanceof Request.Hello) {
      session.greet(new ClientSession.Greeting(session.user(), new byte[16], 0, new byte[16]));
      sink.reply(new Reply.Empty());
    } else if (request instanceof Request.GetStreams) {
      bigReplies.incrementAndGet();
      sink.reply(polled(bigReplyBytes));
    } else if (request instanceof Request.Poll) {
      bigReplies.incrementAndGet();
      sink.reply(polled((int) Math.min(bigReplyBytes, sink.replyBytesMax())));
    } else if (request instanceof Request.SendMessages send) {
      send(send, sink);
    } else if (request instanceof Request.GetClusterMetadata) {
      sink.replyAndClose(new Reply.Failure(30));
    } else if (request instanceof Request.CreateStream) {
      throw new IllegalStateException("scripted");
    } else {
      held.add(new Held(request, sink));
    }
  }

  private void login(ClientSession session, ReplySink sink) {
    Runnable success =
        () -> {
          session.login(new ClientSession.User(7, 1, 0));
          sink.reply(new Reply.LoggedIn(7));
        };
    if (holdLogins) {
      held.add(
          new Held(
              null,
              new ReplySink() {
                @Override
                public void reply(Reply reply) {
                  success.run();
                }

                @Override
                public void replyAndClose(Reply reply) {
                  sink.replyAndClose(reply);
                }
              }));
    } else {
      success.run();
    }
  }

  private void send(Request.SendMessages send, ReplySink sink) {
    if (holdSends) {
      send.batch().release();
      held.add(new Held(send, sink));
      return;
    }
    int checksum = checksum(send.batch().records().nioBuffer());
    send.batch().release();
    sink.reply(new Reply.Failure(checksum));
  }

  /** Direct memory of its own, so that a lost reference is found. */
  private static Reply polled(int bytes) {
    return new Reply.Polled(1, 2, 3, List.of(Unpooled.directBuffer(bytes).writeZero(bytes)));
  }

  /** A positive number that stands for the bytes. */
  static int checksum(java.nio.ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) (crc.getValue() >>> 1) | 1;
  }

  @Override
  public void disconnected(ClientSession session) {
    disconnected.incrementAndGet();
  }
}

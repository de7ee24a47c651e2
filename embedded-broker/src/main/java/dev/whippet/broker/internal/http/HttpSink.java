package dev.whippet.broker.internal.http;

import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.ReplySink;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.RequestHandler;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * The way back of one request that came over HTTP. A poll gets records of what its call was
 * granted, {@link #POLL_BYTES_MAX} at most, since as JSON they take several times as much; one
 * message that is longer comes alone.
 */
final class HttpSink implements ReplySink {
  static final long POLL_BYTES_MAX = 1 << 20;

  private final RequestHandler commands;
  private final ClientSession session;
  private final Request request;
  private final CallMemory memory;
  private final Executor loop;
  private volatile long replyBytesMax;
  private Consumer<Reply> then;

  /** {@code loop} is the session's. */
  HttpSink(
      RequestHandler commands,
      ClientSession session,
      Request request,
      CallMemory memory,
      Executor loop) {
    this.commands = commands;
    this.session = session;
    this.request = request;
    this.memory = memory;
    this.loop = loop;
  }

  /** Executes the request; {@code whenAnswered} runs on any thread and takes the reply over. */
  void begin(Consumer<Reply> whenAnswered) {
    then = whenAnswered;
    handle();
  }

  private void handle() {
    replyBytesMax = memory.replyBytes();
    commands.handle(session, request, this);
  }

  @Override
  public void reply(Reply reply) {
    then.accept(reply);
  }

  @Override
  public void replyAndClose(Reply reply) {
    then.accept(reply); // there is no connection of the user's that could be closed
  }

  @Override
  public long replyBytesMax() {
    return request instanceof Request.Poll ? replyBytesMax : Long.MAX_VALUE;
  }

  @Override
  public void again(long bytes) {
    loop.execute(() -> memory.exchangeReply(bytes, this::handle));
  }

  static void release(Reply reply) {
    if (reply instanceof Reply.Polled polled) {
      polled.records().forEach(ByteBuf::release);
    }
  }
}

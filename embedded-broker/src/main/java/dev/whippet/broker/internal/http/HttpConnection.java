package dev.whippet.broker.internal.http;

import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.http.Reception.Admitted;
import dev.whippet.broker.internal.http.exchange.Answer;
import dev.whippet.broker.internal.http.exchange.Call;
import dev.whippet.broker.internal.http.exchange.HttpRefusal;
import dev.whippet.broker.internal.net.Listener.Host;
import dev.whippet.broker.internal.net.Loop;
import dev.whippet.broker.internal.net.event.Goodbye;
import dev.whippet.internal.wire.XxHash32;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.NetUtil;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection that speaks HTTP: one request after the other. Owner: its loop.
 *
 * <pre>
 *   HEAD --head--> [ROOM] --> BODY --last byte--> [ROOM] --> RUNNING --answered--> HEAD
 *     |                        |                                                    ^
 *     +--refused---------------+--> DRAINED: the body is thrown away, --------------+
 *                                   its end is answered with the refusal
 *   OVER: the last answer was given, the host ends the connection
 * </pre>
 *
 * <p>In ROOM it waits for memory of the loop: for the body, then for the answer. HEAD waits while
 * the peer does not take its answers. What comes ahead waits in order: what one piece of {@link
 * HttpFeed} holds is decoded, nothing else is read.
 *
 * <p>Limits: a body of {@link HttpSettings#bodyBytesMax}, 8 KiB before a token was seen; {@link
 * #DRAINED_BYTES_MAX} thrown away; {@link #IDLE_MILLIS_MAX} between two requests, and for the peer
 * to take something of its answers; {@link #REQUEST_MILLIS_MAX} and a second for each {@link
 * #BODY_BYTES_PER_SECOND_MIN} for one to arrive.
 */
final class HttpConnection extends SimpleChannelInboundHandler<HttpObject> {
  private static final Logger LOGGER = LoggerFactory.getLogger(HttpConnection.class);

  /** Of a body that nobody wants; its sender learns why. */
  private static final long DRAINED_BYTES_MAX = 64L << 20;

  private static final long IDLE_MILLIS_MAX = 75_000;
  private static final long REQUEST_MILLIS_MAX = 60_000;
  private static final long BODY_BYTES_PER_SECOND_MIN = 16 << 10;

  private static final Answer NOT_HTTP = Answer.text(400, "This is not HTTP/1.1.");

  /** iggy-classic.md 3.4.3. */
  private static final int TRANSPORT_HTTP = 3;

  private enum State {
    HEAD,
    ROOM,
    BODY,
    DRAINED,
    RUNNING,
    OVER
  }

  private final HttpDoor door;
  private final Loop loop;
  private final Host host;
  private final HttpFeed feed;
  private final CallMemory memory;

  /** Decoded behind the request that is under way. */
  private final ArrayDeque<HttpObject> ahead = new ArrayDeque<>();

  private State state = State.HEAD;
  private ChannelHandlerContext context;
  private HttpOutput output;
  private String address;
  private int clientId;
  private HttpRequest request;
  private ClientSession session;
  private Admitted admitted;
  private HttpBody body;
  private long drainedBytes;
  private Answer refusal;
  private long number;
  private boolean stopping;
  private boolean goesOn;
  private ScheduledFuture<?> patience;

  HttpConnection(HttpDoor door, Loop loop, Host host, HttpFeed feed) {
    this.door = door;
    this.loop = loop;
    this.host = host;
    this.feed = feed;
    this.memory = new CallMemory(loop.memory());
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    output = new HttpOutput(ctx, loop.memory(), door.cors, host, this::goOnLater);
    address =
        ctx.channel().remoteAddress() instanceof InetSocketAddress inet
            ? NetUtil.toSocketAddressString(inet)
            : String.valueOf(ctx.channel().remoteAddress());
    byte[] ascii = address.getBytes(StandardCharsets.US_ASCII);
    clientId = XxHash32.hash(ascii, 0, ascii.length);
    expectRequest(0);
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) {
    if (wantsMore() && ahead.isEmpty()) {
      take(message);
    } else if (state != State.OVER) {
      ahead.add(ReferenceCountUtil.retain(message));
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    goOnLater();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == Goodbye.STOP) {
      stopping = true;
      if (state == State.HEAD) {
        end();
      }
    } else if (event instanceof ChannelInputShutdownEvent && state != State.OVER) {
      end(); // what is incomplete gets no answer, what is complete has got it
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    over();
    memory.close();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof IOException)) {
      LOGGER.debug("{}: closed", ctx.channel(), cause);
    }
    ctx.close();
  }

  // --- from the feed ----------------------------------------------------------------------------

  /** Requests begun so far. */
  long requests() {
    return number;
  }

  /** False while nothing more can be taken. */
  boolean wantsMore() {
    return switch (state) {
      case HEAD -> output.mayGoOn();
      case BODY, DRAINED -> true;
      case ROOM, RUNNING, OVER -> false;
    };
  }

  /** Goes on in another turn of the loop: with what was decoded ahead, then with the feed. */
  void goOnLater() {
    if (!goesOn && state != State.OVER) {
      goesOn = true;
      context.executor().execute(this::goOn);
    }
  }

  private void goOn() {
    goesOn = false;
    while (wantsMore() && !ahead.isEmpty()) {
      HttpObject message = ahead.poll();
      take(message);
      ReferenceCountUtil.release(message);
    }
    if (wantsMore()) {
      feed.feed();
    }
  }

  private void take(HttpObject message) {
    if (message.decoderResult().isFailure()) {
      Throwable why = message.decoderResult().cause();
      finish(message instanceof HttpRequest ? unreadable(why) : NOT_HTTP);
      return;
    }
    if (message instanceof HttpRequest head) {
      begin(head);
    }
    if (message instanceof HttpContent content) {
      collect(content);
      if (message instanceof LastHttpContent && state != State.OVER) {
        complete();
      }
    }
  }

  private static Answer unreadable(Throwable cause) {
    if (cause instanceof TooLongHttpLineException) {
      return Answer.text(414, "The request's target is too long.");
    }
    return cause instanceof TooLongHttpHeaderException
        ? Answer.text(431, "The request's head is too long.")
        : NOT_HTTP;
  }

  // --- a request --------------------------------------------------------------------------------

  private void begin(HttpRequest head) {
    request = head;
    refusal = null;
    body = null;
    drainedBytes = 0;
    number++;
    door.requests.increment();
    session = new ClientSession(clientId, address, TRANSPORT_HTTP, loop.index());
    try {
      admitted = door.reception.admit(head, session);
      state = State.ROOM;
      calm();
      if (memory.takeBody(admitted.bodyBytes(), this::awaitBody)) {
        awaitBody();
      }
    } catch (HttpRefusal refused) {
      expectRequest(0);
      refuse(refused.answer());
    }
  }

  private void awaitBody() {
    state = State.BODY;
    body = new HttpBody(admitted.bodyBytes());
    expectRequest(admitted.bodyBytes());
    if (HttpUtil.is100ContinueExpected(request)) {
      output.proceed();
    }
    goOnLater();
  }

  private void refuse(Answer answer) {
    refusal = answer;
    body = null;
    state = State.DRAINED;
    if (HttpUtil.is100ContinueExpected(request) || !Reception.isFramed(request)) {
      finish(answer); // nobody could tell where the next head is
    }
  }

  private void collect(HttpContent content) {
    int bytes = content.content().readableBytes();
    if (state == State.BODY && admitted.match().route().body()) {
      if (body.append(content.content())) {
        return;
      }
      memory.giveBack();
      refuse(Reception.tooLong(admitted.bodyBytes()).answer());
    }
    drainedBytes += bytes;
    if (drainedBytes > DRAINED_BYTES_MAX && state != State.OVER) {
      finish(refusal == null ? Answer.empty(413) : refusal);
    }
  }

  private void complete() {
    boolean refused = state == State.DRAINED;
    calm();
    if (refused) {
      state = State.RUNNING;
      answer(refusal);
      return;
    }
    state = State.ROOM;
    boolean small = admitted.match().open();
    if (small || memory.takeReply(HttpSink.POLL_BYTES_MAX, this::run)) {
      run();
    }
  }

  private void run() {
    state = State.RUNNING;
    byte[] bytes = body.bytes();
    body = null;
    Call call = new Call(admitted.match(), bytes, session, new UnderWay(number), admitted.bearer());
    guarded(() -> admitted.match().route().action().accept(call));
  }

  /** The request with that number, as its call sees it: later ones are none of its business. */
  private final class UnderWay implements Call.Way {
    private final long own;

    UnderWay(long own) {
      this.own = own;
    }

    @Override
    public void execute(Request what, Consumer<Reply> then) {
      HttpSink sink = new HttpSink(door.commands, session, what, memory, context.executor());
      sink.begin(reply -> onLoop(() -> deliver(reply, then)));
    }

    private void deliver(Reply reply, Consumer<Reply> then) {
      try {
        if (isUnderWay()) {
          guarded(() -> then.accept(reply));
        }
      } finally {
        HttpSink.release(reply);
      }
    }

    @Override
    public void answer(Answer answer) {
      onLoop(
          () -> {
            if (isUnderWay()) {
              HttpConnection.this.answer(answer);
            }
          });
    }

    @Override
    public void resume(Runnable step) {
      onLoop(
          () -> {
            if (isUnderWay()) {
              guarded(step);
            }
          });
    }

    private boolean isUnderWay() {
      return state == State.RUNNING && number == own;
    }
  }

  /** Runs a step of the request under way, which ends with its answer. */
  private void guarded(Runnable step) {
    try {
      step.run();
    } catch (HttpRefusal refused) {
      answer(refused.answer());
    } catch (RuntimeException | Error unexpected) {
      LOGGER.error("{} {} failed", request.method(), session, unexpected);
      answer(Answer.empty(500));
    }
  }

  private void onLoop(Runnable work) {
    if (loop.inLoop()) {
      work.run();
    } else {
      try {
        loop.execute(work);
      } catch (RejectedExecutionException e) {
        LOGGER.debug("an answer came after its loop had ended");
      }
    }
  }

  private void answer(Answer answer) {
    if (state != State.RUNNING) {
      return;
    }
    memory.giveBack();
    if (stopping || !HttpUtil.isKeepAlive(request)) {
      finish(answer);
      return;
    }
    state = State.HEAD;
    output.write(answer, request, false);
    idle(Long.MAX_VALUE);
    goOnLater();
  }

  // --- the end ----------------------------------------------------------------------------------

  /** The last answer; what comes behind its request gets none. */
  private void finish(Answer answer) {
    over();
    memory.giveBack();
    output.write(answer, request, true);
  }

  private void end() {
    over();
    memory.giveBack();
    output.end();
  }

  private void over() {
    state = State.OVER;
    calm();
    feed.drop();
    HttpObject message;
    while ((message = ahead.poll()) != null) {
      ReferenceCountUtil.release(message);
    }
  }

  // --- patience ---------------------------------------------------------------------------------

  private void expectRequest(long bodyBytes) {
    long millis = REQUEST_MILLIS_MAX + bodyBytes * 1_000 / BODY_BYTES_PER_SECOND_MIN;
    await(millis, () -> host.overdue("a request is not completed"));
  }

  /** Ends it when there is nothing to take for the peer, or nothing of it is taken. */
  private void idle(long unwrittenBefore) {
    await(
        IDLE_MILLIS_MAX,
        () -> {
          long unwritten = host.unwrittenBytes();
          if (unwritten == 0) {
            end();
          } else if (unwritten < unwrittenBefore) {
            idle(unwritten);
          } else {
            host.overdue("takes no answers");
          }
        });
  }

  private void await(long millis, Runnable then) {
    calm();
    patience = context.executor().schedule(then, millis, TimeUnit.MILLISECONDS);
  }

  private void calm() {
    if (patience != null) {
      patience.cancel(false);
      patience = null;
    }
  }
}

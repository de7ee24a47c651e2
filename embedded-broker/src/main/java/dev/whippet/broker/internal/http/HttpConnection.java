package dev.whippet.broker.internal.http;

import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.http.exchange.Answer;
import dev.whippet.broker.internal.http.exchange.Call;
import dev.whippet.broker.internal.http.exchange.HttpRefusal;
import dev.whippet.broker.internal.http.exchange.Route;
import dev.whippet.broker.internal.http.exchange.RouteMatch;
import dev.whippet.broker.internal.http.exchange.Target;
import dev.whippet.broker.internal.http.token.AccessTokens;
import dev.whippet.broker.internal.net.Loop;
import dev.whippet.broker.internal.net.event.Goodbye;
import dev.whippet.internal.wire.XxHash32;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.NetUtil;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.ByteArrayOutputStream;
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
 *   HEAD --head--> BODY --last byte--> RUNNING --answered--> HEAD
 *     |              |                                        ^
 *     +--refused-----+--> DRAINED: the body is thrown away, --+
 *                         its end is answered with the refusal
 * </pre>
 *
 * <p>Limits: a body of {@link HttpSettings#bodyBytesMax}, {@link #SMALL_BODY_BYTES_MAX} before a
 * token was seen; {@link #DRAINED_BYTES_MAX} thrown away; {@link #IDLE_MILLIS_MAX} between two
 * requests, {@link #REQUEST_MILLIS_MAX} for one to arrive.
 */
final class HttpConnection extends SimpleChannelInboundHandler<HttpObject> {
  private static final Logger LOGGER = LoggerFactory.getLogger(HttpConnection.class);

  /** Of a login. */
  private static final int SMALL_BODY_BYTES_MAX = 8 << 10;

  /** Of a body that is too long; its sender learns why. */
  private static final long DRAINED_BYTES_MAX = 64L << 20;

  private static final long IDLE_MILLIS_MAX = 75_000;
  private static final long REQUEST_MILLIS_MAX = 60_000;

  /** iggy-classic.md 3.4.3. */
  private static final int TRANSPORT_HTTP = 3;

  private static final String BEARER = "Bearer ";

  private enum State {
    HEAD,
    BODY,
    DRAINED,
    RUNNING,
    OVER
  }

  private final HttpDoor door;
  private final Loop loop;
  private final HttpFeed feed;

  /** Decoded behind the request that is under way. */
  private final ArrayDeque<HttpObject> ahead = new ArrayDeque<>();

  private State state = State.HEAD;
  private ChannelHandlerContext context;
  private HttpRequest request;
  private RouteMatch match;
  private ClientSession session;
  private ByteArrayOutputStream body;
  private int bodyBytesMax;
  private long drainedBytes;
  private Answer refusal;
  private long number;
  private boolean stopping;
  private boolean inputEnded;
  private ScheduledFuture<?> patience;

  HttpConnection(HttpDoor door, Loop loop, HttpFeed feed) {
    this.door = door;
    this.loop = loop;
    this.feed = feed;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    expect(REQUEST_MILLIS_MAX);
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) {
    if (state == State.RUNNING) {
      ahead.add(ReferenceCountUtil.retain(message));
      return;
    }
    take(message);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == Goodbye.STOP) {
      stopping = true;
      if (state == State.HEAD) {
        ctx.close();
      }
    } else if (event instanceof ChannelInputShutdownEvent) {
      inputEnded = true;
      if (state != State.RUNNING) {
        ctx.close();
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    state = State.OVER;
    drop();
    if (patience != null) {
      patience.cancel(false);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof IOException)) {
      LOGGER.debug("{}: closed", ctx.channel(), cause);
    }
    ctx.close();
  }

  private void take(HttpObject message) {
    if (state == State.OVER) {
      return;
    }
    if (message.decoderResult().isFailure()) {
      state = State.OVER;
      write(Answer.text(400, "This is not HTTP/1.1."), true);
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

  // --- a request --------------------------------------------------------------------------------

  private void begin(HttpRequest head) {
    request = head;
    refusal = null;
    body = new ByteArrayOutputStream(0);
    drainedBytes = 0;
    number++;
    door.requests.increment();
    expect(REQUEST_MILLIS_MAX);
    try {
      admit();
      state = State.BODY;
      if (HttpUtil.is100ContinueExpected(head)) {
        context.writeAndFlush(
            new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
      }
    } catch (HttpRefusal refused) {
      refuse(refused.answer());
    }
  }

  /** Everything that can be said before the body: in the order of a stock server. */
  private void admit() {
    session = new ClientSession(clientId(), address(), TRANSPORT_HTTP, loop.index());
    String method = request.method().name();
    if (Cors.isPreflight(method, request.headers())) {
      throw new HttpRefusal(Answer.empty(200));
    }
    Target target = new Target(request.uri());
    match = RouteMatch.find(door.routes, method, target);
    boolean known = authenticate();
    if (!known && !match.open()) {
      throw new HttpRefusal(Answer.empty(401));
    }
    if (match.route() == null) {
      throw new HttpRefusal(Answer.empty(match.pathKnown() ? 405 : 404));
    }
    bodyBytesMax = known ? door.settings.bodyBytesMax() : SMALL_BODY_BYTES_MAX;
    if (match.route().body() && !isJson()) {
      throw new HttpRefusal(Answer.text(415, "The body's Content-Type is not application/json."));
    }
    if (HttpUtil.getContentLength(request, 0L) > bodyBytesMax) {
      throw new HttpRefusal(tooLong());
    }
  }

  private String bearer() {
    String header = request.headers().get(HttpHeaderNames.AUTHORIZATION);
    return header != null && header.startsWith(BEARER) ? header.substring(BEARER.length()) : null;
  }

  private boolean authenticate() {
    String token = bearer();
    AccessTokens.Claims claims = token == null ? null : door.tokens.verify(token);
    if (claims == null) {
      return false;
    }
    session.login(claims.userId(), claims.serial());
    return true;
  }

  private boolean isJson() {
    CharSequence type = HttpUtil.getMimeType(request);
    return type != null
        && HttpHeaderValues.APPLICATION_JSON.contentEqualsIgnoreCase(type.toString().strip());
  }

  private Answer tooLong() {
    return Answer.text(413, "The body is longer than " + bodyBytesMax + " bytes.");
  }

  private void refuse(Answer answer) {
    refusal = answer;
    body = null;
    state = State.DRAINED;
    if (HttpUtil.is100ContinueExpected(request)) {
      state = State.OVER; // the body may come or not: nobody could tell where the next head is
      write(answer, true);
    }
  }

  private void collect(HttpContent content) {
    int bytes = content.content().readableBytes();
    if (state == State.BODY && match.route().body()) {
      if (body.size() + bytes > bodyBytesMax) {
        refuse(tooLong());
      } else {
        append(content, bytes);
        return;
      }
    }
    drainedBytes += bytes;
    if (drainedBytes > DRAINED_BYTES_MAX) {
      state = State.OVER;
      context.close();
    }
  }

  private void append(HttpContent content, int bytes) {
    byte[] piece = new byte[bytes];
    content.content().readBytes(piece);
    body.writeBytes(piece);
  }

  private void complete() {
    boolean refused = state == State.DRAINED;
    state = State.RUNNING;
    feed.pause();
    calm();
    if (refused) {
      answer(refusal);
      return;
    }
    Route route = match.route();
    long own = number;
    Consumer<Answer> answers = answer -> onLoop(() -> answerOf(own, answer));
    byte[] bytes = body.toByteArray();
    body = null;
    Call call = new Call(match, bytes, session, this::execute, answers, bearer());
    guarded(() -> route.action().accept(call));
  }

  private void execute(Request what, Consumer<Reply> then) {
    HttpSink sink = new HttpSink(door.commands, session, what, context.executor());
    sink.begin(reply -> onLoop(() -> guarded(() -> deliver(reply, then))));
  }

  private void deliver(Reply reply, Consumer<Reply> then) {
    try {
      if (state == State.RUNNING) {
        then.accept(reply);
      }
    } finally {
      HttpSink.release(reply);
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

  private void answerOf(long requestNumber, Answer answer) {
    if (requestNumber == number) {
      answer(answer);
    }
  }

  private void answer(Answer answer) {
    if (state != State.RUNNING) {
      return;
    }
    boolean last = stopping || inputEnded || !HttpUtil.isKeepAlive(request);
    state = last ? State.OVER : State.HEAD;
    write(answer, last);
    if (!last) {
      expect(IDLE_MILLIS_MAX);
      next();
    }
  }

  /** What was decoded ahead, up to the end of the next request; then the feed. */
  private void next() {
    context
        .executor()
        .execute(
            () -> {
              while (state != State.RUNNING && !ahead.isEmpty()) {
                HttpObject message = ahead.poll();
                take(message);
                ReferenceCountUtil.release(message);
              }
              if (state != State.RUNNING) {
                feed.resume();
              }
            });
  }

  private void write(Answer answer, boolean last) {
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(answer.status()),
            Unpooled.wrappedBuffer(answer.body()));
    if (answer.type() != null) {
      response.headers().set(HttpHeaderNames.CONTENT_TYPE, answer.type());
    }
    if (answer.status() != 204) {
      HttpUtil.setContentLength(response, answer.body().length);
    }
    if (request != null) {
      HttpUtil.setKeepAlive(response, !last);
      boolean preflight = Cors.isPreflight(request.method().name(), request.headers());
      door.cors.addTo(response.headers(), request.headers(), preflight);
    }
    ChannelFuture written = context.writeAndFlush(response);
    if (last) {
      written.addListener(ChannelFutureListener.CLOSE);
    }
  }

  // --- patience ---------------------------------------------------------------------------------

  private void expect(long millisMax) {
    calm();
    patience = context.executor().schedule(() -> context.close(), millisMax, TimeUnit.MILLISECONDS);
  }

  private void calm() {
    if (patience != null) {
      patience.cancel(false);
      patience = null;
    }
  }

  private void drop() {
    HttpObject message;
    while ((message = ahead.poll()) != null) {
      ReferenceCountUtil.release(message);
    }
  }

  private int clientId() {
    byte[] ascii = address().getBytes(StandardCharsets.US_ASCII);
    return XxHash32.hash(ascii, 0, ascii.length);
  }

  private String address() {
    return context.channel().remoteAddress() instanceof InetSocketAddress inet
        ? NetUtil.toSocketAddressString(inet)
        : String.valueOf(context.channel().remoteAddress());
  }
}

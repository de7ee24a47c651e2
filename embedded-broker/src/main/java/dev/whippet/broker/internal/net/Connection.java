package dev.whippet.broker.internal.net;

import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.net.event.ConnectionCounts;
import dev.whippet.broker.internal.net.event.Goodbye;
import dev.whippet.broker.internal.net.pulse.KeepAlive;
import dev.whippet.broker.internal.net.pulse.Pulse;
import dev.whippet.broker.internal.websocket.FrameParser;
import dev.whippet.broker.internal.websocket.MessageSink;
import dev.whippet.broker.internal.websocket.Opening;
import dev.whippet.broker.internal.websocket.ServerHandshake;
import dev.whippet.broker.internal.websocket.WebSocketOutput;
import dev.whippet.broker.internal.websocket.WebSocketService;
import dev.whippet.internal.websocket.DeflateParameters;
import dev.whippet.internal.websocket.MessageDeflater;
import dev.whippet.internal.websocket.MessageInflater;
import dev.whippet.internal.wire.XxHash32;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One accepted connection, the only handler of its channel. Owner: its loop.
 *
 * <pre>
 *   FIRST BYTES --POST ...--> HTTP, as GET without an upgrade: the handler behind this one
 *        |
 *        +--GET --> HANDSHAKE --101--> WEBSOCKET FRAMES --------+
 *        |                    |4xx                              |
 *        +--frame length--> FRAMES -----------------------------+
 *        +--zero--+           |                                 | farewell after the replies due
 *                 v           v                                 v
 *              LINGERING: our side is shut, bytes are thrown away until the peer closes; after a
 *              goodbye of ours over WebSocket it is shut when the peer's Close frame came
 * </pre>
 *
 * <p>Whatever a peer does ends its own connection at most, silently: resets, half frames, a reader
 * that never reads ({@link NetLimits}).
 */
final class Connection extends ChannelInboundHandlerAdapter implements Turns.Late {
  private static final Logger LOGGER = LoggerFactory.getLogger(Connection.class);

  /** iggy-classic.md 3.4.3. */
  private static final int TRANSPORT_TCP = 1;

  private static final int TRANSPORT_WEBSOCKET = 4;

  /** Counted for a WebSocket with compression, whether it compresses or not. */
  private static final long COMPRESSION_BYTES =
      MessageInflater.STATE_BYTES + MessageDeflater.STATE_BYTES;

  /** The longest compressed message; plain ones may go on for ever. */
  private static final long INFLATED_BYTES_MAX = 128L << 20;

  private final Listener listener;
  private final Loop loop;
  private final ReplyQueue queue;
  private final Patience patience;
  private final Turns.Share share;

  private ChannelHandlerContext context;
  private Stage stage = new FirstBytes(this);
  private RequestAssembler assembler;
  private ReplyWriter writer;
  private ClientSession session;
  private Pulse pulse;
  private MessageSink sink;
  private MessageInflater inflater;
  private long compressionBytes;
  private boolean inputEnded;
  private boolean working;
  private boolean lingering;
  private boolean awaitsGoodbye;
  private boolean http;
  private boolean gone;
  private boolean isMember;

  Connection(Listener listener, Loop loop) {
    this.listener = listener;
    this.loop = loop;
    this.queue = new ReplyQueue(this, loop, listener.limits(), listener.handler());
    this.patience = new Patience(listener.limits().times());
    this.share = new Turns.Share(loop);
  }

  // --- from the channel -------------------------------------------------------------------------

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    context = ctx;
    patience.connected(now());
    loop.connections().add(this);
    loop.connections().watch(this);
    if (listener.isStopping()) {
      stop();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    if (http && !lingering) {
      try {
        passOn(in);
      } finally {
        in.release();
      }
      return;
    }
    try {
      boolean more = !share.arrived(in.readableBytes());
      boolean first =
          share.waiting() == null; // what waits comes before, also when it waits for room
      if (first && !share.isLate() && !isNew() || lingering) {
        work(in);
      }
      if (in.isReadable()) {
        keep(in);
      }
      if (more || isBehind()) {
        share.ask(this);
      }
    } finally {
      in.release();
    }
    endInput();
    if (share.isFull() || waitsForRoom()) {
      adjustReading(); // not only at the end of the read: more would come
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (assembler != null) {
      adjustReading();
    }
    ctx.fireChannelReadComplete();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (writer != null) {
      writer.resume();
    }
    if (!writable()) {
      patience.stalled(unwrittenBytes(), now());
      loop.connections().watch(this);
    }
    if (http) {
      ctx.fireChannelWritabilityChanged();
    } else {
      queue.work();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslHandshakeCompletionEvent handshake && !handshake.isSuccess()) {
      tlsFailed(handshake.cause());
    }
    if (event instanceof ChannelInputShutdownEvent || event instanceof SslCloseCompletionEvent) {
      inputEnded = true;
      if (lingering) {
        ctx.close();
      } else {
        endInput();
      }
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOGGER.debug("{}: closed", this, cause);
    ctx.close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (gone || context == null) {
      return;
    }
    gone = true;
    if (http) {
      ctx.fireChannelInactive();
    }
    stage = Stage.NOTHING;
    queue.close();
    stopRequests();
    share.drop();
    if (writer != null) {
      writer.close();
    }
    closeWebSocket();
    if (session != null) {
      listener.handler().disconnected(session);
    }
    loop.connections().remove(this);
    if (pulse != null) {
      pulse.follow(null);
    }
  }

  private void closeWebSocket() {
    if (sink != null) {
      sink.gone();
    }
    if (inflater != null) {
      inflater.close();
    }
    loop.memory().give(compressionBytes);
    compressionBytes = 0;
  }

  // --- stages -----------------------------------------------------------------------------------

  /** {@code first} holds what was read already; heap memory outside every pool. */
  void startHandshake(ByteBuf first) {
    boolean orHttp = listener.http() != null;
    stage = new Handshaking(this, context.alloc(), listener.webSocket().rules(), orHttp);
    stage.read(first);
  }

  /** From here on the handler behind this one does it all; {@code first} is what was read. */
  void startHttp(ByteBuf first) {
    if (listener.http() == null) {
      startHandshake(first); // which refuses it in HTTP's own words
      return;
    }
    stage = this::passOn;
    http = true;
    patience.opened();
    context.pipeline().addLast(listener.http().apply(loop, new Listener.Host(this)));
    stage.read(first);
  }

  /** In memory of its own: the buffer that it arrived in is the loop's. */
  private void passOn(ByteBuf in) {
    context.fireChannelRead(context.alloc().buffer(in.readableBytes()).writeBytes(in));
  }

  void handshakeEnded(ServerHandshake.Answer answer) {
    if (!answer.accepted()) {
      LOGGER.debug("{}: handshake refused with {}", this, answer.status());
      linger(context.writeAndFlush(answer.response()), false);
      return;
    }
    context.writeAndFlush(answer.response(), context.voidPromise());
    patience.opened();
    openWebSocket(answer.opening());
  }

  /** Memory for compressing and inflating; false if the loop has none to spare. */
  boolean takeCompression() {
    if (loop.memory().tryTake(COMPRESSION_BYTES)) {
      compressionBytes = COMPRESSION_BYTES;
    }
    return compressionBytes > 0;
  }

  private void openWebSocket(Opening opening) {
    WebSocketService service = listener.webSocket();
    DeflateParameters deflate = opening.deflate();
    inflater = deflate == null ? null : deflate.clientInflater(INFLATED_BYTES_MAX);
    MessageDeflater deflater = deflate == null ? null : deflate.serverDeflater();
    WebSocketOutput output =
        new WebSocketOutput(context, service.fragmentBytes(), deflater, queue::work);
    open(output);
    session.opened(opening.path(), opening.subProtocol());
    if (service.application() == null) {
      sink = new WebSocketFrames.Requests(assembler);
    } else {
      sink = service.application().apply(opening, output);
    }
    FrameParser parser = new FrameParser(FrameParser.FRAME_BYTES_MAX, inflater);
    stage = new WebSocketFrames(parser, this, sink, queue, writer);
  }

  void startFrames(ByteBuf first) {
    open(null);
    stage = in -> assembler.read(in, in.readableBytes(), 0);
    stage.read(first);
  }

  /** It speaks TLS, and is not asked to. */
  void refuseTls() {
    listener.unexpectedTls(address());
    linger(context.writeAndFlush(context.alloc().buffer(0, 0)), false);
  }

  private void tlsFailed(Throwable cause) {
    if (cause instanceof ClosedChannelException) {
      return; // the peer went away, which it may
    }
    boolean none = cause instanceof NotSslRecordException;
    listener.tlsFailed(address(), none ? "it does not speak TLS" : String.valueOf(cause));
  }

  void refuseNewerGeneration() {
    listener.newerGeneration(address());
    linger(context.writeAndFlush(context.alloc().buffer(0, 0)), false);
  }

  private void open(WebSocketOutput webSocket) {
    String address = address();
    byte[] ascii = address.getBytes(StandardCharsets.US_ASCII);
    int clientId = XxHash32.hash(ascii, 0, ascii.length);
    int transport = webSocket != null ? TRANSPORT_WEBSOCKET : TRANSPORT_TCP;
    writer = new ReplyWriter(context, webSocket, loop.memory(), queue::taken);
    assembler =
        new RequestAssembler(
            this, queue, loop.memory(), context.alloc(), loop.buffers().allocator());
    session = listener.handler().connected(clientId, address, transport, loop.index());
    queue.open(session, writer);
  }

  // --- from the queue and the assembler ---------------------------------------------------------

  boolean loggedIn() {
    return session.loggedIn();
  }

  /** False while the peer has not taken enough of its replies. */
  boolean writable() {
    return context.channel().isWritable() && (writer == null || writer.isIdle());
  }

  /** There may be room for the next request. */
  void resumeReading() {
    if (gone || assembler == null) {
      return;
    }
    assembler.resume();
    goOnLater();
    endInput();
    watchPeer();
    adjustReading();
  }

  /** Frames and requests that this connection may still take in this turn of the loop. */
  int steps() {
    return share.steps();
  }

  /** A number of frames or requests was taken. */
  void spend(int steps) {
    share.spend(steps);
  }

  /** An answer to a ping, or unasked for. */
  void pong(ByteBuf payload) {
    if (pulse != null) {
      pulse.pong(payload);
    }
  }

  // --- from the loop's Turns --------------------------------------------------------------------

  @Override
  public void goOn() {
    if (gone) {
      return;
    }
    share.granted();
    ByteBuf waiting = share.waiting();
    working = true;
    if (assembler != null) {
      assembler.resume();
    }
    if (waiting != null && !waitsForRoom()) {
      work(waiting);
    }
    working = false;
    share.settle();
    goOnLater();
    endInput();
    adjustReading();
  }

  /** No request is taken any more. */
  void stopRequests() {
    if (assembler != null) {
      assembler.stop();
    }
  }

  /** Every reply due is written: the last words. */
  void finish(Farewell farewell) {
    Stage before = stage;
    linger(writer.writeLast(farewell), farewell.awaitsAnswer());
    if (awaitsGoodbye && before instanceof WebSocketFrames frames) {
      frames.leave();
      stage = frames;
    }
  }

  /** The peer answered our Close frame: nothing more will be said. */
  void goodbyeAnswered() {
    stage = Stage.NOTHING;
    linger(context.writeAndFlush(context.alloc().buffer(0, 0)), false);
  }

  /** Ends it without a word. */
  void drop(String why) {
    LOGGER.debug("{}: dropped: {}", this, why);
    context.close();
  }

  // --- from the loop's Connections --------------------------------------------------------------

  /** The broker stops: what runs is answered, the rest is not, then status 8. */
  void stop() {
    if (assembler != null) {
      queue.stop();
    } else if (http) {
      context.fireUserEventTriggered(Goodbye.STOP);
    } else if (stage instanceof FirstBytes) { // taken for a classic client that said nothing yet
      writer = new ReplyWriter(context, null, loop.memory(), queue::taken);
      finish(Farewell.STOP);
    } else if (!lingering) {
      drop("stop");
    }
  }

  /** Closes it when the peer took too long; false when nothing is to be watched any more. */
  boolean watch() {
    long unwritten = unwrittenBytes();
    boolean stalls = !writable() || unwritten > 0 && loop.memory().isShort();
    long stalledMillisMax =
        loop.memory().isShort() ? NetLimits.Times.SHORT_STALLED_MILLIS_MAX : Long.MAX_VALUE;
    patience.hurry(isInTheWay());
    String overdue = patience.overdue(unwritten, stalls, stalledMillisMax, now());
    if (overdue != null) {
      drop(overdue, ConnectionCounts.What.OVERDUE);
      return false;
    }
    return patience.isNeeded();
  }

  void closeNow() {
    context.close();
  }

  boolean belongsTo(Listener owner) {
    return listener == owner;
  }

  // --- steps ------------------------------------------------------------------------------------

  private void work(ByteBuf in) {
    working = true;
    while (in.isReadable() && share.steps() > 0) {
      stage.read(in);
    }
    working = false;
  }

  /** Puts what is left of {@code in} behind what waits for the next share. */
  private void keep(ByteBuf in) {
    boolean dispensable = isNew() && in.readableBytes() > NetLimits.BEFORE_LOGIN_BYTES_MAX;
    if (share.keep(in, context.alloc(), dispensable)) {
      return;
    }
    if (isNew() && share.waiting() == null) {
      work(in); // there is no memory to let it wait
    }
    if (in.isReadable()) {
      in.skipBytes(in.readableBytes());
      drop("sends on while the loop has no memory for it", ConnectionCounts.What.NO_MEMORY);
    }
  }

  /** True before its login: who works here comes first. An application has no logins. */
  private boolean isNew() {
    return session == null || !session.loggedIn() && listener.webSocket().application() == null;
  }

  /** True when bytes arrived that could be worked on. */
  private boolean isBehind() {
    return share.waiting() != null || assembler != null && assembler.isBehind();
  }

  /** Asks for another share when there is use for it. */
  private void goOnLater() {
    if (!working && isBehind() && !waitsForRoom()) {
      share.ask(this);
    }
  }

  private boolean waitsForRoom() {
    return assembler != null && assembler.blocked();
  }

  /** The peer sends no more, and all that it sent was taken: ends after the replies. */
  private void endInput() {
    if (!inputEnded || working || isBehind()) {
      return;
    }
    if (http && !lingering) {
      context.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    } else if (assembler != null && !assembler.blocked()) {
      queue.end(Farewell.NONE);
    } else if (assembler == null && !lingering) {
      context.close();
    }
  }

  /**
   * Who said hello on a WebSocket is pinged from then on (whippet-extension.md 2). Members of
   * groups are probed and pinged more often, and given up sooner than others when they are silent:
   * somebody waits for their partitions.
   */
  private void watchPeer() {
    if (isMember != session.isMember() && context.channel().isOpen()) {
      isMember = session.isMember();
      KeepAlive times =
          isMember ? KeepAlive.within(listener.limits().times().memberMillis()) : KeepAlive.RELAXED;
      listener.loops().transport().keepAlive(context.channel().config(), times);
    }
    if (session.saidHello() && stage instanceof WebSocketFrames) {
      pulse = pulse == null ? new Pulse(new Pinged()) : pulse;
      pulse.follow(isMember ? loop.pingsOfMembers() : loop.pings());
    }
  }

  /** The handler of HTTP has written its last. */
  void lastWords(ChannelFuture written) {
    linger(written, false);
  }

  /** Ends it without a word, and counts that. */
  void drop(String why, ConnectionCounts.What count) {
    listener.counts().add(count);
    drop(why);
  }

  private void linger(ChannelFuture lastWrite, boolean forGoodbye) {
    awaitsGoodbye = forGoodbye && stage instanceof WebSocketFrames;
    stage = Stage.NOTHING;
    lingering = true;
    patience.lingers(now());
    loop.connections().watch(this);
    context.channel().config().setAutoRead(true);
    lastWrite.addListener(
        done -> {
          if (done.isSuccess() && awaitsGoodbye && !inputEnded) {
            return; // the peer's Close frame, its end, or time ends it
          }
          if (done.isSuccess() && !inputEnded && context.channel() instanceof DuplexChannel c) {
            shutdownOutput(c);
          } else {
            context.close();
          }
        });
  }

  /** After TLS said its own goodbye, if it is spoken. */
  private void shutdownOutput(DuplexChannel channel) {
    SslHandler tls = context.pipeline().get(SslHandler.class);
    if (tls == null) {
      channel.shutdownOutput();
    } else {
      tls.closeOutbound().addListener(said -> channel.shutdownOutput());
    }
  }

  private void adjustReading() {
    if (assembler != null && (assembler.blocked() || !isBehind())) {
      if (patience.read(assembler.frames(), assembler.missingBytes(), now()) && !lingering) {
        loop.connections().watch(this);
      }
    }
    Channel channel = context.channel();
    boolean read = lingering || !share.isFull() && !waitsForRoom() && !isOverrun();
    if (!inputEnded && channel.config().isAutoRead() != read) { // epoll forgets who shut it
      channel.config().setAutoRead(read);
    }
  }

  /** True when what an application answers is not taken by the peer. */
  private boolean isOverrun() {
    return listener.webSocket().application() != null && !writable();
  }

  /** Replies that the peer has not taken, its progress within a large one included. */
  long unwrittenBytes() {
    ChannelOutboundBuffer unwritten = context.channel().unsafe().outboundBuffer();
    return unwritten == null ? 0 : unwritten.totalPendingWriteBytes() - unwritten.currentProgress();
  }

  /** True when its unfinished request holds memory that others wait for. */
  private boolean isInTheWay() {
    return assembler != null && assembler.holdsMemory() && loop.memory().isContended();
  }

  /** The loop's clock, in nanoseconds. */
  long now() {
    return loop.executor().ticker().nanoTime();
  }

  private String address() {
    Object remote = context.channel().remoteAddress();
    return remote instanceof InetSocketAddress inet
        ? NetUtil.toSocketAddressString(inet)
        : String.valueOf(remote);
  }

  /** What the loop's pings see of it. */
  private final class Pinged implements Pulse.Peer {
    @Override
    public long frames() {
      return assembler.frames();
    }

    @Override
    public void ping(ByteBuf payload) {
      writer.ping(payload);
    }

    @Override
    public void gone() {
      drop("answers no ping");
    }
  }

  @Override
  public String toString() {
    return context == null ? "connection" : "connection from " + address();
  }
}

package dev.whippet.internal.link;

import java.io.Closeable;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One attempt to connect: asks for the addresses of the name, then lets them race (RFC 8305): the
 * families take turns, each address begins {@link #STAGGER_MILLIS} after the one before it, or at
 * once when that one failed; the first that connects wins, the others are closed.
 *
 * <pre>
 * resolving --addresses--> racing --one connects--> {@link #connected}
 *     +--none----------------+--all failed--------> IOException, with what each said
 * </pre>
 *
 * <p>Owned by the net thread; never blocks; takes the time as a parameter. Limit: {@link
 * #ADDRESSES_MAX} addresses an attempt; attempts begin at different ones.
 */
public final class Dial implements Closeable {
  static final long STAGGER_MILLIS = 250;
  static final int ADDRESSES_MAX = 8;

  private final Endpoint endpoint;
  private final int attempt;
  private final Selector selector;
  private final Names.Question question;
  private final Map<SelectionKey, InetAddress> racing = new LinkedHashMap<>();
  private final StringBuilder failures = new StringBuilder();
  private List<InetAddress> waiting;
  private long nextMillis;
  private SelectionKey winner;

  /**
   * @param attempt number of the attempt, from 0
   */
  public Dial(Endpoint endpoint, int attempt, Names names, Selector selector) throws IOException {
    this.endpoint = endpoint;
    this.attempt = attempt;
    this.selector = selector;
    this.question = names.ask(endpoint.host());
  }

  /**
   * Does what is due.
   *
   * @return when to be called again at the latest; {@link Long#MAX_VALUE} if no time is set
   * @throws IOException when no address can be connected to
   */
  public long work(long nowMillis) throws IOException {
    if (winner != null) {
      return Long.MAX_VALUE;
    }
    if (waiting == null) {
      InetAddress[] addresses = question.addresses();
      if (addresses == null) {
        return Long.MAX_VALUE;
      }
      waiting = order(addresses, attempt);
      nextMillis = nowMillis;
    }
    while (!waiting.isEmpty() && (racing.isEmpty() || nowMillis >= nextMillis)) {
      start(waiting.remove(0));
      nextMillis = nowMillis + STAGGER_MILLIS;
    }
    if (racing.isEmpty()) {
      throw new IOException("no address can be connected to:" + failures);
    }
    return waiting.isEmpty() ? Long.MAX_VALUE : nextMillis;
  }

  /** Families in turns, the first one's first; then turned by the attempt's number. */
  static List<InetAddress> order(InetAddress[] addresses, int attempt) {
    List<InetAddress> first = new ArrayList<>();
    List<InetAddress> second = new ArrayList<>();
    boolean six = addresses[0] instanceof Inet6Address;
    for (InetAddress address : addresses) {
      (address instanceof Inet6Address == six ? first : second).add(address);
    }
    List<InetAddress> ordered = new ArrayList<>();
    for (int i = 0; i < addresses.length; i++) {
      if (i < first.size()) {
        ordered.add(first.get(i));
      }
      if (i < second.size()) {
        ordered.add(second.get(i));
      }
    }
    List<InetAddress> turned = new ArrayList<>();
    for (int i = 0; i < Math.min(ADDRESSES_MAX, ordered.size()); i++) {
      turned.add(ordered.get((int) (((long) attempt + i) % ordered.size())));
    }
    return turned;
  }

  private void start(InetAddress address) throws IOException {
    SocketChannel channel = SocketChannel.open();
    try {
      channel.configureBlocking(false);
      channel.socket().setTcpNoDelay(true);
      channel.socket().setKeepAlive(true);
      boolean connected = channel.connect(new InetSocketAddress(address, endpoint.port()));
      SelectionKey key = channel.register(selector, connected ? 0 : SelectionKey.OP_CONNECT, this);
      racing.put(key, address);
      if (connected) {
        win(key);
      }
    } catch (IOException | RuntimeException e) {
      failed(address, e);
      channel.close();
    }
  }

  /** One of its keys is ready. */
  public void ready(SelectionKey key) {
    if (!racing.containsKey(key) || winner != null) {
      return;
    }
    SocketChannel channel = (SocketChannel) key.channel();
    try {
      if (channel.finishConnect()) {
        win(key);
      }
    } catch (IOException e) {
      failed(racing.remove(key), e);
      close(key);
    }
  }

  private void failed(InetAddress address, Exception cause) {
    failures.append(failures.length() == 0 ? " " : "; ").append(address.getHostAddress());
    failures.append(": ").append(cause.getMessage() == null ? cause : cause.getMessage());
  }

  private void win(SelectionKey key) {
    winner = key;
    racing.remove(key);
    for (SelectionKey loser : racing.keySet()) {
      close(loser);
    }
    racing.clear();
    waiting.clear();
  }

  /** The connected socket's key, which now belongs to the caller; null until there is one. */
  public SelectionKey connected() {
    return winner;
  }

  private static void close(SelectionKey key) {
    try {
      key.cancel();
      key.channel().close();
    } catch (IOException e) {
      key.cancel(); // Nothing can be done about a socket that does not close.
    }
  }

  /** Gives the race up; the winner's socket is left alone. */
  @Override
  public void close() {
    for (SelectionKey key : racing.keySet()) {
      close(key);
    }
    racing.clear();
    waiting = new ArrayList<>();
  }
}

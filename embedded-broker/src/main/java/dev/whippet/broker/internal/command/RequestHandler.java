package dev.whippet.broker.internal.command;

/**
 * Where decoded requests go: the seam between connections ({@code internal.net}) and the command
 * layer. One per broker.
 *
 * <p>Every method runs on the connection's own loop, in the order of the connection's life: {@link
 * #connected} once, {@link #handle} per request, {@link #disconnected} once. Nothing here blocks or
 * throws: what goes wrong is a {@link Reply.Failure}.
 *
 * <p>The connection answers in the order of its requests. It starts a request when all before it
 * are answered, except that {@link Request.SendMessages} and {@link Request.Publish} overlap among
 * themselves.
 */
public interface RequestHandler {

  /**
   * A peer has connected.
   *
   * @param clientId XXH32 of {@code address} (iggy-classic.md 6.1), unsigned
   * @param address the peer as {@code ip:port} or {@code [ip]:port}
   * @param transport 1 TCP, 4 WebSocket
   * @param loop index of the loop that owns the connection
   */
  ClientSession connected(int clientId, String address, int transport, int loop);

  /**
   * Executes {@code request} and answers through {@code sink} exactly once, now or later. Takes
   * over the request's buffers.
   */
  void handle(ClientSession session, Request request, ReplySink sink);

  /**
   * The peer is gone. Replies to requests under way still reach their sinks, which discard them.
   */
  void disconnected(ClientSession session);
}

package dev.whippet.broker.internal.command;

import java.util.Arrays;

/**
 * What the command layer knows of one connection: who it is, who logged in on it, and whether it
 * speaks the Whippet extension.
 *
 * <p>Written on the connection's loop only, unless a method says otherwise; readable from any
 * thread (get_clients).
 */
public final class ClientSession {

  /** "Not logged in" in client entries (iggy-classic.md 3.4.3). */
  public static final int NO_USER = -1;

  private final int clientId;
  private final String address;
  private final int transport;
  private final int loop;

  private volatile User user = User.NOBODY;
  private volatile Greeting greeting;
  private volatile String path;
  private volatile String subProtocol;
  private volatile int groups;

  /** {@code loop} is the index of the loop that owns the connection. */
  public ClientSession(int clientId, String address, int transport, int loop) {
    this.clientId = clientId;
    this.address = address;
    this.transport = transport;
    this.loop = loop;
  }

  /** XXH32 of the peer's address, unsigned. */
  public int clientId() {
    return clientId;
  }

  /** The peer as {@code ip:port}. */
  public String address() {
    return address;
  }

  /** It is a WebSocket, opened for {@code path}; {@code subProtocol} may be {@code null}. */
  public void opened(String path, String subProtocol) {
    this.path = path;
    this.subProtocol = subProtocol;
  }

  /** What a WebSocket was opened for, path and query; {@code null} over TCP. */
  public String path() {
    return path;
  }

  /** The sub-protocol that was agreed on; {@code null} if none. */
  public String subProtocol() {
    return subProtocol;
  }

  /** True between a login and a logout: admission lets more than small control requests in. */
  public boolean loggedIn() {
    return user != User.NOBODY;
  }

  /** True once this connection said hello (whippet-extension.md 2): it may be pinged. */
  public boolean saidHello() {
    return greeting != null;
  }

  public int transport() {
    return transport;
  }

  /** Index of the loop that owns the connection. */
  public int loop() {
    return loop;
  }

  public int userId() {
    return user.id;
  }

  /** Who is logged in. */
  public User user() {
    return user;
  }

  /** The login succeeded; replaces an earlier one. */
  public void login(User who) {
    user = who;
  }

  public void logout() {
    user = User.NOBODY;
  }

  /** What the peer said at hello, or {@code null} before. */
  public Greeting greeting() {
    return greeting;
  }

  /** Hello was accepted; once per connection. */
  public void greet(Greeting greeting) {
    this.greeting = greeting;
  }

  /** It is a member of so many groups now. Loop 0. */
  public void joined(int count) {
    groups = count;
  }

  /** True while it is a member of a consumer group. */
  public boolean isMember() {
    return groups > 0;
  }

  /** As others see it, with the number of groups that it has joined. */
  public Reply.Client entry(int consumerGroups) {
    return new Reply.Client(clientId, userId(), transport, address, consumerGroups);
  }

  @Override
  public String toString() {
    return "client " + Integer.toUnsignedString(clientId) + " at " + address;
  }

  /**
   * Who is logged in.
   *
   * @param serial an id may be given to another user later, id and serial together are not
   * @param proof the generation of the password or token that was shown: another one, once that is
   *     changed
   */
  public record User(int id, long serial, long proof) {
    static final User NOBODY = new User(NO_USER, NO_USER, 0);
  }

  /**
   * A hello's identity (whippet-extension.md 3.3): the user then logged in, and 16 bytes each of
   * producer and instance; an all-zero producer is none.
   */
  public record Greeting(User user, byte[] producer, int epoch, byte[] instance) {
    private static final byte[] NOBODY = new byte[16];

    public boolean isProducer() {
      return !Arrays.equals(producer, NOBODY);
    }
  }
}

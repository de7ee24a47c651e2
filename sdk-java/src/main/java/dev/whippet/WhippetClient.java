package dev.whippet;

import java.io.Closeable;
import java.io.File;
import java.util.concurrent.TimeUnit;

/**
 * Edge messaging: takes messages at any time, keeps them on the device until the server has them,
 * and reads topics, all over one connection that comes and goes.
 *
 * <p>What {@link #send} took goes this way: memory, then stable storage (receipt "stored"), then
 * the server (receipt "delivered"). A slow, stalled or absent network delays only the last step. In
 * order within a partition; towards a Whippet broker stored once, towards a stock Apache Iggy
 * server at least once ({@link Guarantee}). Every drop is reported ({@link Gap}).
 *
 * <p>Two threads: "whippet-store" owns the outbox, "whippet-net" the connection. Safe for any
 * thread. One outbox directory serves one client in one process at a time.
 *
 * <p>A client without an outbox directory has no "whippet-store" and can't send; it consumes and
 * administers.
 */
public final class WhippetClient implements Closeable {
  private WhippetClient() {}

  /**
   * Starts a configuration.
   *
   * @return a builder with the defaults
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Takes a message; returns when it is copied into memory, without waiting for the disk or the
   * network. Only {@link OverflowPolicy#block} lets it wait, for room.
   *
   * @param message to send
   * @return its receipt; may be let go of
   * @throws WhippetException if the outbox is full, has failed, or the client is closed; never
   *     because the network is away
   */
  public Receipt send(Message message) {
    throw new UnsupportedOperationException();
  }

  /**
   * As {@link #send(Message)}, and tells a listener about the message's way.
   *
   * @param message to send
   * @param listener held until the message is delivered or dropped
   * @return its receipt
   */
  public Receipt send(Message message, ReceiptListener listener) {
    throw new UnsupportedOperationException();
  }

  /**
   * Waits until everything sent before this call is delivered. May block.
   *
   * @param timeout how long to wait at most
   * @param unit of the timeout
   * @return false if the time ran out
   * @throws InterruptedException if the thread was interrupted
   */
  public boolean flush(long timeout, TimeUnit unit) throws InterruptedException {
    throw new UnsupportedOperationException();
  }

  /**
   * Starts a consumer of the default destination.
   *
   * @return a builder with the defaults
   * @throws WhippetException if the client has no destination
   */
  public Consumer.Builder consumer() {
    throw new UnsupportedOperationException();
  }

  /**
   * Starts a consumer of a topic.
   *
   * @param stream its stream's name
   * @param topic its name
   * @return a builder with the defaults
   */
  public Consumer.Builder consumer(String stream, String topic) {
    throw new UnsupportedOperationException();
  }

  /**
   * Streams and topics.
   *
   * @return the same object at each call
   */
  public Admin admin() {
    throw new UnsupportedOperationException();
  }

  /**
   * How much waits on this device.
   *
   * @return a snapshot; all 0 without an outbox
   */
  public Backlog backlog() {
    throw new UnsupportedOperationException();
  }

  /**
   * Where the connection stands.
   *
   * @return a snapshot
   */
  public ConnectionState state() {
    throw new UnsupportedOperationException();
  }

  /**
   * Why the connection stands where it stands, for a human; holds no secret.
   *
   * @return a snapshot
   */
  public String stateReason() {
    throw new UnsupportedOperationException();
  }

  /** A hint that the network may be back: a waiting client tries at once. Does not block. */
  public void networkAvailable() {
    throw new UnsupportedOperationException();
  }

  /**
   * Stores what was taken, closes the connection, ends both threads. What is not delivered is
   * delivered by the next client of the same outbox. May block for one sync of the disk. A second
   * call does nothing.
   */
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }

  /**
   * Configuration of a {@link WhippetClient}. Every value is checked at once, what depends on
   * another value in {@link #open}. Not thread-safe.
   */
  public static final class Builder {
    private Builder() {}

    /**
     * Where the server is: {@code ws://host:port/path} (port 8092 and path {@code /} if left out)
     * or {@code tcp://host:port} (port 8090 if left out). Required. The name is resolved anew at
     * each attempt.
     *
     * @param url without user information; see {@link #credentials}
     * @return this
     */
    public Builder url(String url) {
      throw new UnsupportedOperationException();
    }

    /**
     * Who logs in. Required.
     *
     * @param credentials a user with a password, or a token
     * @return this
     */
    public Builder credentials(Credentials credentials) {
      throw new UnsupportedOperationException();
    }

    /**
     * Where messages are kept until they are delivered; none by default, and then {@link
     * WhippetClient#send} throws.
     *
     * @param directory is made if missing; owned by one client at a time
     * @return this
     */
    public Builder outbox(File directory) {
      throw new UnsupportedOperationException();
    }

    /**
     * The bounds of the outbox; 256 MiB and 10,000,000 messages by default.
     *
     * @param bytesMax 1 MiB to 1 TiB on disk
     * @param messagesMax 1 to 1,000,000,000
     * @return this
     */
    public Builder outboxBounds(long bytesMax, long messagesMax) {
      throw new UnsupportedOperationException();
    }

    /**
     * What a send does at a bound; {@link OverflowPolicy#reject} by default.
     *
     * @param policy see there
     * @return this
     */
    public Builder overflow(OverflowPolicy policy) {
      throw new UnsupportedOperationException();
    }

    /**
     * Where messages go that name no destination; none by default.
     *
     * @param stream 1 to 255 bytes of UTF-8
     * @param topic 1 to 255 bytes of UTF-8
     * @return this
     */
    public Builder destination(String stream, String topic) {
      throw new UnsupportedOperationException();
    }

    /**
     * Makes missing streams and topics that messages are sent to or consumers read; off by default.
     *
     * @param partitions of a new topic, 1 to 1,000
     * @return this
     */
    public Builder createIfMissing(int partitions) {
      throw new UnsupportedOperationException();
    }

    /**
     * How long a batch that is not full waits for more; 2 ms by default.
     *
     * @param linger 0 to 1 hour
     * @param unit of the linger
     * @return this
     */
    public Builder linger(long linger, TimeUnit unit) {
      throw new UnsupportedOperationException();
    }

    /**
     * A batch is full at so many bytes; 256 KiB by default. A larger message travels alone.
     *
     * @param bytes 1 KiB to 8 MiB
     * @return this
     */
    public Builder batchBytes(int bytes) {
      throw new UnsupportedOperationException();
    }

    /**
     * A batch is full at so many messages; 1,000 by default.
     *
     * @param messages 1 to 65,535
     * @return this
     */
    public Builder batchMessages(int messages) {
      throw new UnsupportedOperationException();
    }

    /**
     * How long connecting and the WebSocket handshake may take; 10 s by default.
     *
     * @param timeout 1 ms to 1 hour
     * @param unit of the timeout
     * @return this
     */
    public Builder connectTimeout(long timeout, TimeUnit unit) {
      throw new UnsupportedOperationException();
    }

    /**
     * How long a request may go without any sign of progress before the connection counts as dead,
     * and how long a call of {@link Admin} may take; 10 s by default.
     *
     * @param timeout 1 ms to 1 hour
     * @param unit of the timeout
     * @return this
     */
    public Builder requestTimeout(long timeout, TimeUnit unit) {
      throw new UnsupportedOperationException();
    }

    /**
     * The pause before the next attempt is random between 0 and a limit, which starts at the first
     * value and doubles up to the second; 200 ms and 30 s by default. It starts over only after a
     * connection proved itself.
     *
     * @param first 1 ms to 1 hour
     * @param max at least {@code first}, at most 1 day
     * @param unit of both
     * @return this
     */
    public Builder backoff(long first, long max, TimeUnit unit) {
      throw new UnsupportedOperationException();
    }

    /**
     * A connection on which nothing happened for so long is pinged; 30 s by default. The broker may
     * ask for less.
     *
     * @param interval 100 ms to 1 day
     * @param unit of the interval
     * @return this
     */
    public Builder keepAlive(long interval, TimeUnit unit) {
      throw new UnsupportedOperationException();
    }

    /**
     * The one observer; none by default.
     *
     * @param events called on the client's own threads
     * @return this
     */
    public Builder events(ClientEvents events) {
      throw new UnsupportedOperationException();
    }

    /**
     * Opens the outbox (may block: it is recovered first) and starts connecting in the background.
     *
     * @return a running client
     * @throws WhippetException if the outbox can't be opened
     * @throws IllegalArgumentException if a required value is missing or two values contradict
     */
    public WhippetClient open() {
      throw new UnsupportedOperationException();
    }
  }
}

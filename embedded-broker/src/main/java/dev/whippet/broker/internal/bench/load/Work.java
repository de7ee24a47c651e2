package dev.whippet.broker.internal.bench.load;

import dev.whippet.broker.internal.bench.client.BenchException;
import java.io.IOException;

/**
 * What an actor does again and again: one request and its reply. Called by the actor's thread;
 * {@link #close} comes from any thread and ends what is under way.
 */
interface Work {

  /** Connects and logs in. */
  void open() throws BenchException;

  /** Called between warm-up and measuring. */
  default void begin() throws IOException, BenchException {}

  /** One request, waited for. */
  void request(Tally tally) throws IOException, BenchException;

  /** True when there is nothing left to do, for work that actors share. */
  default boolean isDone() {
    return false;
  }

  /** Ends the connection. */
  void close();
}

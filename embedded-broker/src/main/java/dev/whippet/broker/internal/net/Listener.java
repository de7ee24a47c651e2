package dev.whippet.broker.internal.net;

import dev.whippet.broker.internal.command.RequestHandler;
import java.io.IOException;
import java.net.InetSocketAddress;

/** A port, listened on by every loop, whose connections are spread over the loops. */
public final class Listener {

  /** Listens on {@code address}; port 0 takes a free one, the same for all loops. Blocks. */
  public static Listener bind(Loops loops, InetSocketAddress address, RequestHandler handler)
      throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Where it listens, with the real port. */
  public InetSocketAddress address() {
    throw new UnsupportedOperationException();
  }

  /**
   * Stops accepting, lets what runs finish for at most {@code graceMillis}, tells every peer by a
   * frame with status 8, closes. Blocks; not on a loop.
   */
  public void stop(long graceMillis) {
    throw new UnsupportedOperationException();
  }
}

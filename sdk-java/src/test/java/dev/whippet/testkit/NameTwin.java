package dev.whippet.testkit;

import dev.whippet.WhippetClient;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Names that a test decides about: addresses that change, names that are not there, a resolver that
 * hangs. Safe for any thread.
 */
public final class NameTwin implements WhippetClient.Resolver {
  private final Map<String, InetAddress[]> names = new ConcurrentHashMap<>();
  private final AtomicInteger questions = new AtomicInteger();
  private boolean hanging;

  /** Sets the addresses of a name, in digits; none at all: it is unknown. */
  public NameTwin name(String host, String... addresses) throws UnknownHostException {
    InetAddress[] found = new InetAddress[addresses.length];
    for (int i = 0; i < addresses.length; i++) {
      found[i] = InetAddress.getByName(addresses[i]);
    }
    names.put(host, found);
    return this;
  }

  /** Whether questions are not answered. */
  public synchronized void hang(boolean hanging) {
    this.hanging = hanging;
    notifyAll();
  }

  /** How often it was asked. */
  public int questions() {
    return questions.get();
  }

  @Override
  public InetAddress[] resolve(String host) throws UnknownHostException {
    questions.incrementAndGet();
    synchronized (this) {
      while (hanging) {
        try {
          wait();
        } catch (InterruptedException e) {
          throw new UnknownHostException(host);
        }
      }
    }
    InetAddress[] found = names.get(host);
    if (found == null || found.length == 0) {
      throw new UnknownHostException(host);
    }
    return found.clone();
  }
}

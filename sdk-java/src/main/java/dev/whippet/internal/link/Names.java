package dev.whippet.internal.link;

import java.io.IOException;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/**
 * Resolves names on short threads "whippet-resolve", so that a resolver that hangs holds up no
 * other work. Nothing is remembered: each attempt asks anew; one that begins while the same name is
 * still being asked for shares that answer.
 *
 * <p>Owned by the net thread. Limit: {@link #QUESTIONS_MAX} unanswered questions; addresses need no
 * thread.
 */
public final class Names {
  static final int QUESTIONS_MAX = 4;

  private final Resolver resolver;
  private final Runnable wake;
  private final Map<String, Question> open = new HashMap<>();

  /**
   * @param wake called on another thread when an answer is there
   */
  public Names(Resolver resolver, Runnable wake) {
    this.resolver = resolver;
    this.wake = wake;
  }

  /** A name that is being asked for. */
  static final class Question {
    private InetAddress[] addresses;
    private IOException failure;

    private synchronized void answer(InetAddress[] addresses, IOException failure) {
      this.addresses = addresses;
      this.failure = failure;
    }

    private synchronized boolean isOpen() {
      return addresses == null && failure == null;
    }

    /** The addresses, at least one; null while they are not known. */
    synchronized InetAddress[] addresses() throws IOException {
      if (failure != null) {
        throw failure;
      }
      return addresses;
    }
  }

  Question ask(final String host) throws IOException {
    final Question question = new Question();
    if (isAddress(host)) {
      question.answer(InetAddress.getAllByName(host), null);
      return question;
    }
    for (Iterator<Question> old = open.values().iterator(); old.hasNext(); ) {
      if (!old.next().isOpen()) {
        old.remove();
      }
    }
    if (open.containsKey(host)) {
      return open.get(host);
    }
    if (open.size() == QUESTIONS_MAX) {
      throw new IOException(
          "name " + host + " not asked for: " + QUESTIONS_MAX + " other names are not answered");
    }
    open.put(host, question);
    Thread thread =
        new Thread(
            new Runnable() {
              @Override
              public void run() {
                resolve(host, question);
              }
            },
            "whippet-resolve");
    thread.setDaemon(true);
    thread.start();
    return question;
  }

  private void resolve(String host, Question question) {
    try {
      InetAddress[] addresses = resolver.resolve(host);
      boolean none = addresses == null || addresses.length == 0;
      question.answer(addresses, none ? new IOException("name " + host + " has no address") : null);
    } catch (IOException | RuntimeException e) {
      question.answer(null, new IOException("name " + host + " can't be resolved: " + e, e));
    }
    wake.run();
  }

  /** An IPv6 or IPv4 address in digits, which no resolver is asked for. */
  private static boolean isAddress(String host) {
    if (host.indexOf(':') >= 0) {
      return true;
    }
    for (int i = 0; i < host.length(); i++) {
      char c = host.charAt(i);
      if (c != '.' && (c < '0' || c > '9')) {
        return false;
      }
    }
    return true;
  }
}

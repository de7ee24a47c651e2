package dev.whippet.internal.session;

import dev.whippet.internal.link.Link;

/** Counts what a connection did since its start. Written by the net thread, read by any. */
public final class Traffic {
  private volatile long attempts;
  private volatile long connections;
  private volatile long sentBytes;
  private volatile long receivedBytes;
  private long sentBefore;
  private long receivedBefore;

  void attempted() {
    attempts = attempts + 1;
  }

  void connected() {
    connections = connections + 1;
  }

  void count(Link link) {
    sentBytes = sentBefore + link.sentBytes();
    receivedBytes = receivedBefore + link.receivedBytes();
  }

  void closed(Link link) {
    count(link);
    sentBefore = sentBytes;
    receivedBefore = receivedBytes;
  }

  /** Attempts to connect. */
  public long attempts() {
    return attempts;
  }

  /** Attempts that led to a conversation. */
  public long connections() {
    return connections;
  }

  /** Bytes that sockets took, without those of TLS. */
  public long sentBytes() {
    return sentBytes;
  }

  /** Bytes that sockets gave, without those of TLS. */
  public long receivedBytes() {
    return receivedBytes;
  }
}

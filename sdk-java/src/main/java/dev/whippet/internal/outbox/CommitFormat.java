package dev.whippet.internal.outbox;

/** Bytes of a commit header. */
final class CommitFormat {
  static final int BYTES = 64;

  private CommitFormat() {}
}

package dev.whippet.broker.internal.wire;

/**
 * A request was read completely and can't be decoded: answer with this status and go on; the
 * connection stays in sync (iggy-classic.md 1.5).
 *
 * <p>Without a stack trace: peers cause it at will.
 */
public final class Refusal extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;

  Refusal(int status) {
    super("status " + status, null, false, false);
    this.status = status;
  }

  /** A status of iggy-classic.md section 7, never 0. */
  public int status() {
    return status;
  }
}

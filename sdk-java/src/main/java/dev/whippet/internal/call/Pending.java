package dev.whippet.internal.call;

import dev.whippet.internal.wire.ProtocolException;
import dev.whippet.internal.wire.Reply;

/** A request that was sent and waits for its reply. Owned by the net thread. */
public abstract class Pending {
  /** What was asked, for messages. */
  protected final String what;

  /** Where the request ends in the link's stream of bytes. */
  long endsAtBytes;

  protected Pending(String what) {
    this.what = what;
  }

  /** The reply is there. An exception means that the link can't be used any more. */
  public abstract void replied(Reply reply, long nowMillis) throws ProtocolException;

  /** The link is gone, the reply will never come; whether the request was done is not known. */
  public void lost(String why) {}
}

package dev.whippet;

/**
 * Told about one message's way. A receipt with a listener is kept in memory until the message is
 * delivered or dropped, one without is not: prefer receipts without listeners for large backlogs.
 */
public interface ReceiptListener {
  /**
   * The message was stored, delivered or dropped: see {@link Receipt#state()}. Called at most once
   * per state, on the client's own threads: be quick, never block.
   *
   * @param receipt of the message
   */
  void changed(Receipt receipt);
}

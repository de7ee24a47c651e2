package dev.whippet.broker;

/**
 * Why a broker did not start. The message is one line that names the value at fault and says what
 * to do about it.
 */
public final class BrokerException extends Exception {

  private static final long serialVersionUID = 1L;

  private final Reason reason;

  BrokerException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** What a program can decide by. */
  public enum Reason {
    /** Another broker, perhaps in another process, uses the data directory. */
    DATA_DIRECTORY_IN_USE,
    /** The data directory can't be made, read or written. */
    DATA_DIRECTORY_UNUSABLE,
    /** The disk of the data directory is full. */
    DISK_FULL,
    /** Something else listens on the address. */
    ADDRESS_IN_USE,
    /** The address is not one of this machine, or listening on it is not allowed. */
    ADDRESS_UNUSABLE,
    /** Certificates or keys can't be used. */
    TLS_UNUSABLE,
    /** The transport that was asked for does not work here. */
    TRANSPORT_UNAVAILABLE,
    /** What was recovered from disk could not be opened for writing. */
    STORAGE_FAILED
  }

  /**
   * What a program can decide by.
   *
   * @return never {@code null}
   */
  public Reason reason() {
    return reason;
  }
}

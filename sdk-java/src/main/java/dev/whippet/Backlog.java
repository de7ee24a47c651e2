package dev.whippet;

/** How much waits on the device: a snapshot. Immutable. */
public final class Backlog {
  private final long messages;
  private final long bytes;
  private final long bytesOnDisk;
  private final long lastSequence;
  private final long storedSequence;
  private final long deliveredSequence;

  Backlog(long messages, long bytes, long bytesOnDisk, long last, long stored, long delivered) {
    this.messages = messages;
    this.bytes = bytes;
    this.bytesOnDisk = bytesOnDisk;
    this.lastSequence = last;
    this.storedSequence = stored;
    this.deliveredSequence = delivered;
  }

  /**
   * Messages that were accepted and are not delivered.
   *
   * @return at least 0
   */
  public long messages() {
    return messages;
  }

  /**
   * Their bytes.
   *
   * @return at least 0
   */
  public long bytes() {
    return bytes;
  }

  /**
   * Bytes of all files of the outbox.
   *
   * @return at least 0
   */
  public long bytesOnDisk() {
    return bytesOnDisk;
  }

  /**
   * The sequence of the newest accepted message.
   *
   * @return 0 if there was none
   */
  public long lastSequence() {
    return lastSequence;
  }

  /**
   * Everything up to here is on stable storage.
   *
   * @return 0 if nothing is
   */
  public long storedSequence() {
    return storedSequence;
  }

  /**
   * Everything up to here is acknowledged by the server.
   *
   * @return 0 if nothing is
   */
  public long deliveredSequence() {
    return deliveredSequence;
  }

  @Override
  public String toString() {
    return "Backlog{"
        + messages
        + " messages, "
        + bytes
        + " bytes, "
        + bytesOnDisk
        + " bytes on disk, last "
        + lastSequence
        + ", stored "
        + storedSequence
        + ", delivered "
        + deliveredSequence
        + "}";
  }
}

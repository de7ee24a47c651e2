package dev.whippet;

/** How much waits on the device: a snapshot. Immutable. */
public final class Backlog {
  private final long[] messages;
  private final long bytes;
  private final long bytesOnDisk;
  private final long lastSequence;
  private final long storedSequence;
  private final long deliveredSequence;

  /**
   * @param messages of each lane
   */
  Backlog(long[] messages, long bytes, long bytesOnDisk, long last, long stored, long delivered) {
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
    long all = 0;
    for (long lane : messages) {
      all += lane;
    }
    return all;
  }

  /**
   * Those of one lane.
   *
   * @param lane which one
   * @return at least 0
   */
  public long messages(Message.Lane lane) {
    return messages[lane.ordinal()];
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
   * The sequence of the newest accepted message of the normal lane; this and the next two speak of
   * its first channel, see {@link Receipt#sequence}.
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
        + messages()
        + " messages ("
        + messages(Message.Lane.URGENT)
        + " urgent, "
        + messages(Message.Lane.BULK)
        + " bulk), "
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

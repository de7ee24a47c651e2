package dev.whippet.internal.outbox;

import java.io.File;
import java.util.concurrent.TimeUnit;

/**
 * Directory and limits of an outbox. Every limit has a default in the {@link Builder}; cross-checks
 * happen once, in {@link Builder#build}.
 */
public final class OutboxConfig {
  /** What {@link Outbox#send} does at a bound. */
  public enum Overflow {
    /** Throws at once with reason FULL. */
    REJECT,
    /** Waits for room up to the given time, then throws with reason FULL. */
    BLOCK
  }

  /** The smallest segment: header, facts, and one small record. */
  static final int SEGMENT_BYTES_MIN = 4 * 1024;

  static final int SEGMENT_BYTES_MAX = 256 * 1024 * 1024;

  private final File directory;
  private final int segmentBytes;
  private final int ringBytes;
  private final int ringRecords;
  private final long backlogBytesMax;
  private final long backlogRecordsMax;
  private final int sequenceBlock;
  private final Overflow overflow;
  private final long blockNanos;

  private OutboxConfig(Builder builder) {
    this.directory = builder.directory;
    this.segmentBytes = builder.segmentBytes;
    this.ringBytes = builder.ringBytes;
    this.ringRecords = builder.ringRecords;
    this.backlogBytesMax = builder.backlogBytesMax;
    this.backlogRecordsMax = builder.backlogRecordsMax;
    this.sequenceBlock = builder.sequenceBlock;
    this.overflow = builder.overflow;
    this.blockNanos = builder.blockNanos;
  }

  /** Defaults for a directory. */
  public static Builder builder(File directory) {
    return new Builder(directory);
  }

  /** The directory; one outbox at a time. */
  public File directory() {
    return directory;
  }

  /** Size of a segment file. */
  public int segmentBytes() {
    return segmentBytes;
  }

  /** Memory for what waits for the disk: two halves, one filled while the other is written. */
  public int ringBytes() {
    return ringBytes;
  }

  /** Records that may wait for the disk. */
  public int ringRecords() {
    return ringRecords;
  }

  /** Bytes of unacknowledged records, counted by whole segments. */
  public long backlogBytesMax() {
    return backlogBytesMax;
  }

  /** Count of unacknowledged records. */
  public long backlogRecordsMax() {
    return backlogRecordsMax;
  }

  /** Sequences reserved at a time; a crash skips at most so many. */
  public int sequenceBlock() {
    return sequenceBlock;
  }

  /** What happens at a bound. */
  public Overflow overflow() {
    return overflow;
  }

  /** How long BLOCK waits. */
  public long blockNanos() {
    return blockNanos;
  }

  /**
   * Largest record: key, encoded headers and payload together. A record fits into one half of the
   * ring and into half a segment.
   */
  public int recordBytesMax() {
    int room = Math.min(ringBytes / 2, segmentBytes / 2);
    return room - Format.RECORD_BYTES - Format.COMMIT_BYTES - Format.ALIGNMENT;
  }

  /** Collects the values; each setter checks at once. */
  public static final class Builder {
    private final File directory;
    private int segmentBytes = 4 * 1024 * 1024;
    private int ringBytes = 4 * 1024 * 1024;
    private int ringRecords = 64 * 1024;
    private long backlogBytesMax = 256L * 1024 * 1024;
    private long backlogRecordsMax = Long.MAX_VALUE;
    private int sequenceBlock = 1 << 20;
    private Overflow overflow = Overflow.REJECT;
    private long blockNanos;

    private Builder(File directory) {
      if (directory == null) {
        throw new IllegalArgumentException("directory == null");
      }
      this.directory = directory;
    }

    /** Size of a segment file: 4 KiB to 256 MiB, a multiple of 8. Default 4 MiB. */
    public Builder segmentBytes(int bytes) {
      if (bytes < SEGMENT_BYTES_MIN || bytes > SEGMENT_BYTES_MAX || bytes % 8 != 0) {
        throw new IllegalArgumentException("segmentBytes not 4 KiB to 256 MiB in 8s: " + bytes);
      }
      this.segmentBytes = bytes;
      return this;
    }

    /** Memory for what waits for the disk, allocated as it is needed. Default 4 MiB. */
    public Builder ringBytes(int bytes) {
      if (bytes < SEGMENT_BYTES_MIN || bytes > SEGMENT_BYTES_MAX || bytes % 16 != 0) {
        throw new IllegalArgumentException("ringBytes not 4 KiB to 256 MiB in 16s: " + bytes);
      }
      this.ringBytes = bytes;
      return this;
    }

    /** Records that may wait for the disk. Default 65,536. */
    public Builder ringRecords(int count) {
      this.ringRecords = (int) positive(count, "ringRecords");
      return this;
    }

    /** Bytes of unacknowledged records, by whole segments. Default 256 MiB. */
    public Builder backlogBytesMax(long bytes) {
      this.backlogBytesMax = positive(bytes, "backlogBytesMax");
      return this;
    }

    /** Count of unacknowledged records. Default: no bound but the bytes. */
    public Builder backlogRecordsMax(long count) {
      this.backlogRecordsMax = positive(count, "backlogRecordsMax");
      return this;
    }

    /** Sequences reserved at a time, at least four times the ring's records. Default 1,048,576. */
    public Builder sequenceBlock(int count) {
      this.sequenceBlock = (int) positive(count, "sequenceBlock");
      return this;
    }

    /** At a bound, send throws at once. The default. */
    public Builder reject() {
      this.overflow = Overflow.REJECT;
      this.blockNanos = 0;
      return this;
    }

    /** At a bound, send waits for room up to this time. */
    public Builder block(long timeout, TimeUnit unit) {
      this.blockNanos = positive(unit.toNanos(timeout), "timeout");
      this.overflow = Overflow.BLOCK;
      return this;
    }

    /** Cross-checks the values. */
    public OutboxConfig build() {
      if (sequenceBlock / 4 < ringRecords) {
        throw new IllegalArgumentException(
            "sequenceBlock < 4 * ringRecords: " + sequenceBlock + ", " + ringRecords);
      }
      if (backlogBytesMax < 2L * segmentBytes) {
        throw new IllegalArgumentException(
            "backlogBytesMax < 2 * segmentBytes: " + backlogBytesMax + ", " + segmentBytes);
      }
      return new OutboxConfig(this);
    }

    private static long positive(long value, String name) {
      if (value <= 0) {
        throw new IllegalArgumentException(name + " <= 0: " + value);
      }
      return value;
    }
  }
}

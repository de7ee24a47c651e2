package dev.whippet.internal.outbox;

import dev.whippet.internal.segment.Format;
import java.io.File;
import java.io.IOException;
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
    BLOCK,
    /** Takes it, and drops the oldest records of the least urgent lane that has any. */
    DROP_OLDEST,
    /** Gives it a sequence, and drops it. */
    DROP_NEWEST;

    boolean drops() {
      return this == DROP_OLDEST || this == DROP_NEWEST;
    }
  }

  /** Wraps the keys of segments, for instance by one in the platform's key store. Any thread. */
  public interface Keys {
    /** The key as it may stand on the disk, 1 to 1,024 bytes. */
    byte[] wrap(byte[] key) throws IOException;

    /**
     * The key again; null if it is lost for good: then the segment's records are reported as gone.
     *
     * @throws IOException if it can't be had now; nothing is given up for that
     */
    byte[] unwrap(byte[] wrapped) throws IOException;
  }

  /** Tells the device's time. Any thread. */
  public interface Time {
    /** Milliseconds since 1970; 0: unknown, and nothing is too old. */
    long epochMillis();
  }

  /** A clock below has never been set, 2020-01-01; by it nothing is too old. */
  private static final long SET_CLOCK_MILLIS = 1_577_836_800_000L;

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
  private final long ageMillisMax;
  private final long commitIntervalNanos;
  private final Keys keys;
  private final Time time;

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
    this.ageMillisMax = builder.ageMillisMax;
    this.commitIntervalNanos = builder.commitIntervalNanos;
    this.keys = builder.keys;
    this.time = builder.time;
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

  /** Records older than this are dropped; 0: none are. */
  public long ageMillisMax() {
    return ageMillisMax;
  }

  /** Between two commits there is at least so much time, unless somebody waits. */
  public long commitIntervalNanos() {
    return commitIntervalNanos;
  }

  /** Null: records are not encrypted. */
  Keys keys() {
    return keys;
  }

  long nowMillis() {
    return time.epochMillis();
  }

  /**
   * Whether a record need not be sent any more. By a clock that has never been set, or by one that
   * was set back, nothing is too old.
   */
  public boolean isExpired(long originMicros, int timeToLiveMillis, long nowMillis) {
    long sentMillis = TimeUnit.MICROSECONDS.toMillis(originMicros);
    if (sentMillis < SET_CLOCK_MILLIS || nowMillis < SET_CLOCK_MILLIS) {
      return false;
    }
    long age = nowMillis - sentMillis;
    return timeToLiveMillis != 0 && age > (timeToLiveMillis & 0xffffffffL)
        || ageMillisMax > 0 && age > ageMillisMax;
  }

  /**
   * Largest record: key, encoded headers and payload together. A record fits into one half of the
   * ring and into half a segment.
   */
  public int recordBytesMax() {
    int room = Math.min(ringBytes / 2, segmentBytes / 2);
    return room - Format.RECORD_BYTES - Format.COMMIT_BYTES - Format.ALIGNMENT;
  }

  private static final Time UNKNOWN_TIME =
      new Time() {
        @Override
        public long epochMillis() {
          return 0;
        }
      };

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
    private long ageMillisMax;
    private long commitIntervalNanos;
    private Keys keys;
    private Time time = UNKNOWN_TIME;

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

    /** At a bound, the oldest records of the least urgent lane go. */
    public Builder dropOldest() {
      this.overflow = Overflow.DROP_OLDEST;
      this.blockNanos = 0;
      return this;
    }

    /** At a bound, what is sent goes. */
    public Builder dropNewest() {
      this.overflow = Overflow.DROP_NEWEST;
      this.blockNanos = 0;
      return this;
    }

    /** Records older than this are dropped. Default: none are. */
    public Builder ageMax(long age, TimeUnit unit) {
      this.ageMillisMax = positive(unit.toMillis(age), "age in milliseconds");
      return this;
    }

    /** The least time between two commits, for battery and flash. Default: none. */
    public Builder commitInterval(long interval, TimeUnit unit) {
      this.commitIntervalNanos = positive(unit.toNanos(interval), "interval in nanoseconds");
      return this;
    }

    /** Encrypts what is stored from now on, and reads what was encrypted. Default: neither. */
    public Builder keys(Keys keys) {
      this.keys = keys;
      return this;
    }

    /** The device's clock, for ages. Default: unknown, nothing is too old. */
    public Builder time(Time time) {
      this.time = time;
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

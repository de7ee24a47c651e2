package dev.whippet.internal.outbox;

/** How the partition of a record is chosen (whippet-extension.md 3.6); the code is on disk. */
public enum PartitionChoice {
  /** The producer's one sticky partition. */
  STICKY(0),
  /** The partition id that the application named. */
  PARTITION(1),
  /** The key's XXH32 modulo the partition count. */
  KEY(2);

  private static final PartitionChoice[] BY_CODE = {STICKY, PARTITION, KEY};

  final int code;

  PartitionChoice(int code) {
    this.code = code;
  }

  /** The choice of a code that {@code Format} has checked. */
  static PartitionChoice of(int code) {
    return BY_CODE[code];
  }
}

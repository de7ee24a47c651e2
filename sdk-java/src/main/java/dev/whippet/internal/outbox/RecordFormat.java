package dev.whippet.internal.outbox;

/** Bytes of a record. */
final class RecordFormat {
  static final int HEADER_BYTES = 56;
  static final int ALIGNMENT = 8;

  private RecordFormat() {}
}

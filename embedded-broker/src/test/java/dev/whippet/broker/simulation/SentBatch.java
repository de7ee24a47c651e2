package dev.whippet.broker.simulation;

/** A batch that was sent without a sequence; never sent again. */
final class SentBatch {
  final long number;
  final int sender;
  final int count;
  boolean acknowledged;
  long acknowledgedAt;

  SentBatch(long number, int sender, int count) {
    this.number = number;
    this.sender = sender;
    this.count = count;
  }

  /** An answer said that it is stored, or it was seen. */
  void acknowledge(long micros) {
    if (!acknowledged) {
      acknowledged = true;
      acknowledgedAt = micros;
    }
  }

  SentBatch copy() {
    SentBatch copy = new SentBatch(number, sender, count);
    copy.acknowledged = acknowledged;
    copy.acknowledgedAt = acknowledgedAt;
    return copy;
  }

  long[] tags() {
    long[] tags = new long[count];
    for (int i = 0; i < count; i++) {
      tags[i] = Tags.sent(number, i);
    }
    return tags;
  }
}

package dev.whippet.broker.simulation;

/** A batch that was sent without a sequence; never sent again. */
final class SentBatch {
  final long number;
  final int sender;
  final int count;
  boolean acknowledged;

  SentBatch(long number, int sender, int count) {
    this.number = number;
    this.sender = sender;
    this.count = count;
  }

  SentBatch copy() {
    SentBatch copy = new SentBatch(number, sender, count);
    copy.acknowledged = acknowledged;
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

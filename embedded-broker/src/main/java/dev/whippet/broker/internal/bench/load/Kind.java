package dev.whippet.broker.internal.bench.load;

/** What the actors of a run do; names and short names are iggy-bench's. */
public enum Kind {
  PINNED_PRODUCER,
  PINNED_CONSUMER,
  PINNED_PRODUCER_AND_CONSUMER,
  BALANCED_PRODUCER,
  BALANCED_CONSUMER_GROUP,
  END_TO_END;

  /** True when some of its actors only send. */
  public boolean hasProducers() {
    return produces() && this != END_TO_END;
  }

  /** True when some of its actors read. */
  public boolean hasReaders() {
    return this != PINNED_PRODUCER && this != BALANCED_PRODUCER;
  }

  boolean produces() {
    return this != PINNED_CONSUMER && this != BALANCED_CONSUMER_GROUP;
  }

  boolean isPinned() {
    return this != BALANCED_PRODUCER && this != BALANCED_CONSUMER_GROUP;
  }
}

package dev.whippet.internal.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.internal.segment.Channel;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Listener that remembers, and lets a test wait for an outcome. */
final class Recorder implements Outbox.Listener {
  private final TreeMap<Long, Long> failed = new TreeMap<>();
  private final List<GapReport> gaps = new ArrayList<>();
  private final long[] told = new long[Channel.COUNT];

  @Override
  public synchronized void stored(long upToSequence) {
    assertThat(upToSequence).isGreaterThanOrEqualTo(told[Channel.of(upToSequence)]);
    told[Channel.of(upToSequence)] = upToSequence;
    notifyAll();
  }

  @Override
  public synchronized void failed(long first, long last, OutboxException cause) {
    assertThat(cause.reason()).isEqualTo(OutboxException.Reason.WRITE_FAILED);
    assertThat(first).isGreaterThan(told[Channel.of(first)]);
    failed.put(first, last);
    told[Channel.of(first)] = last;
    notifyAll();
  }

  @Override
  public synchronized void gap(GapReport gap) {
    gaps.add(gap);
    notifyAll();
  }

  /** Waits for the receipt of a sequence; whether it is stored. */
  synchronized boolean awaitStored(long sequence) throws InterruptedException {
    while (told[Channel.of(sequence)] < sequence) {
      wait();
    }
    return !isFailed(sequence);
  }

  synchronized boolean isFailed(long sequence) {
    var range = failed.floorEntry(sequence);
    return range != null && sequence <= range.getValue();
  }

  synchronized List<GapReport> gaps() {
    return new ArrayList<>(gaps);
  }

  synchronized boolean reportedLost(long sequence) {
    for (GapReport gap : gaps) {
      if (gap.reason() != GapReport.Reason.IDENTITY_LOST
          && gap.firstSequence() <= sequence
          && sequence <= gap.lastSequence()) {
        return true;
      }
    }
    return false;
  }
}

package dev.whippet.broker.internal.bench.load;

import dev.whippet.broker.internal.bench.client.BenchConnection;
import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.broker.internal.bench.measure.Pace;
import dev.whippet.broker.internal.bench.measure.Timeline;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;

/**
 * One client of a run, on a thread of its own.
 *
 * <pre>
 * open - warm up - [all together] - begin - [all together] - measure - closed
 *                     a failure anywhere ends the run for all
 * </pre>
 *
 * <p>Measuring ends after a number of messages or at a time, whichever is set. Counters may be read
 * by the thread that shows progress; histogram and timeline only when the actor has ended.
 */
final class Actor implements Runnable {

  private static final long EMPTY_POLL_PAUSE_NANOS = 100_000;

  final String group;
  final Latencies latencies = new Latencies();
  final Timeline timeline = new Timeline();

  private final Work work;
  private final Pace pace;
  private final Share share;
  private final Gate gate;
  private volatile long messages;
  private volatile long bytes;
  private volatile long warmUpMessages;
  private volatile long endNanos;
  private volatile long lastProgressNanos = System.nanoTime();
  private volatile boolean ended;

  Actor(String group, Work work, Pace pace, Share share, Gate gate) {
    this.group = group;
    this.work = work;
    this.pace = pace;
    this.share = share;
    this.gate = gate;
  }

  /**
   * What one actor has to do.
   *
   * @param messages after which it ends; {@link Long#MAX_VALUE} = until the time is over
   * @param seconds after which it ends; 0 = when the messages are done
   * @param warmUpSeconds before measuring
   */
  record Share(long messages, double seconds, double warmUpSeconds) {}

  @Override
  public void run() {
    try {
      work.open();
      warmUp();
      gate.awaitAll();
      work.begin();
      long start = gate.awaitStart();
      lastProgressNanos = start;
      measure(start);
    } catch (IOException e) {
      fail(BenchConnection.reason(e));
    } catch (BenchException e) {
      fail(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      fail(e.toString());
    } finally {
      ended = true;
      work.close();
    }
  }

  private void warmUp() throws IOException, BenchException {
    Tally tally = new Tally();
    long end = System.nanoTime() + (long) (share.warmUpSeconds * 1e9);
    while (share.warmUpSeconds > 0 && System.nanoTime() < end && !gate.isOver()) {
      work.request(tally);
      warmUpMessages += tally.messages;
      lastProgressNanos = System.nanoTime();
      if (tally.messages == 0) {
        LockSupport.parkNanos(EMPTY_POLL_PAUSE_NANOS);
      }
    }
  }

  private void measure(long start) throws IOException, BenchException {
    Tally tally = new Tally();
    long end = share.seconds == 0 ? Long.MAX_VALUE : start + (long) (share.seconds * 1e9);
    pace.start(start);
    long index = 0;
    long done = start;
    while (messages < share.messages && done < end && !work.isDone() && !gate.isOver()) {
      long intended = pace.await(index);
      work.request(tally);
      done = System.nanoTime();
      if (tally.messages == 0) {
        LockSupport.parkNanos(EMPTY_POLL_PAUSE_NANOS);
        continue;
      }
      boolean roundTrip = tally.latencyNanos == Tally.ROUND_TRIP;
      latencies.record(roundTrip ? done - intended : tally.latencyNanos);
      timeline.add(done - start, tally.bytes, tally.messages);
      messages += tally.messages;
      bytes += tally.bytes;
      lastProgressNanos = done;
      index++;
    }
    endNanos = done;
  }

  private void fail(String reason) {
    gate.fail(reason);
  }

  /** Ends what it waits for. */
  void stop() {
    work.close();
  }

  boolean isEnded() {
    return ended;
  }

  long messages() {
    return messages;
  }

  long bytes() {
    return bytes;
  }

  long warmUpMessages() {
    return warmUpMessages;
  }

  /** Messages it was to handle and did not; 0 where a time ends it. */
  long missing() {
    return share.messages == Long.MAX_VALUE ? 0 : Math.max(0, share.messages - messages);
  }

  /** When it ended measuring; 0 = not yet. */
  long endNanos() {
    return endNanos;
  }

  long lastProgressNanos() {
    return lastProgressNanos;
  }
}

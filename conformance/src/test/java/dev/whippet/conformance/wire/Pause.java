package dev.whippet.conformance.wire;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The waiting that a transcript or a scenario prescribes; never a guess that something is done. */
public final class Pause {
  private Pause() {}

  public static void millis(long millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}

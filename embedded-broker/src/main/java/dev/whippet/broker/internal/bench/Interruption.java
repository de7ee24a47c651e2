package dev.whippet.broker.internal.bench;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C and SIGTERM: ends the run, and gives the command a moment to report what was measured
 * before the process is gone.
 */
final class Interruption implements AutoCloseable {

  private static final int REPORT_SECONDS_MAX = 15;

  private final CountDownLatch reported = new CountDownLatch(1);
  private final Thread hook;

  Interruption(Runnable interrupt) {
    hook =
        new Thread(
            () -> {
              interrupt.run();
              try {
                reported.await(REPORT_SECONDS_MAX, TimeUnit.SECONDS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "bench-interrupt");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  void reported() {
    reported.countDown();
  }

  @Override
  public void close() {
    reported.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending and the hook runs already
    }
  }
}

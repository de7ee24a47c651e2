package dev.whippet.broker.testkit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * Turns any leak report of Netty into a failed test run. Found by JUnit through {@code
 * META-INF/services}; it must be opened before Netty's buffers load, and judges when the session
 * closes, after a collection: a leak is only seen when the leaked buffer is collected.
 */
public final class LeakGate implements LauncherSessionListener {
  private static final int COLLECTIONS = 3;
  private static final int PROBES = 200;
  private static final Queue<String> REPORTS = new ConcurrentLinkedQueue<>();

  @Override
  public void launcherSessionOpened(LauncherSession session) {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new RecordingFactory());
  }

  @Override
  public void launcherSessionClosed(LauncherSession session) {
    collectAndProbe();
    if (!REPORTS.isEmpty()) {
      String report = REPORTS.size() + " buffers leaked; the first:\n" + REPORTS.peek();
      System.err.println("LEAK: " + report);
      throw new AssertionError(report);
    }
  }

  /** What was reported so far. */
  public static Queue<String> reports() {
    return REPORTS;
  }

  /** Makes Netty look at what the collector has found: it reports when something is allocated. */
  public static void collectAndProbe() {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
      System.runFinalization();
      for (int probe = 0; probe < PROBES; probe++) {
        ByteBuf buffer = Unpooled.directBuffer(1);
        buffer.release();
      }
    }
  }

  private static final class RecordingFactory extends ResourceLeakDetectorFactory {
    @Override
    @SuppressWarnings("deprecation")
    public <T> ResourceLeakDetector<T> newResourceLeakDetector(
        Class<T> resource, int samplingInterval, long maxActive) {
      return new Recording<>(resource, samplingInterval);
    }
  }

  private static final class Recording<T> extends ResourceLeakDetector<T> {
    Recording(Class<T> resource, int samplingInterval) {
      super(resource, samplingInterval);
    }

    @Override
    protected boolean needReport() {
      return true;
    }

    @Override
    protected void reportTracedLeak(String resourceType, String records) {
      REPORTS.add(resourceType + records);
    }

    @Override
    protected void reportUntracedLeak(String resourceType) {
      REPORTS.add(resourceType);
    }
  }
}

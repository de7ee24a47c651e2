package dev.whippet.broker;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * How long a test waits for what must happen before it fails: long, because a busy machine is no
 * defect. It looks at once and often, so that nobody waits for what is there. Found by JUnit
 * through {@code META-INF/services}.
 */
public final class TestPatience implements LauncherSessionListener {
  private static final Duration WAIT_MAX = Duration.ofSeconds(60);
  private static final Duration LOOK_EVERY = Duration.ofMillis(10);

  @Override
  public void launcherSessionOpened(LauncherSession session) {
    Awaitility.setDefaultTimeout(WAIT_MAX);
    Awaitility.setDefaultPollDelay(Duration.ZERO);
    Awaitility.setDefaultPollInterval(LOOK_EVERY);
  }
}

package dev.whippet.broker;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * How long a test waits for what must happen before it fails: long, because a busy machine is no
 * defect. Found by JUnit through {@code META-INF/services}.
 */
public final class TestPatience implements LauncherSessionListener {
  private static final Duration WAIT_MAX = Duration.ofSeconds(60);

  @Override
  public void launcherSessionOpened(LauncherSession session) {
    Awaitility.setDefaultTimeout(WAIT_MAX);
  }
}

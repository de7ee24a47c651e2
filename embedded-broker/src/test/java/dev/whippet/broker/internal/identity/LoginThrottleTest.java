package dev.whippet.broker.internal.identity;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class LoginThrottleTest {

  private final LoginThrottle throttle = new LoginThrottle();

  @Test
  void userIsClosedAfterThirtyFailuresAndOpensOneASecond() {
    assertThat(failuresUntilRefused("iggy", 0)).isEqualTo(30);

    assertThat(throttle.admits(address(999), "iggy", 999)).isFalse();
    assertThat(throttle.admits(address(999), "iggy", 1_000)).isTrue();
    throttle.failed(address(999), "iggy", 1_000);
    assertThat(throttle.admits(address(999), "iggy", 1_999)).isFalse();
    assertThat(throttle.admits(address(999), "iggy", 2_000)).isTrue();
    assertThat(throttle.admits(address(999), "other", 1_000)).isTrue();
  }

  @Test
  void addressIsClosedAfterAHundredFailuresWhateverTheNamesAndPorts() {
    int failures = 0;
    while (throttle.admits("10.1.1.1:" + (5_000 + failures), "u" + failures, 0)) {
      throttle.failed("10.1.1.1:" + (5_000 + failures), "u" + failures, 0);
      failures++;
    }

    assertThat(failures).isEqualTo(100);
    assertThat(throttle.admits("10.1.1.1:1", "new", 199)).isFalse();
    assertThat(throttle.admits("10.1.1.1:1", "new", 200)).isTrue();
    assertThat(throttle.admits("10.1.1.2:1", "new", 0)).isTrue();
  }

  @Test
  void oneHouseholdOfSixIsOneAddress() {
    for (int i = 0; i < 100; i++) {
      throttle.failed("[2001:db8:0:7::" + Integer.toHexString(i) + "]:9", "u" + i, 0);
    }

    assertThat(throttle.admits("[2001:db8:0:7:ffff::1]:1", "x", 0)).isFalse();
    assertThat(throttle.admits("[2001:db8:0:8::1]:1", "x", 0)).isTrue();
  }

  @Test
  void addressThatLoggedInBeforeIsLetInWhileOthersGuess() {
    throttle.succeeded("10.9.9.9:1", "iggy");
    failuresUntilRefused("iggy", 0);

    assertThat(throttle.admits("10.9.9.9:2", "iggy", 0)).isTrue();
    assertThat(throttle.admits("10.9.9.8:2", "iggy", 0)).isFalse();
  }

  @Test
  void successClearsBothCounts() {
    for (int i = 0; i < 29; i++) {
      throttle.failed("10.0.0.1:1", "iggy", 0);
    }
    throttle.succeeded("10.0.0.1:1", "iggy");

    assertThat(failuresUntilRefused("iggy", 0)).isEqualTo(30);
  }

  @Test
  void refusalIsToldOnceAMinuteOnOneLine() {
    failuresUntilRefused("ev\nil", 0);

    assertThat(throttle.refusal(address(1), "ev\nil", 0)).contains("ev?il").doesNotContain("\n");
    assertThat(throttle.refusal(address(1), "ev\nil", 10)).isNull();
    for (int i = 0; i < 120; i++) {
      throttle.failed(address(i), "ev\nil", 60_000);
    }
    assertThat(throttle.refusal(address(2), "ev\nil", 60_000)).isNotNull();
  }

  @Test
  void tablesAreBounded() {
    for (int i = 0; i < 3 * LoginThrottle.KEYS_MAX; i++) {
      throttle.failed(address(i), "user" + i, 0);
      throttle.succeeded(address(i) + 1, "known" + i);
    }

    assertThat(throttle.entries()).isLessThanOrEqualTo(3 * LoginThrottle.KEYS_MAX);
  }

  private int failuresUntilRefused(String user, long now) {
    int failures = 0;
    while (throttle.admits(address(failures), user, now)) {
      throttle.failed(address(failures), user, now);
      failures++;
    }
    return failures;
  }

  private static String address(int index) {
    return "10.0." + index / 250 % 250 + "." + index % 250 + ":4711";
  }
}

package dev.whippet.conformance.kill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whippet.conformance.server.BrokerUnderTest;
import dev.whippet.conformance.users.Caller;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * SIGKILL right after the answer: users, passwords and tokens that were acknowledged are there,
 * what was taken away is not.
 */
class UsersAfterCrashTest {
  private static final int ROUNDS = Integer.getInteger("whippet.rounds", 1);

  @Test
  void whatWasAcknowledgedOfUsersAndTokensSurvives() throws Exception {
    assumeTrue(Files.exists(Processes.brokerJar()), "no runnable file: mvn package makes it");
    Path directory = Files.createTempDirectory("whippet-kill");
    try (Processes processes = new Processes(directory)) {
      Map<String, String> tokens = new LinkedHashMap<>();
      for (int round = 0; round < ROUNDS; round++) {
        Process broker = processes.startBroker();
        try (Caller root = Caller.login(processes.address(), "iggy", "iggy")) {
          root.createUser("user-" + round, "first");
          root.ok(
              37,
              Caller.user("user-" + round)
                  .put("current_password", "first")
                  .put("new_password", "second"));
          tokens.put("user-" + round, root.createToken("token-" + round, 0));
          root.createUser("gone-" + round, "secret");
          String lost = root.createToken("lost-" + round, 0);
          root.ok(43, Caller.fields().put("name", "lost-" + round));
          root.ok(34, Caller.user("gone-" + round));
          Processes.kill(broker);

          broker = processes.startBroker();
          check(processes, tokens, lost, "gone-" + round);
          Processes.kill(broker);
        }
      }
    } finally {
      BrokerUnderTest.delete(directory);
    }
  }

  private static void check(
      Processes processes, Map<String, String> tokens, String lost, String gone) throws Exception {
    try (Caller caller = Caller.connect(processes.address())) {
      for (Map.Entry<String, String> each : tokens.entrySet()) {
        assertThat(caller.loginStatus(each.getKey(), "second")).isZero();
        assertThat(caller.loginStatus(each.getKey(), "first")).isEqualTo(42);
        assertThat(caller.tokenStatus(each.getValue())).as("of root").isZero();
        assertThat(caller.ok(20, Caller.fields()).get("user_id").intValue()).isZero();
      }
      assertThat(caller.tokenStatus(lost)).isEqualTo(20);
      assertThat(caller.loginStatus(gone, "secret")).isEqualTo(42);
    }
  }
}

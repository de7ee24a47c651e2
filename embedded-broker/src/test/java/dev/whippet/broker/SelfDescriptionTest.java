package dev.whippet.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SelfDescriptionTest {

  @Test
  void settingsAreToldAndSecretsAreNot() throws Exception {
    BrokerConfig config =
        Broker.builder()
            .listen("127.0.0.1:7777")
            .dataDirectory(Path.of("somewhere"))
            .rootUsername("admin")
            .rootPassword("a secret")
            .build();

    String text = SelfDescription.configuration(config);

    assertThat(text).contains("7777", "somewhere", "root user = admin").doesNotContain("secret");
  }

  @Test
  void logsTellReasonsWithoutNames() {
    Health.Problem problem =
        new Health.Problem(Health.Kind.READ_ONLY, "partition 3 of orders", "EIO at byte 7");
    Health health =
        new Health(
            Health.Status.DEGRADED,
            List.of(problem),
            0,
            new Health.Disk(5, 6, 7, 8, false, 9, List.of()));

    assertThat(SelfDescription.logs("whippet", health))
        .contains("whippet", "DEGRADED", "EIO at byte 7", "dropped messages = 9")
        .doesNotContain("orders");
  }
}

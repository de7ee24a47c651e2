package dev.whippet.internal.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class DialTest {
  private static List<String> order(int attempt, String... addresses) throws Exception {
    InetAddress[] found = new InetAddress[addresses.length];
    for (int i = 0; i < addresses.length; i++) {
      found[i] = InetAddress.getByName(addresses[i]);
    }
    return Dial.order(found, attempt).stream()
        .map(address -> address.getHostAddress().replace("0:0:0:0:0:0:0", ":"))
        .collect(Collectors.toList());
  }

  @Test
  void familiesTakeTurnsAndThePreferredOneBegins() throws Exception {
    assertThat(order(0, "::1", "::2", "::3", "10.0.0.1", "10.0.0.2"))
        .containsExactly("::1", "10.0.0.1", "::2", "10.0.0.2", "::3");
    assertThat(order(0, "10.0.0.1", "::1")).containsExactly("10.0.0.1", "::1");
  }

  @Test
  void attemptsBeginAtDifferentAddresses() throws Exception {
    assertThat(order(1, "10.0.0.1", "10.0.0.2", "10.0.0.3"))
        .containsExactly("10.0.0.2", "10.0.0.3", "10.0.0.1");
    assertThat(order(Integer.MAX_VALUE, "10.0.0.1", "10.0.0.2")).hasSize(2);
  }

  @Test
  void manyAddressesAreTriedOverSeveralAttempts() throws Exception {
    String[] many = IntStream.range(1, 30).mapToObj(i -> "10.0.0." + i).toArray(String[]::new);

    assertThat(order(0, many)).hasSize(Dial.ADDRESSES_MAX).startsWith("10.0.0.1");
    assertThat(order(9, many)).hasSize(Dial.ADDRESSES_MAX).startsWith("10.0.0.10");
  }
}

package dev.whippet.broker.internal.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.broker.internal.identity.PasswordHash.Cost;
import dev.whippet.broker.internal.identity.Passwords.Verdict;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

final class PasswordsTest {

  private static final Cost CHEAP = new Cost(64, 1, 1);
  private static final int QUEUE = 2;

  private final Deque<Runnable> queue = new ArrayDeque<>();
  private final Executor workers =
      work -> {
        if (queue.size() == QUEUE) {
          throw new RejectedExecutionException("full");
        }
        queue.add(work);
      };
  private final Passwords passwords = new Passwords(workers, Runnable::run, CHEAP);
  private final List<Verdict> verdicts = new ArrayList<>();

  /** The reference implementation's own vector: password, somesalt, 2 passes, 64 MiB, one lane. */
  @Test
  void argon2idIsTheReferences() {
    byte[] hash = Argon2.hash(bytes("password"), new Cost(1 << 16, 2, 1), bytes("somesalt"), 32);

    assertThat(HexFormat.of().formatHex(hash))
        .isEqualTo("09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7");
  }

  @Test
  void wrongPasswordsAreFoundOutEveryTimeAndNothingIsRemembered() {
    PasswordHash stored = read(passwords.makeNow(bytes("right")));

    check(stored, "wrong");
    check(stored, "wrong");
    work();

    assertThat(verdicts).containsExactly(Verdict.WRONG, Verdict.WRONG);
    check(stored, "wrong");
    assertThat(queue).hasSize(1);
  }

  @Test
  void passwordThatFittedIsNotHashedAgain() {
    PasswordHash stored = read(passwords.makeNow(bytes("right")));

    check(stored, "right");
    assertThat(verdicts).isEmpty();
    work();
    check(stored, "right");

    assertThat(verdicts).containsExactly(Verdict.FITS, Verdict.FITS);
    assertThat(queue).isEmpty();
  }

  @Test
  void aThousandOfOneUserPayOnce() {
    PasswordHash stored = read(passwords.makeNow(bytes("right")));

    for (int i = 0; i < 1_000; i++) {
      check(stored, "right");
    }

    assertThat(queue).hasSize(1);
    work();
    assertThat(verdicts).hasSize(1_000).containsOnly(Verdict.FITS);
  }

  @Test
  void whoSetAPasswordLogsInWithItAtOnceButNotAfterItChanged() {
    PasswordHash first = passwords.makeNow(bytes("first"));
    PasswordHash second = passwords.makeNow(bytes("second"));

    check(first, "first");
    check(second, "first");
    work();

    assertThat(verdicts).containsExactly(Verdict.FITS, Verdict.WRONG);
  }

  @Test
  void nobodyCostsWhatAWrongPasswordCostsAndNeverFits() {
    check(passwords.nobody(), "anything");

    assertThat(passwords.nobody().cost()).isEqualTo(CHEAP);
    work();
    assertThat(verdicts).containsExactly(Verdict.WRONG);
  }

  @Test
  void fullQueueIsAnAnswer() {
    PasswordHash stored = read(passwords.makeNow(bytes("right")));
    check(stored, "a");
    check(stored, "b");

    check(stored, "c");
    passwords.make(bytes("new"), made -> assertThat(made).isNull());

    assertThat(verdicts).containsExactly(Verdict.BUSY);
    work();
    check(stored, "c");
    work();
    assertThat(verdicts).containsExactly(Verdict.BUSY, Verdict.WRONG, Verdict.WRONG, Verdict.WRONG);
  }

  @Test
  void everyDamagedHashIsRefusedWithoutTellingIt() {
    byte[] encoded = passwords.makeNow(bytes("right")).encoded();

    for (int length = 0; length < encoded.length; length++) {
      byte[] cut = Arrays.copyOf(encoded, length);
      assertThatThrownBy(() -> PasswordHash.decoded(cut))
          .isInstanceOf(IllegalArgumentException.class);
    }
    byte[] longer = Arrays.copyOf(encoded, encoded.length + 1);
    assertThatThrownBy(() -> PasswordHash.decoded(longer)).hasMessageContaining("too many");
    byte[] huge = encoded.clone();
    huge[4] = 0x7f;
    assertThatThrownBy(() -> PasswordHash.decoded(huge)).hasMessageContaining("cost");
    byte[] other = encoded.clone();
    other[0] = 9;
    assertThatThrownBy(() -> PasswordHash.decoded(other)).hasMessageContaining("kind 9");
    assertThat(PasswordHash.decoded(encoded).encoded()).isEqualTo(encoded);
  }

  @Test
  void equalPasswordsHaveDifferentHashesAndNoText() {
    PasswordHash one = passwords.makeNow(bytes("same"));
    PasswordHash other = passwords.makeNow(bytes("same"));

    assertThat(one.encoded()).isNotEqualTo(other.encoded());
    assertThat(one).hasToString("(hidden)");
  }

  private void check(PasswordHash stored, String password) {
    passwords.check(stored, bytes(password), verdicts::add);
  }

  private void work() {
    while (!queue.isEmpty()) {
      queue.poll().run();
    }
  }

  /** As after a restart: nothing is remembered. */
  private static PasswordHash read(PasswordHash made) {
    return PasswordHash.decoded(made.encoded());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

package dev.whippet.broker.internal.identity;

import dev.whippet.broker.internal.identity.PasswordHash.Cost;

/** Passwords whose hashes cost next to nothing, made and checked in place. */
public final class QuickPasswords {
  private static final Cost CHEAP = new Cost(8, 1, 1);

  private QuickPasswords() {}

  /** New ones, that remember nothing. */
  public static Passwords make() {
    return new Passwords(Runnable::run, Runnable::run, CHEAP);
  }
}

package dev.whippet.internal.outbox;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A key store of a test: wraps by a secret pattern that has a number, and can be locked, lose keys
 * and rotate. It fails the test when one key comes twice.
 */
final class Keyring implements OutboxConfig.Keys {
  private static final int NUMBER_BYTES = 1;

  private final List<byte[]> secrets = new ArrayList<>();
  private final Set<String> seen = new HashSet<>();
  private boolean locked;
  private int lostBelow;

  Keyring() {
    rotate();
  }

  /** Wraps with another secret from now on. */
  synchronized void rotate() {
    byte[] secret = new byte[32];
    Arrays.fill(secret, (byte) (17 * (secrets.size() + 1)));
    secrets.add(secret);
  }

  /** Nothing can be wrapped or unwrapped, for a while. */
  synchronized void lock(boolean on) {
    locked = on;
  }

  /** All secrets but the newest are gone for good. */
  synchronized void loseOld() {
    lostBelow = secrets.size() - 1;
  }

  /** How many keys were wrapped. */
  synchronized int wrapped() {
    return seen.size();
  }

  @Override
  public synchronized byte[] wrap(byte[] key) throws IOException {
    check();
    if (!seen.add(Arrays.toString(key))) {
      throw new IllegalStateException("one key for two segments");
    }
    byte[] wrapped = new byte[NUMBER_BYTES + key.length];
    wrapped[0] = (byte) (secrets.size() - 1);
    mix(key, 0, wrapped, NUMBER_BYTES, wrapped[0]);
    return wrapped;
  }

  @Override
  public synchronized byte[] unwrap(byte[] wrapped) throws IOException {
    check();
    if (wrapped[0] < lostBelow) {
      return null;
    }
    byte[] key = new byte[wrapped.length - NUMBER_BYTES];
    mix(wrapped, NUMBER_BYTES, key, 0, wrapped[0]);
    return key;
  }

  private void mix(byte[] from, int at, byte[] to, int toAt, int number) {
    for (int i = 0; i < 32; i++) {
      to[toAt + i] = (byte) (from[at + i] ^ secrets.get(number)[i]);
    }
  }

  private void check() throws IOException {
    if (locked) {
      throw new IOException("the device is locked");
    }
  }
}

package dev.whippet.broker.internal.identity;

import dev.whippet.broker.internal.identity.PasswordHash.Cost;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/** Argon2id 1.3 (RFC 9106) of Bouncy Castle: slow and large on purpose. Any thread, not a loop. */
final class Argon2 {

  /** 19 MiB and 2 passes in one lane: some tens of milliseconds of one core. */
  static final Cost COST = new Cost(19 << 10, 2, 1);

  private Argon2() {}

  static byte[] hash(byte[] password, Cost cost, byte[] salt, int bytes) {
    Argon2BytesGenerator generator = new Argon2BytesGenerator();
    generator.init(
        new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
            .withVersion(Argon2Parameters.ARGON2_VERSION_13)
            .withMemoryAsKB(cost.memoryKib())
            .withIterations(cost.passes())
            .withParallelism(cost.lanes())
            .withSalt(salt)
            .build());
    byte[] hash = new byte[bytes];
    generator.generateBytes(password, hash);
    return hash;
  }
}

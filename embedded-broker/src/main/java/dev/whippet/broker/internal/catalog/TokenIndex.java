package dev.whippet.broker.internal.catalog;

import dev.whippet.broker.internal.catalog.UserEntry.Token;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/** All users' tokens by their hash, immutable: 1,024 buckets, of which a change copies one. */
final class TokenIndex {

  static final TokenIndex EMPTY = new TokenIndex(new Owned[1024][], 0);

  private static final Owned[] NONE = {};

  private final Owned[][] buckets;
  private final int size;

  private TokenIndex(Owned[][] buckets, int size) {
    this.buckets = buckets;
    this.size = size;
  }

  /** A token and whose it is. */
  record Owned(int user, Token token) {}

  int size() {
    return size;
  }

  /** The token with that hash, or {@code null}. */
  Owned find(byte[] hash) {
    for (Owned each : bucket(hash)) {
      if (MessageDigest.isEqual(each.token.hash(), hash)) {
        return each;
      }
    }
    return null;
  }

  TokenIndex plus(int user, Token token) {
    Owned[] bucket = bucket(token.hash());
    Owned[] more = new Owned[bucket.length + 1];
    System.arraycopy(bucket, 0, more, 0, bucket.length);
    more[bucket.length] = new Owned(user, token);
    return with(token, more, size + 1);
  }

  TokenIndex minus(Token token) {
    List<Owned> fewer = new ArrayList<>(List.of(bucket(token.hash())));
    fewer.removeIf(each -> each.token == token);
    return with(token, fewer.toArray(NONE), size - 1);
  }

  private TokenIndex with(Token token, Owned[] bucket, int newSize) {
    Owned[][] changed = buckets.clone();
    changed[indexOf(token.hash())] = bucket;
    return new TokenIndex(changed, newSize);
  }

  private Owned[] bucket(byte[] hash) {
    Owned[] bucket = buckets[indexOf(hash)];
    return bucket == null ? NONE : bucket;
  }

  private int indexOf(byte[] hash) {
    return ((hash[0] & 0xff) << 8 | hash[1] & 0xff) % buckets.length;
  }
}

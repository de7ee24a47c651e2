package dev.whippet.broker.internal.catalog;

import java.util.Arrays;

/**
 * Ids by name, immutable: a change copies one bucket of some names and the list of buckets, so that
 * a table of thousands grows without copying all of it each time. Any thread.
 */
final class NameIndex {

  /** Nothing. */
  static final NameIndex EMPTY = new NameIndex(new Named[1][], 0);

  /** {@link #get} when there is none. */
  static final int NONE = -1;

  /** Names of a bucket, on average, before there are twice as many buckets. */
  private static final int BUCKET_SIZE_MAX = 4;

  private static final Named[] NOBODY = {};

  private record Named(String name, int id) {}

  /** A power of two of them; {@code null} for an empty one. */
  private final Named[][] buckets;

  private final int size;

  private NameIndex(Named[][] buckets, int size) {
    this.buckets = buckets;
    this.size = size;
  }

  int size() {
    return size;
  }

  /** The id of what has that name, or {@link #NONE}. */
  int get(String name) {
    for (Named each : bucket(name)) {
      if (each.name.equals(name)) {
        return each.id;
      }
    }
    return NONE;
  }

  /** With a name that is not there. */
  NameIndex plus(String name, int id) {
    if (size >= buckets.length * BUCKET_SIZE_MAX) {
      return spread(buckets.length * 2).plus(name, id);
    }
    Named[] bucket = bucket(name);
    Named[] more = Arrays.copyOf(bucket, bucket.length + 1);
    more[bucket.length] = new Named(name, id);
    return with(name, more, size + 1);
  }

  /** Without a name that is there. */
  NameIndex minus(String name) {
    Named[] fewer =
        Arrays.stream(bucket(name)).filter(one -> !one.name.equals(name)).toArray(Named[]::new);
    return with(name, fewer, size - 1);
  }

  private NameIndex with(String name, Named[] bucket, int newSize) {
    Named[][] changed = buckets.clone();
    changed[indexOf(name, changed.length)] = bucket;
    return new NameIndex(changed, newSize);
  }

  private NameIndex spread(int count) {
    Named[][] more = new Named[count][];
    for (Named[] bucket : buckets) {
      for (Named one : bucket == null ? NOBODY : bucket) {
        int index = indexOf(one.name, count);
        Named[] before = more[index] == null ? NOBODY : more[index];
        more[index] = Arrays.copyOf(before, before.length + 1);
        more[index][before.length] = one;
      }
    }
    return new NameIndex(more, size);
  }

  private Named[] bucket(String name) {
    Named[] bucket = buckets[indexOf(name, buckets.length)];
    return bucket == null ? NOBODY : bucket;
  }

  private static int indexOf(String name, int count) {
    int hash = name.hashCode() * 0x9E3779B9;
    return hash >>> 8 & count - 1;
  }
}

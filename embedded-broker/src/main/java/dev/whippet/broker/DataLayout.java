package dev.whippet.broker;

import java.nio.file.Path;

/**
 * Where everything is inside a data directory (docs/FORMAT.md).
 *
 * @param root the data directory
 */
record DataLayout(Path root) {

  /** Journal of streams, topics and producers. */
  Path catalog() {
    return root.resolve("catalog");
  }

  /** Journal of consumer offsets. */
  Path offsets() {
    return root.resolve("offsets");
  }

  /** One directory per partition that was ever written, named by its incarnation. */
  Path partitions() {
    return root.resolve("partitions");
  }

  /** Partitions that a damaged catalog did not know. */
  Path setAside() {
    return root.resolve("set-aside");
  }

  /** How a clean stop left the partitions; not there while a broker runs. */
  Path cleanStop() {
    return root.resolve("clean-stop");
  }

  /** Commit files of all loops. */
  Path commits() {
    return root.resolve("commits");
  }

  /** Journal of the keys and revoked tokens of HTTP. */
  Path http() {
    return root.resolve("http");
  }

  /** A self-signed certificate and its key, when asked for. */
  Path tls() {
    return root.resolve("tls");
  }

  /** Files that wait to be segments. */
  Path pool() {
    return root.resolve("pool");
  }

  /** What must be there before anything is recovered; outermost first. */
  Path[] directories() {
    return new Path[] {catalog(), offsets(), partitions(), commits(), pool(), setAside(), http()};
  }
}

package dev.whippet.broker;

/** What a broker tells about itself to whoever asks for a snapshot: lines, and no secrets. */
final class SelfDescription {

  private SelfDescription() {}

  /** The effective settings; of credentials only the root user's name. */
  static String configuration(BrokerConfig config) {
    return String.join(
        "\n",
        "version = " + Version.text(),
        "ports = " + config.ports,
        "data directory = " + config.dataDirectory,
        "transport = " + config.transport,
        "loops = " + config.loops,
        "segment bytes = " + config.segmentBytes,
        "storage = " + config.storage(),
        "consumer protection millis = " + config.consumerProtectionMillis,
        "stop grace millis = " + config.stopGraceMillis,
        "root user = " + config.rootUsername,
        "");
  }

  /** How it runs, and what is wrong; no names of streams and topics. */
  static String logs(String description, Health health) {
    StringBuilder text = new StringBuilder(description).append('\n');
    text.append(health.status()).append('\n');
    for (Health.Problem problem : health.problems()) {
      text.append(problem.reason()).append('\n');
    }
    Health.Disk disk = health.disk();
    text.append("message bytes = ").append(disk.messageBytes()).append('\n');
    text.append("dropped messages = ").append(disk.droppedMessages()).append('\n');
    return text.toString();
  }
}

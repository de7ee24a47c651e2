package dev.whippet.broker.internal.bench;

import dev.whippet.broker.internal.bench.client.Range;
import picocli.CommandLine.Option;

/** How large the messages of a device are. */
final class RecordSizeOption {

  @Option(
      names = {"-m", "--message-size"},
      paramLabel = "BYTES",
      defaultValue = "256",
      description = "Default ${DEFAULT-VALUE}.")
  Range messageBytes;
}

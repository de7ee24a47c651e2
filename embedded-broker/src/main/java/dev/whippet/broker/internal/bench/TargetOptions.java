package dev.whippet.broker.internal.bench;

import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.broker.internal.bench.measure.Disk;
import dev.whippet.broker.internal.bench.measure.Proc;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which server, and what else is known of it. */
final class TargetOptions {

  @Option(
      names = "--url",
      paramLabel = "URL",
      defaultValue = "tcp://127.0.0.1:8090",
      description = "tcp://host:port or ws://host:port; default ${DEFAULT-VALUE}.")
  String url;

  @Mixin CredentialOptions credentials;

  @Option(
      names = "--server-pid",
      paramLabel = "PID",
      description = "The server's process; found by its port when it is on this machine.")
  long serverPid;

  @Option(
      names = "--server-data",
      paramLabel = "DIR",
      description = "The server's data directory: its device's flushes are counted.")
  Path serverData;

  Target target() throws BenchException {
    return credentials.target(url);
  }

  long pid(Target target) {
    if (serverPid != 0 || !target.isLocal()) {
      return serverPid;
    }
    return Proc.system().listenerOn(target.port());
  }

  /** Null when the directory was not named. */
  Disk disk() throws BenchException {
    if (serverData == null) {
      return null;
    }
    try {
      return Disk.under(serverData);
    } catch (IOException e) {
      throw new BenchException(serverData + " is not a directory that can be read: " + e, e);
    }
  }
}

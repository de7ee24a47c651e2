package dev.whippet.broker.internal.bench;

import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Target;
import picocli.CommandLine.Option;

/** Who logs in. */
final class CredentialOptions {

  @Option(
      names = "--user",
      paramLabel = "NAME",
      defaultValue = "iggy",
      description = "Who logs in; default ${DEFAULT-VALUE}.")
  String user;

  @Option(
      names = "--password",
      paramLabel = "TEXT",
      defaultValue = "${env:IGGY_ROOT_PASSWORD:-iggy}",
      description = "Default: IGGY_ROOT_PASSWORD, or iggy.")
  String password;

  /** The server at {@code url}, with these credentials. */
  Target target(String url) throws BenchException {
    return Target.parse(url, user, password);
  }
}

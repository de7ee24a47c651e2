package dev.whippet.broker.cli;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;

/** Any text is a configuration or is refused in one line that names the file. */
class ConfigFileFuzz {

  @FuzzTest(maxDuration = "2s")
  void isAConfigurationOrIsRefused(byte[] data) {
    fuzzerTestOneInput(data);
  }

  public static void fuzzerTestOneInput(byte[] data) {
    try {
      ConfigFile.parse("w.toml", new String(data, StandardCharsets.UTF_8));
    } catch (UsageException refused) {
      if (!refused.getMessage().startsWith("w.toml")) {
        throw new AssertionError(refused.getMessage());
      }
    }
  }
}

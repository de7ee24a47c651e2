package dev.whippet.broker.cli;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The flags of {@link Setting} and {@code --config}, for every command that takes settings. */
final class SettingFlags {

  private static final String CONFIG = "--config";

  private SettingFlags() {}

  static void addTo(CommandSpec spec) {
    for (Setting setting : Setting.values()) {
      if (setting.isFlag()) {
        spec.addOption(option(setting));
      }
    }
    spec.addOption(
        OptionSpec.builder(CONFIG)
            .paramLabel("FILE")
            .type(Path.class)
            .description("TOML configuration file.")
            .build());
  }

  private static OptionSpec option(Setting setting) {
    OptionSpec.Builder option =
        OptionSpec.builder("--" + setting.key()).paramLabel(setting.label());
    if (setting.isList()) {
      option.type(List.class).auxiliaryTypes(String.class);
    } else {
      option.type(String.class);
    }
    if (setting.isSwitch()) {
      option.arity("0..1").fallbackValue("on");
    }
    String standard = setting.defaultText().replace("%", "%%");
    return option
        .description(
            setting.description()
                + (standard.isEmpty() ? "" : " Default: " + standard + ".")
                + (setting.isList() ? " Repeatable." : ""))
        .build();
  }

  /** What the file, the environment and the command line that was parsed say together. */
  static Settings settings(CommandSpec spec, Map<String, String> environment)
      throws UsageException {
    ParseResult parsed = spec.commandLine().getParseResult();
    Map<Setting, String> flags = new EnumMap<>(Setting.class);
    for (Setting setting : Setting.values()) {
      if (setting.isFlag() && parsed.hasMatchedOption("--" + setting.key())) {
        Object value = parsed.matchedOptionValue("--" + setting.key(), null);
        flags.put(setting, value instanceof List<?> list ? joined(list) : (String) value);
      }
    }
    Path file = parsed.matchedOptionValue(CONFIG, null);
    return new Settings().file(file).environment(environment).flags(flags);
  }

  private static String joined(List<?> values) {
    return String.join(",", values.stream().map(String::valueOf).toList());
  }
}

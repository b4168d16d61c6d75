package io.turnstile.testbed;

import io.turnstile.clients.OptionSources;
import io.turnstile.clients.ReferenceSpec;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * Checks of all options of all commands that an argument, an environment variable and a line of a
 * properties file mean the same, whatever an editor or a platform makes of the value. For tests;
 * runs no command.
 */
public final class OptionCheck {

  private final CommandLine commandLine;
  private final String section;
  private final Path file;
  private final List<String> problems = new ArrayList<>();
  private int checked;

  /**
   * @param commandLine the outermost command
   * @param section of its own options in a file; empty for none
   * @param directory for files of options
   */
  public OptionCheck(CommandLine commandLine, String section, Path directory) {
    this.commandLine = commandLine;
    this.section = section;
    this.file = directory.resolve("of options.properties");
  }

  /** Checks them all, and returns what is wrong, one line each. */
  public List<String> problems() throws IOException {
    return problemsOf(this::checkAllWays);
  }

  /** The same of plain values alone, for what depends on the locale. */
  public List<String> problemsOfPlainValues() throws IOException {
    return problemsOf(this::checkPlainValues);
  }

  private List<String> problemsOf(Check check) throws IOException {
    check(commandLine, List.of(), check);
    if (checked == 0) {
      problems.add("there are no options");
    }
    return problems;
  }

  private interface Check {
    void of(List<String> path, OptionSpec option) throws IOException;
  }

  private void check(CommandLine command, List<String> path, Check check) throws IOException {
    for (OptionSpec option : command.getCommandSpec().options()) {
      boolean help = option.usageHelp() || option.versionHelp();
      boolean live = option.group() != null && option.required();
      if (!help && !live && !option.longestName().equals(OptionSources.FILE_OPTION)) {
        checked++;
        check.of(path, option);
      }
    }
    for (Map.Entry<String, CommandLine> subcommand : command.getSubcommands().entrySet()) {
      check(subcommand.getValue(), append(path, subcommand.getKey()), check);
    }
  }

  private void checkPlainValues(List<String> path, OptionSpec option) throws IOException {
    commandLine.setDefaultValueProvider(null);
    String at = String.join(" ", append(path, option.longestName()));
    String name = option.longestName();
    String sample = samples(option).get(0);
    try {
      Object wanted = parse(path, option, Map.of(), name + "=" + sample);
      String variable = OptionSources.environmentName(option);
      require(at, variable, same(wanted, parse(path, option, Map.of(variable, sample))));
      String property = name.replaceFirst("^--", "");
      Files.writeString(file, property + "=" + sample + "\n");
      String options = OptionSources.FILE_OPTION + "=" + file;
      require(at, property, same(wanted, parse(path, option, Map.of(), options)));
    } catch (ParameterException e) {
      problems.add(at + ": " + e.getMessage());
    }
  }

  private void checkAllWays(List<String> path, OptionSpec option) throws IOException {
    // Before anything gives it a default.
    commandLine.setDefaultValueProvider(null);
    boolean required = option.required();
    String at = String.join(" ", append(path, option.longestName()));
    List<String> samples = samples(option);
    String name = option.longestName();
    String property = name.replaceFirst("^--", "");
    String variable = OptionSources.environmentName(option);
    String sample = samples.get(0);
    String other = samples.get(1);
    try {
      Object wanted = parse(path, option, Map.of(), name + "=" + sample);
      Object unwanted = parse(path, option, Map.of(), name + "=" + other);
      require(at, "tells its samples apart", !same(wanted, unwanted) || !hasEquals(wanted));
      for (String spoiled : List.of(sample, " " + sample + "\r\n", "\ufeff" + sample + "\n")) {
        require(at, variable, same(wanted, parse(path, option, Map.of(variable, spoiled))));
      }
      require(
          at,
          "carriage return",
          same(wanted, parse(path, option, Map.of(), name + "=" + sample + "\r")));
      String own = path.isEmpty() ? section : String.join(".", path);
      for (String prefix : List.of("", own.isEmpty() ? "" : own + ".")) {
        Files.writeString(file, "\ufeff" + prefix + property + " = " + sample + " \r\n# end\r\n");
        String options = OptionSources.FILE_OPTION + "=" + file;
        require(at, prefix + property, same(wanted, parse(path, option, Map.of(), options)));
        require(
            at,
            "a variable wins over the file",
            same(unwanted, parse(path, option, Map.of(variable, other), options)));
      }
      require(
          at,
          "an argument wins over a variable",
          same(wanted, parse(path, option, Map.of(variable, other), name + "=" + sample)));
      if (isSwitch(option)) {
        for (String set : samples) {
          require(
              at,
              "the switch itself means true",
              Boolean.TRUE.equals(parse(path, option, Map.of(variable, set), name)));
        }
      }
      boolean password = property.endsWith("password");
      for (String quotes : List.of("\"", "'")) {
        String quoted = quotes + sample + quotes;
        require(
            at,
            "quotation marks are refused",
            password || isRefused(path, option, Map.of(variable, quoted)));
      }
      if (!required) {
        require(
            at,
            "empty is absent",
            same(parse(path, option, Map.of()), parse(path, option, Map.of(variable, " "))));
      }
    } catch (ParameterException e) {
      problems.add(at + ": " + e.getMessage());
    }
  }

  private boolean isRefused(List<String> path, OptionSpec option, Map<String, String> environment) {
    try {
      parse(path, option, environment);
      return false;
    } catch (ParameterException e) {
      return true;
    }
  }

  private void require(String at, String what, boolean condition) {
    if (!condition) {
      problems.add(at + ": " + what);
    }
  }

  /** The option's value, with these arguments behind those that the command cannot do without. */
  private Object parse(
      List<String> path, OptionSpec option, Map<String, String> environment, String... arguments) {
    // What the last one gives would count as given here.
    commandLine.setDefaultValueProvider(null);
    CommandSpec command = commandLine.getCommandSpec();
    for (String name : path) {
      command = command.subcommands().get(name).getCommandSpec();
    }
    List<String> all = new ArrayList<>(path);
    for (ArgSpec needed : command.args()) {
      boolean opensGroup = option.group() != null && option.group().equals(needed.group());
      if (needed.required()
          && (needed.group() == null || opensGroup)
          && needed instanceof OptionSpec other
          && !other.longestName().equals(option.longestName())) {
        all.add(other.longestName() + "=" + samples(other).get(0));
      }
    }
    all.addAll(List.of(arguments));
    for (PositionalParamSpec parameter : command.positionalParameters()) {
      if (parameter.required()) {
        all.add("parameter");
      }
    }
    String[] cleaned =
        OptionSources.connect(commandLine, section, all.toArray(String[]::new), environment);
    ParseResult result = commandLine.parseArgs(cleaned);
    while (result.hasSubcommand()) {
      result = result.subcommand();
    }
    return result.commandSpec().findOption(option.longestName()).getValue();
  }

  /** Two values that differ, as they are written. */
  private static List<String> samples(OptionSpec option) {
    Class<?> type = option.isMultiValue() ? option.auxiliaryTypes()[0] : option.type();
    if (Map.class.isAssignableFrom(option.type())) {
      return List.of("some.name=7", "some.name=8");
    }
    if (type.isEnum()) {
      Object[] constants = type.getEnumConstants();
      return List.of(constants[0].toString(), constants[1].toString());
    }
    if (isSwitch(option)) {
      return List.of("true", "false");
    }
    if (type == Duration.class) {
      return List.of("7min", "8s");
    }
    if (type == Instant.class) {
      return List.of("2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z");
    }
    if (type == Charset.class) {
      return List.of("UTF-16", "ISO-8859-1");
    }
    if (type == ReferenceSpec.class) {
      return List.of(
          "tariff:keyed-by=product,wait=7s;risk:keyed-by=customer", "r:keyed-by=customer");
    }
    if (type == char.class || type == Character.class) {
      return List.of(",", ".");
    }
    if (type.isPrimitive() || Number.class.isAssignableFrom(type)) {
      return List.of("7", "8");
    }
    if (type == Path.class || type == String.class) {
      return List.of("Ünï I.i", "other");
    }
    // A type of the job's own.
    return List.of("a/0=7,b/1=8", "a/0=8,b/1=8");
  }

  private static boolean isSwitch(OptionSpec option) {
    return option.type() == boolean.class || option.type() == Boolean.class;
  }

  private static boolean same(Object one, Object two) {
    return Objects.deepEquals(one, two)
        || (one != null && two != null && !hasEquals(one) && one.getClass() == two.getClass());
  }

  private static boolean hasEquals(Object value) {
    return value == null
        || value.getClass().isArray()
        || Stream.of(value.getClass().getMethods())
            .filter(method -> method.getName().equals("equals"))
            .anyMatch(method -> method.getDeclaringClass() != Object.class);
  }

  private static List<String> append(List<String> path, String name) {
    List<String> longer = new ArrayList<>(path);
    longer.add(name);
    return longer;
  }
}

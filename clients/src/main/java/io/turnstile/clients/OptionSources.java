package io.turnstile.clients;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Where the value of an option comes from, for every command and the job alike. The first of these
 * that has it:
 *
 * <ol>
 *   <li>the argument {@code --some-name};
 *   <li>the environment variable {@code TURNSTILE_SOME_NAME};
 *   <li>the property {@code COMMAND.some-name} of the file that {@code --options} names, as {@code
 *       watch.duration}, {@code simulate.generate.rate} or, of the job, {@code job.lanes};
 *   <li>its property {@code some-name};
 *   <li>the option's own default.
 * </ol>
 *
 * <p>One file serves job and commands: what it says of a section that is another program's is not
 * looked at. Everything else must be an option of this one, so that nothing misspelt is lost.
 *
 * <p>White space around a value is removed, as are a byte order mark and the carriage return that a
 * Windows editor leaves; an empty environment variable or property counts as absent. Quotation
 * marks around one are refused: a shell would have removed them, a container's list of variables or
 * a properties file keeps them. Thread-safe.
 */
public final class OptionSources implements IDefaultValueProvider {

  /**
   * The value of a switch that is given as an argument: its {@code fallbackValue}. Without one,
   * picocli takes the opposite of the default, which may come from here.
   */
  public static final String ON = "true";

  /** The option that names the file. */
  public static final String FILE_OPTION = "--options";

  /** The section of the job's own options in a file. */
  public static final String JOB = "job";

  /** The first parts of names in a file: the job, and every command. */
  public static final Set<String> SECTIONS =
      Set.of(
          JOB,
          "audit",
          "bench",
          "check",
          "completion",
          "database",
          "demo",
          "feeds",
          "gateway",
          "keys",
          "redrive",
          "savepoint",
          "simulate",
          "topics",
          "up",
          "upgrade",
          "verdicts",
          "watch");

  private static final String PREFIX = "TURNSTILE_";
  private static final String BYTE_ORDER_MARK = "\ufeff";
  private static final Pattern QUOTED = Pattern.compile("([\"']).*\\1", Pattern.DOTALL);

  /** Ends the name of an option whose value may be anything. */
  private static final String PASSWORD = "password";

  /** What names of the outermost command's options may begin with; empty for none. */
  private final String ownSection;

  private final Map<String, String> environment;
  private final Map<String, String> properties;

  /** Options that an argument alone may give, by identity. */
  private final Set<OptionSpec> byArgumentOnly;

  private OptionSources(
      String ownSection,
      Map<String, String> environment,
      Map<String, String> properties,
      Set<OptionSpec> byArgumentOnly) {
    this.ownSection = ownSection;
    this.environment = Map.copyOf(environment);
    this.properties = Map.copyOf(properties);
    this.byArgumentOnly = byArgumentOnly;
  }

  /** Adds {@code --options} to a command and its subcommands. */
  public static void addFileOption(CommandLine commandLine) {
    commandLine
        .getCommandSpec()
        .addOption(
            OptionSpec.builder(FILE_OPTION)
                .type(Path.class)
                .paramLabel("FILE")
                .description(
                    "Properties file of options: NAME=VALUE a line, NAME without dashes in front."
                        + " Arguments and environment variables (TURNSTILE_NAME) win.")
                .build());
    commandLine.getSubcommands().values().forEach(OptionSources::addFileOption);
  }

  /**
   * Has a command and its subcommands look here for what no argument gives.
   *
   * @param environment as of {@link System#getenv()}
   * @return the arguments, cleaned, to be parsed
   * @throws ParameterException if the file cannot be read, or names an option that there is not
   */
  public static String[] connect(
      CommandLine commandLine, String[] arguments, Map<String, String> environment) {
    return connect(commandLine, "", arguments, environment);
  }

  /**
   * The same for a program that has a section of its own.
   *
   * @param section its name in a file; empty for one whose subcommands have theirs
   */
  public static String[] connect(
      CommandLine commandLine,
      String section,
      String[] arguments,
      Map<String, String> environment) {
    String ownSection = section.isEmpty() ? "" : section + ".";
    String[] cleaned =
        Stream.of(arguments).map(OptionSources::withoutLineEnd).toArray(String[]::new);
    Path file = file(cleaned, environment);
    Set<OptionSpec> byArgumentOnly = Collections.newSetFromMap(new IdentityHashMap<>());
    addByArgumentOnly(commandLine, byArgumentOnly);
    Map<String, String> properties = Map.of();
    if (file != null) {
      try {
        properties = ClientProperties.read(file);
      } catch (IOException e) {
        throw new ParameterException(commandLine, FILE_OPTION + " cannot be read: " + e, e);
      }
      OptionSources sources = new OptionSources(ownSection, Map.of(), Map.of(), byArgumentOnly);
      sources.requireKnown(commandLine, file, properties.keySet());
    }
    commandLine.setDefaultValueProvider(
        new OptionSources(ownSection, environment, properties, byArgumentOnly));
    return cleaned;
  }

  /** The environment variable that can be set instead of an option. */
  public static String environmentName(OptionSpec option) {
    return PREFIX + name(option).replace('-', '_').toUpperCase(Locale.ROOT);
  }

  private static String name(OptionSpec option) {
    return name(option.longestName());
  }

  private static String name(String option) {
    return option.replaceFirst("^-+", "");
  }

  @Override
  public String defaultValue(ArgSpec argument) {
    if (!(argument instanceof OptionSpec option) || byArgumentOnly.contains(option)) {
      return null;
    }
    String value =
        Stream.of(
                environment.get(environmentName(option)),
                properties.get(path(option.command()) + name(option)),
                properties.get(name(option)))
            .filter(given -> given != null && !clean(given).isEmpty())
            .findFirst()
            .map(OptionSources::clean)
            .orElse(null);
    if (value != null && QUOTED.matcher(value).matches() && !name(option).endsWith(PASSWORD)) {
      throw new ParameterException(
          option.command().commandLine(),
          "the value of %s, from %s or the file of %s, has quotation marks around it: leave them out"
              .formatted(option.longestName(), environmentName(option), FILE_OPTION));
    }
    return value;
  }

  /**
   * Finds the options for help, which is asked for by an argument only, and the required ones of
   * optional groups: they make a benchmark one of a deployment that runs already.
   */
  private static void addByArgumentOnly(CommandLine commandLine, Set<OptionSpec> found) {
    for (OptionSpec option : commandLine.getCommandSpec().options()) {
      boolean help = option.usageHelp() || option.versionHelp();
      boolean opensGroup = option.group() != null && option.required();
      if (help || opensGroup || option.longestName().equals(FILE_OPTION)) {
        found.add(option);
      }
    }
    commandLine.getSubcommands().values().forEach(command -> addByArgumentOnly(command, found));
  }

  /** {@code simulate.generate.}; the section of the outermost command. */
  private String path(CommandSpec command) {
    return command.parent() == null ? ownSection : path(command.parent()) + command.name() + ".";
  }

  private void requireKnown(CommandLine commandLine, Path file, Set<String> names) {
    Set<String> unknown = new TreeSet<>(names);
    settable(commandLine).forEach(unknown::remove);
    unknown.removeIf(name -> isOfAnotherProgram(name, commandLine));
    if (!unknown.isEmpty()) {
      throw new ParameterException(
          commandLine,
          FILE_OPTION
              + ": "
              + file
              + " names unknown options: "
              + unknown
              + "; what is for the job alone is job.NAME, for a command alone COMMAND.NAME");
    }
  }

  private boolean isOfAnotherProgram(String name, CommandLine commandLine) {
    String section = name.substring(0, Math.max(0, name.indexOf('.')));
    return SECTIONS.contains(section)
        && !ownSection.equals(section + ".")
        && !commandLine.getSubcommands().containsKey(section);
  }

  private Stream<String> settable(CommandLine commandLine) {
    CommandSpec command = commandLine.getCommandSpec();
    return Stream.concat(
        command.options().stream()
            .filter(option -> !byArgumentOnly.contains(option))
            .flatMap(option -> Stream.of(name(option), path(command) + name(option))),
        commandLine.getSubcommands().values().stream().flatMap(this::settable));
  }

  private static Path file(String[] arguments, Map<String, String> environment) {
    String file = clean(environment.getOrDefault(PREFIX + "OPTIONS", ""));
    // What is behind "--" is for another program.
    for (int i = 0; i < arguments.length && !arguments[i].equals("--"); i++) {
      if (arguments[i].startsWith(FILE_OPTION + "=")) {
        file = arguments[i].substring(FILE_OPTION.length() + 1);
      } else if (arguments[i].equals(FILE_OPTION) && i + 1 < arguments.length) {
        file = arguments[i + 1];
      }
    }
    return file.isEmpty() ? null : Path.of(file);
  }

  private static String clean(String value) {
    return (value.startsWith(BYTE_ORDER_MARK) ? value.substring(1) : value).strip();
  }

  /** A script that a Windows editor saved has a carriage return behind the last argument. */
  private static String withoutLineEnd(String argument) {
    return argument.endsWith("\r") ? argument.substring(0, argument.length() - 1) : argument;
  }
}

package io.turnstile.cli;

import io.turnstile.audit.AuditCommand;
import io.turnstile.cli.redrive.RedriveCommand;
import io.turnstile.clients.DurationConverter;
import io.turnstile.clients.KeysCommand;
import io.turnstile.clients.OptionSources;
import io.turnstile.clients.Shutdown;
import io.turnstile.feeds.FeedsCommand;
import io.turnstile.gateway.GatewayCommand;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The command {@code turnstile}. Exit codes: 0 success, 1 failed check, 2 wrong usage. */
@Command(
    name = "turnstile",
    description = "Exactly-once transaction verdicts on Apache Flink.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Turnstile.Version.class,
    subcommands = {
      AuditCommand.class,
      CheckCommand.class,
      WatchCommand.class,
      VerdictsCommand.class,
      TopicsCommand.class,
      DatabaseCommand.class,
      SavepointCommand.class,
      UpgradeCommand.class,
      RedriveCommand.class,
      GatewayCommand.class,
      FeedsCommand.class,
      KeysCommand.class,
      CompletionCommand.class
    })
public final class Turnstile implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(Turnstile.class);

  @Spec private CommandSpec spec;

  public static void main(String[] args) {
    System.exit(run(commandLine(), args, System.getenv()));
  }

  /**
   * Runs a command, with the options that the arguments, the environment and the file of {@code
   * --options} give. For the process's whole life, numbers are then written in the same way,
   * whatever the machine's locale: programs read them.
   *
   * @param commandLine of {@link #commandLine}
   * @param environment as of {@link System#getenv()}
   * @return the exit code
   */
  public static int run(CommandLine commandLine, String[] args, Map<String, String> environment) {
    Locale.setDefault(Locale.ROOT);
    String[] cleaned;
    try {
      cleaned = OptionSources.connect(commandLine, args, environment);
    } catch (ParameterException e) {
      return wrongUsage(e, args);
    }
    return commandLine.execute(cleaned);
  }

  /**
   * The command line.
   *
   * @param more subcommands beside those of the product
   */
  public static CommandLine commandLine(Object... more) {
    CommandLine commandLine = new CommandLine(new Turnstile());
    for (Object subcommand : more) {
      // Given the object itself, picocli would leave out the model transformers of its commands.
      commandLine.addSubcommand(new CommandLine(subcommand));
    }
    commandLine.registerConverter(Duration.class, new DurationConverter());
    commandLine.setParameterExceptionHandler(Turnstile::wrongUsage);
    commandLine.setExecutionExceptionHandler(Turnstile::failed);
    commandLine.setUsageHelpAutoWidth(true);
    commandLine
        .getSubcommands()
        .values()
        .forEach(command -> command.getCommandSpec().mixinStandardHelpOptions(true));
    OptionSources.addFileOption(commandLine);
    return commandLine;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing command");
  }

  private static int wrongUsage(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    command
        .getErr()
        .println(
            command
                .getColorScheme()
                .errorText("%s: %s; see %s --help".formatted(name, OneLine.of(e), name)));
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  private static int failed(Exception e, CommandLine command, ParseResult result) {
    if (Shutdown.inProgress()) {
      // A failure now has its cause in the end of everything.
      return command.getCommandSpec().exitCodeOnExecutionException();
    }
    LOG.debug("{} failed", command.getCommandSpec().qualifiedName(), e);
    command
        .getErr()
        .println(
            command
                .getColorScheme()
                .errorText(command.getCommandSpec().qualifiedName() + ": " + OneLine.of(e)));
    return command.getCommandSpec().exitCodeOnExecutionException();
  }

  /** Reads the version from the JAR. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Turnstile.class.getPackage().getImplementationVersion();
      return new String[] {"turnstile " + (version == null ? "(not packaged)" : version)};
    }
  }
}

package io.turnstile.cli;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.OptionSources;
import io.turnstile.clients.postgresql.JournalDatabase;
import io.turnstile.clients.postgresql.PostgresqlOptions;
import io.turnstile.clients.postgresql.UnsuitableDatabaseException;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The tables of a journal in PostgreSQL. */
@Command(
    name = "database",
    description = "Make or check the tables of a journal in PostgreSQL, or drop old verdicts.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {DatabaseCommand.Create.class, DatabaseCommand.Check.class, RetainCommand.class})
final class DatabaseCommand implements Runnable {

  /** SQLSTATE of a schema that exists. */
  private static final String DUPLICATE_SCHEMA = "42P06";

  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing command");
  }

  private static Connection connect(PostgresqlOptions database, CommandSpec spec)
      throws SQLException {
    if (database.url() == null) {
      throw new ParameterException(spec.commandLine(), PostgresqlOptions.WRONG_URL);
    }
    database.requireUsable(spec.commandLine());
    return database.source().named("turnstile-cli").limited(TIMEOUT, TIMEOUT).getConnection();
  }

  static CheckFailedException failed(SQLException e) {
    return new CheckFailedException(
        "PostgreSQL refuses or does not answer: "
            + OneLine.of(e)
            + " (SQLSTATE "
            + e.getSQLState()
            + ")");
  }

  /** Makes the tables. */
  @Command(
      name = "create",
      description =
          "Make the tables of a journal, and the roles turnstile_writer and turnstile_reader, as the"
              + " owner of the database.",
      mixinStandardHelpOptions = true)
  static final class Create implements Callable<Integer> {

    private static final int MAX_LANES = 1 << 15;

    @Spec private CommandSpec spec;

    @Mixin private PostgresqlOptions database;

    @Option(
        names = "--lanes",
        paramLabel = "N",
        defaultValue = "4",
        description = "The same as the job's --lanes (default: ${DEFAULT-VALUE}).")
    private int lanes;

    @Option(
        names = "--partitions",
        fallbackValue = OptionSources.ON,
        description =
            "Verdicts of each day in a partition of their own, which 'retain' makes and drops.")
    private boolean partitions;

    @Option(
        names = "--print",
        fallbackValue = OptionSources.ON,
        description = "Print the statements and change nothing.")
    private boolean print;

    @Override
    public Integer call() {
      if (lanes < 1 || lanes > MAX_LANES) {
        throw new ParameterException(spec.commandLine(), "--lanes must be 1 to " + MAX_LANES);
      }
      PrintWriter out = spec.commandLine().getOut();
      if (print) {
        out.print(JournalDatabase.ddl(lanes, partitions));
        out.flush();
        return 0;
      }
      try (Connection connection = connect(database, spec)) {
        JournalDatabase.create(connection, lanes, partitions);
      } catch (SQLException e) {
        if (DUPLICATE_SCHEMA.equals(e.getSQLState())) {
          throw new CheckFailedException(
              "the database has a schema turnstile already: see turnstile database check");
        }
        throw failed(e);
      }
      out.println(
          "created a journal of " + lanes + " lanes; grant turnstile_writer to the job's role");
      return 0;
    }
  }

  /** Checks the tables. */
  @Command(
      name = "check",
      description =
          "Say whether server and tables are as the job needs them (exit code 1 if they are not);"
              + " connect as the job's role.",
      mixinStandardHelpOptions = true)
  static final class Check implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Mixin private PostgresqlOptions database;

    @Override
    public Integer call() {
      PrintWriter out = spec.commandLine().getOut();
      try (Connection connection = connect(database, spec)) {
        JournalDatabase found = JournalDatabase.check(connection);
        if (!found.fsync()) {
          throw new CheckFailedException(
              "fsync is off: if the server's machine crashes, verdicts are lost; set it to on");
        }
        out.println("all is as the job needs it, " + found.lanes() + " lanes");
        return 0;
      } catch (UnsuitableDatabaseException e) {
        throw new CheckFailedException(e.getMessage());
      } catch (SQLException e) {
        throw failed(e);
      }
    }
  }
}

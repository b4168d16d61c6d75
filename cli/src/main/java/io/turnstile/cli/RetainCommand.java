package io.turnstile.cli;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.FlinkOptions;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.OptionSources;
import io.turnstile.clients.SinceConverter;
import io.turnstile.clients.postgresql.PostgresqlOptions;
import io.turnstile.clients.postgresql.Retention;
import io.turnstile.clients.postgresql.UnsuitableDatabaseException;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Makes and drops the partitions of the verdict table. */
@Command(
    name = "retain",
    description = {
      "Make the partitions of the days to come, and drop those of old days, as the tables' owner.",
      "",
      "A partition is kept while a checkpoint that Flink remembers needs a verdict in it. For an"
          + " older checkpoint or savepoint that is to be restored one day, give"
          + " --oldest-checkpoint."
    },
    mixinStandardHelpOptions = true)
final class RetainCommand implements Callable<Integer> {

  /** A table is looked through, whatever its size. */
  private static final Duration STATEMENT = Duration.ofHours(1);

  private static final Duration CONNECT = Duration.ofSeconds(30);

  /** Below the job's own, which repeats a commit that waited longer for the table. */
  private static final Duration LOCK = Duration.ofSeconds(1);

  @Spec private CommandSpec spec;

  @Mixin private PostgresqlOptions database;

  @Mixin private FlinkOptions flinkOptions;

  @Option(
      names = "--older-than",
      required = true,
      paramLabel = "DURATION",
      description = "Drop days that ended longer ago, as in 720h.")
  private Duration olderThan;

  @Option(
      names = "--oldest-checkpoint",
      paramLabel = "TIME|DURATION",
      converter = SinceConverter.class,
      description =
          "When the oldest checkpoint or savepoint began that is to be restored one day:"
              + " 2026-01-31T12:00:00Z, or 90m for 90 minutes ago (default: the oldest that Flink"
              + " remembers).")
  private Instant oldestCheckpoint;

  @Option(
      names = "--ahead",
      paramLabel = "DAYS",
      defaultValue = "7",
      description = "Days to come that get a partition (default: ${DEFAULT-VALUE}).")
  private int ahead;

  @Option(
      names = "--dry-run",
      fallbackValue = OptionSources.ON,
      description = "Say what would be dropped, and change nothing.")
  private boolean dryRun;

  @Override
  public Integer call() {
    if (ahead < 0 || ahead > 366) {
      throw new ParameterException(spec.commandLine(), "--ahead must be 0 to 366");
    }
    if (database.url() == null) {
      throw new ParameterException(spec.commandLine(), PostgresqlOptions.WRONG_URL);
    }
    database.requireUsable(spec.commandLine());
    Instant oldest = oldest(flinkOptions.connect(spec.commandLine()));
    try (Connection connection =
        database.source().named("turnstile-cli").limited(CONNECT, STATEMENT).getConnection()) {
      return retain(new Retention(connection, LOCK), oldest);
    } catch (UnsuitableDatabaseException e) {
      throw new CheckFailedException(e.getMessage());
    } catch (SQLException e) {
      throw DatabaseCommand.failed(e);
    }
  }

  private Instant oldest(FlinkRest flink) {
    FlinkRest.Checkpoints checkpoints = flink.checkpoints(flinkOptions.job(flink).id());
    Stream<Instant> remembered =
        Stream.concat(checkpoints.remembered().stream(), checkpoints.latest().stream())
            .map(FlinkRest.Checkpoint::triggered);
    Instant known =
        remembered
            .min(Instant::compareTo)
            .orElseThrow(
                () ->
                    new CheckFailedException(
                        "the job has no checkpoint yet: without one, a restart needs all"
                            + " verdicts"));
    return oldestCheckpoint != null && oldestCheckpoint.isBefore(known) ? oldestCheckpoint : known;
  }

  private int retain(Retention retention, Instant oldest) throws SQLException {
    PrintWriter out = spec.commandLine().getOut();
    Instant now = Instant.now();
    Retention.Plan plan = retention.plan(now.minus(olderThan), oldest);
    for (LocalDate day : plan.needed()) {
      out.println("kept " + day + ": the checkpoint of " + oldest + " needs verdicts of it");
    }
    if (dryRun) {
      plan.droppable().forEach(day -> out.println("would drop " + day));
      return 0;
    }
    for (LocalDate day : plan.droppable()) {
      boolean dropped = retention.drop(day, plan);
      out.println(dropped ? "dropped " + day : "kept " + day + ": it got a verdict just now");
    }
    long deleted = retention.deleteRest(plan);
    if (deleted > 0) {
      out.println("deleted " + deleted + " verdicts of days without a partition");
    }
    for (LocalDate day : retention.create(LocalDate.ofInstant(now, ZoneOffset.UTC), ahead + 1)) {
      out.println("made a partition for " + day);
    }
    if (deleted > 0 || !plan.droppable().isEmpty()) {
      out.println(
          "checkpoints and savepoints from before " + oldest + " may be refused from now on");
    }
    return 0;
  }
}

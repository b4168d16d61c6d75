package io.turnstile.audit;

import io.turnstile.clients.CarriedFieldOptions;
import io.turnstile.clients.DedupWindow;
import io.turnstile.clients.DurationConverter;
import io.turnstile.clients.KafkaOptions;
import io.turnstile.clients.OptionSources;
import io.turnstile.clients.ReferenceOptions;
import io.turnstile.clients.SinceConverter;
import io.turnstile.clients.postgresql.PostgresqlOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code turnstile audit}: exit code 0 if the promise holds, 1 if not, 2 for wrong usage. */
@Command(
    name = "audit",
    description = {
      "Proves the promise on a deployment, at rest or live, by reading its topics:",
      "every transaction has exactly one verdict, and the right one; none was accepted twice."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:the promise holds",
      "1:it does not",
      "2:wrong usage, or the topics could not be read"
    })
public final class AuditCommand implements Callable<Integer> {

  private static final int SHOWN = 20;
  private static final String SINCE = "--since";

  @Spec private CommandSpec spec;

  @Mixin private KafkaOptions kafka;

  @Mixin private PostgresqlOptions database;

  @Option(
      names = "--ledger",
      paramLabel = "FILE",
      description = "what the sender expects of each input, as the simulator writes it")
  private Path ledger;

  @Option(
      names = "--wait",
      paramLabel = "DURATION",
      defaultValue = "10s",
      converter = DurationConverter.class,
      description = {
        "how long to wait for verdicts not there yet; longer than the job's product",
        "wait and commit interval (default: ${DEFAULT-VALUE})"
      })
  private Duration wait;

  @Option(
      names = SINCE,
      paramLabel = "TIME|DURATION",
      converter = SinceConverter.class,
      description = {
        "only inputs appended since then: 2026-01-31T12:00:00Z, or 90m for the last 90",
        "minutes (default: all)"
      })
  private Instant since;

  @Option(
      names = "--dedup-window",
      paramLabel = "DURATION",
      defaultValue = DedupWindow.DEFAULT,
      converter = DurationConverter.class,
      description = "the job's dedup window (default: ${DEFAULT-VALUE})")
  private Duration dedupWindow;

  @Mixin private ReferenceOptions references;

  @Mixin private CarriedFieldOptions carried;

  @Option(names = "--out", paramLabel = "FILE", description = "write the result as JSON")
  private Path out;

  @Override
  public Integer call() {
    PrintWriter stdout = spec.commandLine().getOut();
    PrintWriter stderr = spec.commandLine().getErr();
    if (since != null) {
      stderr.printf("audit: only inputs since %s, as set by %s%n", since, originOfSince());
      stderr.flush();
    }
    AuditReport report;
    try {
      report = new Audit(config(stderr)).run();
    } catch (AuditException e) {
      stderr.println("audit: " + e.getMessage());
      stderr.flush();
      return CommandLine.ExitCode.USAGE;
    }
    stdout.print(report.toText(SHOWN));
    stdout.flush();
    if (out != null) {
      write(report);
    }
    return report.passed() ? 0 : 1;
  }

  /** One that was set for another command, and forgotten, must not narrow the proof in silence. */
  private String originOfSince() {
    return spec.commandLine().getParseResult().hasMatchedOption(SINCE)
        ? "the argument " + SINCE
        : "%s or the file of %s"
            .formatted(
                OptionSources.environmentName(spec.findOption(SINCE)), OptionSources.FILE_OPTION);
  }

  private AuditConfig config(PrintWriter stderr) {
    AuditConfigBuilder builder =
        AuditConfig.builder(kafka.bootstrapServers())
            .topics(kafka.topics())
            .database(database.sourceIfGiven())
            .ledger(ledger)
            .since(since)
            .waitFor(wait)
            .dedupWindow(dedupWindow)
            .progress(
                (phase, done, total) -> {
                  stderr.printf("audit: %s, %,d of %,d%n", phase, done, total);
                  stderr.flush();
                });
    database.requireUsable(spec.commandLine());
    if (ledger != null && !Files.isReadable(ledger)) {
      throw usage("--ledger " + ledger + " cannot be read");
    }
    if (out != null && out.toAbsolutePath().getParent() != null) {
      if (!Files.isDirectory(out.toAbsolutePath().getParent())) {
        throw usage("--out " + out + ": there is no such directory");
      }
    }
    try {
      builder.clientProperties(kafka.clientProperties());
    } catch (IOException e) {
      throw usage("--client-properties cannot be read: " + e);
    }
    try {
      return builder
          .references(references.references(kafka))
          .carried(carried.carriedFields())
          .build();
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  private void write(AuditReport report) {
    try {
      Files.writeString(out, report.toJson());
    } catch (IOException e) {
      throw usage("--out " + out + " cannot be written: " + e);
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}

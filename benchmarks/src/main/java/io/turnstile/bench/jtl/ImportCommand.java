package io.turnstile.bench.jtl;

import io.turnstile.audit.Audit;
import io.turnstile.audit.AuditConfig;
import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.report.ReportFiles;
import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.run.SampledRun;
import io.turnstile.bench.run.SampledRun.Sample;
import io.turnstile.bench.scenario.ScenarioException;
import io.turnstile.bench.scenario.Scenarios;
import io.turnstile.clients.KafkaOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bench import}: what another sender measured, with the audit, as a result. */
@Command(
    name = "import",
    description = {
      "Audits what JMeter or Locust has sent to a live deployment, and makes a result of what it",
      "measured.",
      "Exit code 0 only if the audit holds and all objectives are met."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class ImportCommand implements Callable<Integer> {

  private static final Duration AUDIT_WAIT = Duration.ofSeconds(20);

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "JTL", description = "Samples as JMeter writes them, in CSV.")
  private Path jtl;

  @Option(
      names = "--scenario",
      paramLabel = "FILE",
      required = true,
      description = "Scenario that was sent, a file that ends in .yaml.")
  private Path scenarioFile;

  @Option(
      names = "--ledger",
      paramLabel = "FILE",
      description = "Ledger that the sampler wrote; without it, what was expected is not audited.")
  private Path ledger;

  @Option(
      names = "--sender",
      paramLabel = "NAME",
      defaultValue = "jmeter",
      description = "Who sent it, named as an engine (default: ${DEFAULT-VALUE}).")
  private String sender;

  @Mixin private KafkaOptions kafka;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      defaultValue = "1",
      description = "Which of several repeats this is (default: ${DEFAULT-VALUE}).")
  private int repeat;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "target/bench",
      description = "Gets <scenario>/<sender>-<n>/result.json (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Override
  public Integer call() throws IOException {
    require(sender.matches("[a-z][a-z0-9-]*"), "--sender is of small letters, digits and dashes");
    for (Path file : Arrays.asList(jtl, scenarioFile, ledger)) {
      if (file != null && !Files.isReadable(file)) {
        throw usage(file + " cannot be read");
      }
    }
    JtlFile content;
    SampledRun run;
    try {
      content = JtlFile.read(jtl);
      if (content.samples().isEmpty()) {
        String why = content.firstFailure() == null ? "" : ": " + content.firstFailure();
        throw usage(jtl + " has no transaction that was sent" + why);
      }
      run = new SampledRun(Scenarios.read(scenarioFile, Engines.names()), content.samples());
    } catch (ScenarioException | IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
    AuditConfig audit =
        AuditConfig.builder(kafka.bootstrapServers())
            .clientProperties(kafka.clientProperties())
            .topics(kafka.topics())
            .ledger(ledger)
            .since(run.startedAt())
            .waitFor(AUDIT_WAIT)
            .build();
    RunResult result =
        run.result(
            sender,
            repeat,
            AuditResult.of(new Audit(audit).run()),
            content.notSent() == 0
                ? null
                : "%,d transactions were not sent: %s"
                    .formatted(content.notSent(), content.firstFailure()),
            "./turnstile " + String.join(" ", spec.commandLine().getParseResult().originalArgs()),
            Map.of(
                "bootstrap servers",
                kafka.bootstrapServers(),
                sender + " threads",
                Integer.toString(content.threads())),
            notes(content));
    ResultFile.write(out, result);
    Path report = out.resolve("report.html");
    ReportFiles.write(ResultFile.readAll(out), List.of(), report);
    spec.commandLine()
        .getOut()
        .printf(
            "%s  committed p50 %.0f ms, p99 %.0f ms, %,.0f/s; the report is %s%n",
            result.passed() ? "PASS" : "FAIL",
            result.latencyMs().committed().p50(),
            result.latencyMs().committed().p99(),
            result.throughput().meanPerS(),
            report);
    return result.passed() ? spec.exitCodeOnSuccess() : spec.exitCodeOnExecutionException();
  }

  private List<String> notes(JtlFile content) {
    List<String> notes =
        new ArrayList<>(List.of("Sent by " + sender + ", whose times are whole milliseconds."));
    if (content.failed() > 0) {
      notes.add("%,d samples failed; they are in no latency.".formatted(content.failed()));
    }
    return notes;
  }

  private void require(boolean holds, String message) {
    if (!holds) {
      throw usage(message);
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /**
   * A file of samples as JMeter writes it: CSV with the names of its columns in the first line.
   *
   * @param samples of transactions that were sent
   * @param notSent transactions that were not
   * @param firstFailure why the first of these was not; null if there are none
   * @param threads the most that were there at a time; 0 if it does not say
   */
  record JtlFile(List<Sample> samples, long notSent, String firstFailure, int threads) {

    private static final CSVFormat NAMED_COLUMNS =
        CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get();

    private static final Set<String> COLUMNS =
        Set.of("timeStamp", "elapsed", "label", "responseCode", "responseMessage", "success");

    private long failed() {
      return samples.stream().filter(sample -> !sample.answered()).count();
    }

    /** Fails with a message for a person if the file cannot be read or is no such file. */
    static JtlFile read(Path file) throws IOException {
      List<Sample> samples = new ArrayList<>();
      long notSent = 0;
      String firstFailure = null;
      int threads = 0;
      try (CSVParser rows = CSVParser.parse(file, StandardCharsets.UTF_8, NAMED_COLUMNS)) {
        if (!rows.getHeaderMap().keySet().containsAll(COLUMNS)) {
          throw new IOException(
              "%s is not what JMeter writes as CSV with column names (it needs %s)"
                  .formatted(file, String.join(", ", new TreeSet<>(COLUMNS))));
        }
        for (CSVRecord row : rows) {
          // A plan may have other samplers.
          if (!row.get("label").equals("transaction")) {
            continue;
          }
          if (row.isMapped("allThreads")) {
            threads = Math.max(threads, Integer.parseInt(row.get("allThreads")));
          }
          if (row.get("responseCode").equals("error")) {
            notSent++;
            firstFailure = firstFailure == null ? row.get("responseMessage") : firstFailure;
          } else {
            samples.add(
                new Sample(
                    Long.parseLong(row.get("timeStamp")),
                    Long.parseLong(row.get("elapsed")),
                    Boolean.parseBoolean(row.get("success"))));
          }
        }
      } catch (UncheckedIOException | IllegalArgumentException e) {
        throw new IOException(file + " cannot be read: " + e.getMessage(), e);
      }
      return new JtlFile(samples, notSent, firstFailure, threads);
    }
  }
}

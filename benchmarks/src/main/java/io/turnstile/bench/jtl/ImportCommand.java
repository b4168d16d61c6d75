package io.turnstile.bench.jtl;

import io.turnstile.audit.Audit;
import io.turnstile.audit.AuditConfig;
import io.turnstile.audit.AuditConfigBuilder;
import io.turnstile.bench.report.ReportFiles;
import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.run.SampledRun;
import io.turnstile.bench.scenario.ScenarioException;
import io.turnstile.bench.scenario.Scenarios;
import io.turnstile.clients.KafkaOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bench import}: what JMeter measured, with the audit, as a result. */
@Command(
    name = "import",
    description = {
      "Audits what JMeter has sent to a live deployment, and makes a result of what it measured.",
      "Exit code 0 only if the audit holds and all objectives are met."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class ImportCommand implements Callable<Integer> {

  /** As JMeter is named in results in place of an engine. */
  private static final String NAME = "jmeter";

  private static final Duration AUDIT_WAIT = Duration.ofSeconds(20);

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "JTL", description = "Samples that JMeter wrote, as CSV.")
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
      required = true,
      description = "Ledger that the sampler wrote.")
  private Path ledger;

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
      description = "Gets <scenario>/jmeter-<n>/result.json (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Override
  public Integer call() throws IOException {
    for (Path file : List.of(jtl, scenarioFile, ledger)) {
      if (!Files.isReadable(file)) {
        throw usage(file + " cannot be read");
      }
    }
    JtlFile.Content content;
    SampledRun run;
    try {
      content = JtlFile.read(jtl);
      if (content.samples().isEmpty()) {
        throw usage(
            "%s has no transaction that was sent%s"
                .formatted(
                    jtl, content.firstFailure() == null ? "" : ": " + content.firstFailure()));
      }
      run = new SampledRun(Scenarios.read(scenarioFile), content.samples());
    } catch (ScenarioException | IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
    AuditConfigBuilder audit =
        AuditConfig.builder(kafka.bootstrapServers())
            .topics(kafka.topics())
            .ledger(ledger)
            .since(run.startedAt())
            .waitFor(AUDIT_WAIT);
    audit.clientProperties(kafka.clientProperties());
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("bootstrap servers", kafka.bootstrapServers());
    settings.put("jmeter threads", Integer.toString(content.threads()));
    RunResult result =
        run.result(
            NAME,
            repeat,
            AuditResult.of(new Audit(audit.build()).run()),
            content.notSent() == 0
                ? null
                : "%,d transactions were not sent: %s"
                    .formatted(content.notSent(), content.firstFailure()),
            "./turnstile " + String.join(" ", spec.commandLine().getParseResult().originalArgs()),
            settings,
            List.of("Sent by JMeter, whose times are whole milliseconds."));
    Files.createDirectories(out);
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
    spec.commandLine().getOut().flush();
    return result.passed() ? spec.exitCodeOnSuccess() : spec.exitCodeOnExecutionException();
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}

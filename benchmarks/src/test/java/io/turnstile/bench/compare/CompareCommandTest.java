package io.turnstile.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.Environment;
import io.turnstile.bench.result.Latency;
import io.turnstile.bench.result.Latency.LatencySummary;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.FaultResult;
import io.turnstile.bench.result.RunResult.Load;
import io.turnstile.bench.result.RunResult.ScenarioMetric;
import io.turnstile.bench.result.RunResult.Throughput;
import io.turnstile.bench.result.RunResultBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CompareCommandTest {

  @TempDir private Path directory;

  private Path base;
  private Path current;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void directories() {
    base = directory.resolve("base");
    current = directory.resolve("current");
  }

  @Test
  void likeResultsPass() throws IOException {
    write(base, 10_000, 40, 41, 42);
    write(current, 10_000, 39, 41, 45);

    assertThat(compare()).isZero();
    assertThat(out.toString()).contains("PASS").doesNotContain("WORSE");
  }

  @Test
  void slowerTailIsRegressionAndNamed() throws IOException {
    write(base, 10_000, 40, 41, 42);
    write(current, 10_000, 50, 60, 61);

    assertThat(compare()).isEqualTo(1);
    assertThat(out.toString())
        .containsPattern("p99 +41.00 +60.00 +1.46 +1.19 – 1.5[23] +1.25  WORSE")
        .contains("FAIL: worse: p99 of steady-10k on turnstile");
  }

  @Test
  void oneSlowRepeatIsNoRegression() throws IOException {
    write(base, 10_000, 40, 41, 42);
    write(current, 10_000, 40, 41, 400);

    assertThat(compare()).isZero();
  }

  @Test
  void lowerRateIsRegressionAndHigherIsNone() throws IOException {
    write(base, 10_000, 40);
    write(current, 9_000, 40);

    assertThat(compare()).isEqualTo(1);
    assertThat(out.toString()).contains("committed/s of steady-10k on turnstile");
    assertThat(run(current, base)).isZero();
  }

  @Test
  void thresholdIsPerMetric() throws IOException {
    write(base, 10_000, 40);
    write(current, 10_000, 44);

    assertThat(run(base, current, "--threshold", "p99=9")).isEqualTo(1);
    assertThat(run(base, current, "--threshold", "p99=11")).isZero();
    assertThat(run(base, current, "--threshold", "p98=9")).isEqualTo(2);
    assertThat(err.toString()).contains("there is no metric p98");
  }

  @Test
  void metricOfOneScenarioIsJudgedByItsDirection() throws IOException {
    ResultFile.write(base, run(1, 10_000, 40).figures(figures(100)).build());
    ResultFile.write(current, run(1, 10_000, 40).figures(figures(80)).build());

    assertThat(compare()).isEqualTo(1);
    assertThat(out.toString()).contains("drain rate of");
    assertThat(run(current, base)).isZero();
  }

  @Test
  void auditThatIsNotCleanAnyMoreIsRegression() throws IOException {
    write(base, 10_000, 40);
    ResultFile.write(
        current,
        run(1, 10_000, 40).audit(new AuditResult(9, 8, 1, 0, 0, 8, Map.of(), 0, 0, 0, 0)).build());

    assertThat(compare()).isEqualTo(1);
    assertThat(out.toString()).contains("the audit is not clean any more");
  }

  @Test
  void auditThatIsNotCleanInTheBaseIsAProblem() throws IOException {
    AuditResult wrong = new AuditResult(9, 8, 1, 0, 0, 8, Map.of(), 0, 0, 0, 0);
    ResultFile.write(base, run(1, 10_000, 40).audit(wrong).build());
    write(current, 10_000, 40);

    assertThat(compare()).isEqualTo(1);
    assertThat(out.toString()).contains("the audit of the base is not clean");

    ResultFile.write(current, run(1, 10_000, 40).audit(wrong).build());

    assertThat(compare()).isEqualTo(1);
    assertThat(out.toString()).contains("the audit is not clean, as in the base");
  }

  @Test
  void faultThatOneRepeatDoesNotRecoverFromIsAProblem() throws IOException {
    for (int repeat = 1; repeat <= 3; repeat++) {
      ResultFile.write(base, faults(repeat, 8.0, 9.0));
      ResultFile.write(current, faults(repeat, 8.0, repeat == 2 ? null : 9.0));
    }

    assertThat(compare()).isEqualTo(1);
    assertThat(out.toString())
        .contains("steady-10k on turnstile: caught-up was measured before, and is missing now")
        .doesNotContain("first-verdict was");
    assertThat(run(current, base)).isZero();
  }

  private static RunResult faults(int repeat, Double... caughtUp) {
    return run(repeat, 10_000, 40)
        .faults(
            Arrays.stream(caughtUp)
                .map(after -> new FaultResult(10, "kill-taskmanager", 4.0, after, null))
                .toList())
        .build();
  }

  @Test
  void refusesOtherMachineUnlessTold() throws IOException {
    write(base, 10_000, 40);
    ResultFile.write(current, run(1, 10_000, 40).environment(environment(8)).build());

    assertThat(compare()).isEqualTo(2);
    assertThat(err.toString()).contains("cores: 2, now 8", "--allow-different-environment");
    assertThat(run(base, current, "--allow-different-environment")).isZero();
    assertThat(out.toString()).contains("note: unlike, cores: 2, now 8");
  }

  @Test
  void refusesOtherLoad() throws IOException {
    write(base, 10_000, 40);
    ResultFile.write(current, run(1, 10_000, 40).load(new Load(5_000.0, 9, 30, 60)).build());

    assertThat(compare()).isEqualTo(2);
    assertThat(err.toString()).contains("offered/s: 10000.0, now 5000.0");
  }

  @Test
  void refusesWhatHasNothingInCommon() throws IOException {
    ResultFile.write(base, RunResult.builder("low", "turnstile").build());
    write(current, 10_000, 40);

    assertThat(compare()).isEqualTo(2);
    assertThat(err.toString()).contains("nothing to compare");
  }

  @Test
  void comparesOldResultThatSaysLess() throws IOException {
    Path old = Files.createDirectories(base).resolve("result.json");
    try (InputStream in = getClass().getResourceAsStream("/results/design.json")) {
      Files.copy(in, old);
    }
    Path now = Files.createDirectories(current).resolve("result.json");
    Files.writeString(
        now, Files.readString(old).replace("\"p99\": 40, \"p999\"", "\"p99\": 90, \"p999\""));

    assertThat(compare()).isEqualTo(1);
    assertThat(out.toString()).containsPattern("p99 +40.00 +90.00 +2.25");
  }

  @Test
  void writesJson() throws IOException {
    write(base, 10_000, 40);
    write(current, 10_000, 80);
    Path json = directory.resolve("compare.json");

    run(base, current, "--out", json.toString());

    JsonNode tree = new ObjectMapper().readTree(json.toFile());
    assertThat(tree.get("passed").asBoolean()).isFalse();
    assertThat(tree.get("figures")).anyMatch(f -> f.get("regression").asBoolean());
  }

  private static List<ScenarioMetric> figures(double drained) {
    return List.of(
        new ScenarioMetric("drain rate", drained, "1/s", ScenarioMetric.Direction.HIGHER),
        new ScenarioMetric("ids", drained * 7, "", null));
  }

  private void write(Path to, double rate, double... p99) throws IOException {
    for (int i = 0; i < p99.length; i++) {
      ResultFile.write(to, run(i + 1, rate, p99[i]).build());
    }
  }

  private static RunResultBuilder run(int repeat, double rate, double p99) {
    return RunResult.builder("steady-10k", "turnstile")
        .repeat(repeat)
        .environment(environment(2))
        .load(new Load(10_000.0, 900_000, 30, 60))
        .throughput(new Throughput(rate, List.of(), null, null, null, List.of()))
        .latencyMs(
            new Latency(
                new LatencySummary(12, 11, 16, 20, p99, 70, 90, 9L, List.of()), null, List.of()))
        .audit(new AuditResult(9, 9, 0, 0, 0, 9, Map.of(), 0, 0, 0, 0));
  }

  private static Environment environment(int cores) {
    return new Environment(
        cores, 23.4, "17", "2.2.1", "4.3.1", "processes", "A processor", null, null, null);
  }

  private int compare() {
    return run(base, current);
  }

  private int run(Path before, Path after, String... options) {
    CommandLine command = new CommandLine(new CompareCommand());
    command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    String[] args = new String[options.length + 2];
    args[0] = before.toString();
    args[1] = after.toString();
    System.arraycopy(options, 0, args, 2, options.length);
    return command.execute(args);
  }
}

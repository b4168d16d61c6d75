package io.turnstile.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.Objective;
import io.turnstile.bench.result.RunResult;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class RunCommandTest {

  private static final Objective MET = new Objective("p99", "< 100 ms", 40.0, true, false);
  private static final Objective NOT_MET = new Objective("p99", "< 100 ms", 140.0, false, false);
  private static final AuditResult CLEAN = new AuditResult(9, 9, 0, 0, 0, 9, Map.of(), 0, 0, 0, 0);
  private static final AuditResult WRONG = new AuditResult(9, 9, 1, 0, 0, 9, Map.of(), 0, 0, 0, 0);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nothing-like-it | no scenario 'nothing-like-it'",
        "steady-10k --engine none | no engine 'none'",
        "steady-10k --repeat 0 | --repeat",
        "steady-10k --rate -1 | --rate",
        "steady-10k --duration 5 | is not a duration",
        "steady-10k --duration 0s | --duration",
        "steady-10k --records 5 | no number of records",
        "burst --rate 5 | as fast as it can",
        "steady-10k --bootstrap-servers localhost:1 | --signing-key",
        "kill-taskmanager --bootstrap-servers localhost:1 --signing-key pom.xml | left alone",
        "steady-10k --profile --bootstrap-servers localhost:1 | left alone",
        "inventory-export --profile | no transactions",
        "saturation --bootstrap-servers localhost:1 --signing-key pom.xml | left alone"
      })
  void wrongUsageIsOneLineThatSaysWhat(String arguments, String message) {
    StringWriter err = new StringWriter();
    CommandLine commandLine = new CommandLine(new BenchCommand());
    commandLine.setErr(new PrintWriter(err));
    commandLine.setParameterExceptionHandler(
        (e, args) -> {
          err.write(e.getMessage());
          return CommandLine.ExitCode.USAGE;
        });
    List<String> all = new ArrayList<>(List.of("run"));
    all.addAll(List.of(arguments.split(" ", -1)));

    int exitCode = commandLine.execute(all.toArray(String[]::new));

    assertThat(exitCode).isEqualTo(CommandLine.ExitCode.USAGE);
    assertThat(err.toString()).contains(message).doesNotContain("\n");
  }

  @Test
  void objectivesCountForTurnstileAndAuditsForAllThatRunBesideIt() {
    RunResult turnstile = run("turnstile", CLEAN, MET);
    assertThat(RunCommand.allHold(List.of(turnstile, run("kafka-streams", CLEAN, NOT_MET))))
        .isTrue();
    assertThat(RunCommand.allHold(List.of(turnstile, run("kafka-streams", WRONG, MET)))).isFalse();
    assertThat(RunCommand.allHold(List.of(run("turnstile", CLEAN, NOT_MET)))).isFalse();
    assertThat(RunCommand.allHold(List.of(run("kafka-streams", CLEAN, NOT_MET)))).isFalse();
  }

  private static RunResult run(String engine, AuditResult audit, Objective objective) {
    return RunResult.builder("steady-10k", engine)
        .audit(audit)
        .objectives(List.of(objective))
        .build();
  }
}

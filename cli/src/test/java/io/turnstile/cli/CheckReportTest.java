package io.turnstile.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.clients.CheckFailedException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckReportTest {

  private final StringWriter out = new StringWriter();
  private final AtomicLong clock = new AtomicLong();
  private final CheckReport report =
      new CheckReport(new PrintWriter(out), () -> clock.getAndAdd(1_500_000_000L));

  @Test
  void lineSaysNameTimeAndFinding() throws Exception {
    assertThat(report.run("Kafka", () -> "1 broker")).isTrue();
    assertThat(out.toString())
        .isEqualToNormalizingNewlines("PASS  Kafka                    1.50 s  1 broker\n");
    assertThat(report.passed()).isTrue();
  }

  @Test
  void failureNamesTheCauseAndFailsTheReport() throws Exception {
    boolean passed =
        report.run(
            "topics",
            () -> {
              throw new ExecutionException(new CheckFailedException("no topic\nat all"));
            });
    assertThat(passed).isFalse();
    assertThat(out.toString())
        .isEqualToNormalizingNewlines("FAIL  topics                   1.50 s  no topic; at all\n");
    report.run("later", () -> "fine");
    assertThat(report.passed()).isFalse();
  }

  @Test
  void skippedCheckIsSeenAndDoesNotFail() {
    report.skip("latency", "as asked");
    assertThat(out.toString())
        .isEqualToNormalizingNewlines("SKIP  latency                  0.00 s  as asked\n");
    assertThat(report.passed()).isTrue();
  }

  @Test
  void interruptionIsNoResult() {
    assertThatThrownBy(
            () ->
                report.run(
                    "job",
                    () -> {
                      throw new InterruptedException();
                    }))
        .isInstanceOf(InterruptedException.class);
    assertThat(report.results()).isEmpty();
  }

  @Test
  void fileHoldsEveryResult(@TempDir Path directory) throws Exception {
    report.run("Kafka", () -> "1 broker");
    report.run(
        "job",
        () -> {
          throw new CheckFailedException("no job");
        });
    report.skip("latency", "as asked");
    Path file = directory.resolve("new/check.json");
    report.write(file);

    JsonNode json = new ObjectMapper().readTree(file.toFile());
    assertThat(json.get("passed").booleanValue()).isFalse();
    assertThat(json.get("checks")).hasSize(3);
    assertThat(json.at("/checks/1").toString())
        .isEqualTo("{\"name\":\"job\",\"status\":\"FAIL\",\"seconds\":1.5,\"detail\":\"no job\"}");
    assertThat(json.get("checks"))
        .extracting(check -> check.get("status").textValue())
        .containsExactly("PASS", "FAIL", "SKIP");
    assertThat(file.getParent())
        .isDirectoryContaining(file::equals)
        .isDirectoryNotContaining("glob:**.tmp");
  }

  @Test
  void deadDeploymentFailsByName(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("check.json");
    Run run =
        Run.of(
            "check",
            "--bootstrap-servers",
            "127.0.0.1:1",
            "--flink",
            "http://127.0.0.1:1",
            "--timeout",
            "500ms",
            "--out",
            file.toString());
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(
            run.out()
                .lines()
                .map(line -> line.split("\\s{2,}", 3)[0] + " " + line.split("\\s{2,}", 3)[1]))
        .containsExactly("FAIL Kafka", "SKIP topics", "FAIL Flink", "SKIP job", "SKIP verdicts");
    assertThat(run.out()).contains("Flink does not answer at http://127.0.0.1:1/");
    assertThat(new ObjectMapper().readTree(file.toFile()).get("passed").booleanValue()).isFalse();
  }
}

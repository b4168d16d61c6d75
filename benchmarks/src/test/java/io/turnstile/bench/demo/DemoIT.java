package io.turnstile.bench.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.bench.Run;
import io.turnstile.testbed.LeakCheck;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("extended")
class DemoIT {

  @Test
  void demoSurvivesItsKillAndEndsWithCleanAudit(@TempDir Path directory) throws Exception {
    Run run =
        Run.of(
            "demo",
            "--duration",
            "10s",
            "--rate",
            "300",
            "--ui-port",
            "0",
            "--out",
            directory.toString());
    LeakCheck.assertNothingLeft();
    assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("taskmanager-1 killed (SIGKILL)", "PASS: ", "TaskManager killed at ");

    JsonNode audit = new ObjectMapper().readTree(directory.resolve("audit.json").toFile());
    assertThat(audit.get("passed").booleanValue()).isTrue();
    assertThat(audit.get("inputs").longValue()).isGreaterThanOrEqualTo(3000);
    assertThat(audit.get("rejected").properties())
        .extracting(e -> e.getKey())
        .contains("DUPLICATE_ID", "TOKEN_EXPIRED");

    JsonNode demo = new ObjectMapper().readTree(directory.resolve("demo.json").toFile());
    assertThat(demo.get("passed").booleanValue()).isTrue();
    assertThat(demo.get("audit")).isEqualTo(audit);
    assertThat(demo.at("/faults/0/fault").textValue()).isEqualTo("kill-taskmanager");
    assertThat(demo.at("/faults/0/first_verdict_after_s").doubleValue()).isPositive();
    assertThat(demo.at("/latency_ms/committed/p99").doubleValue()).isPositive();
  }
}

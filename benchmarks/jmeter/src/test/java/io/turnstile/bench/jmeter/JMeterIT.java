package io.turnstile.bench.jmeter;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.BenchCommand;
import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.engine.Engine;
import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.bench.scenario.Scenarios;
import io.turnstile.clients.Topics;
import io.turnstile.events.TopicNames;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.testbed.LeakCheck;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedConfigBuilder;
import io.turnstile.testbed.process.ProcessTestbed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A real JMeter sends to a real deployment, and what it measured becomes a result. */
@Tag("long")
class JMeterIT {

  private static final Path MODULE =
      Path.of(System.getProperty("turnstile.home"), "benchmarks", "jmeter");
  private static final long PATIENCE_MINUTES = 3;

  @TempDir private Path directory;

  @AfterAll
  static void leavesNothingRunning() {
    LeakCheck.assertNothingLeft();
  }

  @Test
  void samplesOfJMeterBecomeAnAuditedResult() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("by-jmeter.yaml"),
            """
            description: A few seconds of everything.
            load:
              rate: 100
              warm_up: 2s
              duration: 4s
              customers: 50
              products: 50
              mix: {duplicates: 0.1, expired: 0.05, malformed: 0.05, inventory_updates: 0.1}
            objectives: {success_percent: 100, error_percent: 0.1}
            """);
    Scenario scenario = Scenarios.read(file);
    // Any engine will do: the one that starts fastest.
    Engine engine = Engines.named("kafka-streams");
    TestbedConfigBuilder config = TestbedConfig.builder();
    engine.prepare(config, scenario.engine());
    try (Testbed testbed = new ProcessTestbed(config.build())) {
      testbed.start();
      int lanes = scenario.engine().lanes();
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", testbed.bootstrapServers()))) {
        new Topics(TopicNames.DEFAULT, lanes, lanes).create(admin, (short) 1);
      }
      Path key = directory.resolve("key.json");
      Path jwks = directory.resolve("jwks.json");
      TokenIssuer.generate(key, jwks);
      try (RunningEngine running =
          engine.start(new Deployment(testbed, TopicNames.DEFAULT, jwks), scenario.engine())) {
        assertThat(running.workers()).isNotEmpty();
        jmeter(
            "scenario=" + file,
            "bootstrap_servers=" + testbed.bootstrapServers(),
            "signing_key=" + key,
            "ledger=" + directory.resolve("ledger.csv"),
            "threads=20");
        int exitCode = importSamples(file, testbed.bootstrapServers());

        RunResult result =
            ResultFile.read(
                directory.resolve(Path.of("out", "by-jmeter", "jmeter-1", ResultFile.NAME)));
        assertThat(result.failure()).isNull();
        assertThat(result.audit().passed()).isTrue();
        assertThat(result.audit().inputs()).isEqualTo(result.load().sent()).isEqualTo(600);
        assertThat(result.audit().rejected()).containsKeys("DUPLICATE_ID", "TOKEN_EXPIRED");
        // To the millisecond, the first of the measured part may fall into the warm-up.
        assertThat(result.latencyMs().committed().count()).isBetween(399L, 401L);
        assertThat(result.objectives()).hasSize(2).allMatch(objective -> objective.met());
        assertThat(exitCode).isZero();
        assertThat(directory.resolve(Path.of("out", "report.html"))).content().contains("jmeter");
      }
    }
  }

  private void jmeter(String... properties) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-jar",
                MODULE.resolve(Path.of("target", "jmeter", "bin", "ApacheJMeter.jar")).toString(),
                "-n",
                "-t",
                MODULE.resolve("transactions.jmx").toString(),
                "-l",
                directory.resolve("samples.jtl").toString(),
                "-j",
                directory.resolve("jmeter.log").toString()));
    for (String property : properties) {
      command.add("-Jturnstile." + property);
    }
    Path output = directory.resolve("jmeter.out");
    Process jmeter =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(jmeter.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)).isTrue();
      assertThat(jmeter.exitValue()).as(Files.readString(output)).isZero();
    } finally {
      jmeter.destroyForcibly();
    }
  }

  private int importSamples(Path scenario, String bootstrapServers) {
    return new CommandLine(new BenchCommand())
        .execute(
            "import",
            directory.resolve("samples.jtl").toString(),
            "--scenario",
            scenario.toString(),
            "--ledger",
            directory.resolve("ledger.csv").toString(),
            "--bootstrap-servers",
            bootstrapServers,
            "--out",
            directory.resolve("out").toString());
  }
}

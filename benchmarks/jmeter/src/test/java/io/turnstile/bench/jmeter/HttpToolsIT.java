package io.turnstile.bench.jmeter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.turnstile.bench.BenchCommand;
import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.engine.Engine;
import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.http.LocalGateway;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.scenario.Scenarios;
import io.turnstile.simulator.command.SimulateCommand;
import io.turnstile.testbed.LeakCheck;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** JMeter and Locust ask a real gateway, and what they measured becomes a result. */
@Tag("long")
class HttpToolsIT {

  private static final Path BENCHMARKS =
      Path.of(System.getProperty("turnstile.home"), "benchmarks").toAbsolutePath();
  private static final long PATIENCE_MINUTES = 3;
  private static final int COUNT = 600;

  @TempDir private static Path directory;

  private static Path scenario;
  private static Deployment deployment;
  private static RunningEngine engine;
  private static URI gateway;

  @BeforeAll
  static void start() throws Exception {
    scenario =
        Files.writeString(
            directory.resolve("over-http.yaml"),
            """
            description: A few seconds of requests.
            load: {rate: 100, warm_up: 2s, duration: 4s}
            objectives: {success_percent: 100, error_percent: 0.1}
            """);
    // Any engine will do: the one that starts fastest.
    Engine fast = Engines.named("kafka-streams");
    deployment =
        fast.deploy(Scenarios.read(scenario, Engines.names()).engine(), directory, directory);
    engine = deployment.start();
    gateway = LocalGateway.start(deployment, 0).address();
  }

  @AfterAll
  static void stop() throws Exception {
    if (engine != null) {
      engine.close();
    }
    if (deployment != null) {
      deployment.close();
    }
    LeakCheck.assertNothingLeft();
  }

  @Test
  void samplesOfTheHttpPlanOfJMeterBecomeAnAuditedResult() throws Exception {
    Path run = generate("jmeter-http");
    Path jmeter = BENCHMARKS.resolve("jmeter");
    execute(
        Map.of(),
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx256m",
        "-jar",
        jmeter.resolve(Path.of("target", "jmeter", "bin", "ApacheJMeter.jar")).toString(),
        "-n",
        "-t",
        jmeter.resolve("http.jmx").toString(),
        "-l",
        run.resolve("samples.jtl").toString(),
        "-j",
        run.resolve("jmeter.log").toString(),
        "-Jsampleresult.timestamp.start=true",
        "-Jturnstile.requests=" + run.resolve("requests.csv"),
        "-Jturnstile.threads=20",
        "-Jturnstile.per_minute=6000",
        "-Jturnstile.host=" + gateway.getHost(),
        "-Jturnstile.port=" + gateway.getPort());
    importAndCheck("jmeter-http", run);
  }

  @Test
  void samplesOfLocustBecomeAnAuditedResult() throws Exception {
    Path locust = BENCHMARKS.resolve("locust");
    Path venv = directory.resolve("venv");
    assumeTrue(
        succeeds("python3", "-m", "venv", venv.toString())
            && succeeds(
                venv.resolve(Path.of("bin", "pip")).toString(),
                "install",
                "--quiet",
                "--requirement",
                locust.resolve("requirements.txt").toString()),
        "there is no Python, or no Locust for it");
    Path run = generate("locust-http");
    execute(
        Map.of(
            "TURNSTILE_REQUESTS",
            run.resolve("requests.csv").toString(),
            "TURNSTILE_SAMPLES",
            run.resolve("samples.jtl").toString(),
            "TURNSTILE_RATE",
            "100",
            "LOCUST_USERS",
            "20"),
        venv.resolve(Path.of("bin", "locust")).toString(),
        "-f",
        locust.resolve("locustfile.py").toString(),
        "--headless",
        "--only-summary",
        "--host",
        gateway.toString(),
        "--spawn-rate",
        "20",
        "--stop-timeout",
        "60");
    importAndCheck("locust-http", run);
  }

  private static Path generate(String sender) throws IOException {
    Path run = Files.createDirectories(directory.resolve(sender));
    int exitCode =
        new CommandLine(new SimulateCommand())
            .execute(
                "generate",
                "--quiet",
                "--requests",
                run.resolve("requests.csv").toString(),
                "--count",
                Integer.toString(COUNT),
                "--customers",
                "50",
                "--products",
                "50",
                "--unknown-product",
                "0",
                "--late-product",
                "0",
                "--too-large",
                "0",
                // Whichever of the two comes first is accepted.
                "--conflicts",
                "0",
                "--content-duplicates",
                "0",
                "--expired",
                "0.05",
                "--malformed",
                "0.05",
                "--bootstrap-servers",
                deployment.kafka().bootstrapServers(),
                "--signing-key",
                deployment.signingKey().toString());
    assertThat(exitCode).isZero();
    return run;
  }

  private static void importAndCheck(String sender, Path run) throws Exception {
    Path out = run.resolve("out");
    int exitCode =
        new CommandLine(new BenchCommand())
            .execute(
                "import",
                run.resolve("samples.jtl").toString(),
                "--sender",
                sender,
                "--scenario",
                scenario.toString(),
                "--bootstrap-servers",
                deployment.kafka().bootstrapServers(),
                "--out",
                out.toString());
    RunResult result =
        ResultFile.read(out.resolve(Path.of("over-http", sender + "-1", ResultFile.NAME)));
    assertThat(result.failure()).isNull();
    assertThat(result.load().sent()).isEqualTo(COUNT);
    assertThat(result.latencyMs().committed().count()).isPositive();
    assertThat(result.audit().passed()).isTrue();
    assertThat(result.audit().rejected()).containsKey("TOKEN_EXPIRED");
    // What is no transaction never reached Kafka.
    assertThat(result.audit().inputs()).isPositive().isLessThan(COUNT);
    assertThat(result.objectives()).hasSize(2).allMatch(objective -> objective.met());
    assertThat(exitCode).isZero();
    assertThat(out.resolve("report.html")).content().contains(sender);
  }

  private static void execute(Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile(directory, "tool", ".out");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      assertThat(process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)).isTrue();
      assertThat(process.exitValue()).as(Files.readString(output)).isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  private static boolean succeeds(String... command) throws InterruptedException {
    try {
      execute(Map.of(), command);
      return true;
    } catch (IOException | AssertionError e) {
      System.out.println(command[0] + ": " + e.getMessage());
      return false;
    }
  }
}

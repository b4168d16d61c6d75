package io.turnstile.bench.local;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.engine.Engine;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.http.LocalGateway;
import io.turnstile.bench.scenario.EngineSettings;
import io.turnstile.clients.JobRejectedException;
import io.turnstile.clients.JsonFiles;
import io.turnstile.clients.Screen;
import io.turnstile.clients.TopicOptions;
import io.turnstile.clients.postgresql.PostgresqlSource;
import io.turnstile.events.TopicNames;
import io.turnstile.testbed.JobAdditions;
import io.turnstile.testbed.TemporaryDirectory;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Kafka, Flink and the job on this machine, until Ctrl-C. */
@Command(
    name = "up",
    description = "Start Kafka, Flink and the job on this machine; they stay until Ctrl-C.")
public final class UpCommand implements Callable<Integer> {

  private static final Duration WATCH_INTERVAL = Duration.ofSeconds(1);

  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record Addresses(
      String bootstrapServers,
      String flink,
      String jobId,
      String jwks,
      String signingKey,
      String gateway,
      String webhookSecrets,
      TopicNames topics,
      String jdbcUrl) {}

  @Spec private CommandSpec spec;

  @Mixin private LocalDeploymentOptions options;

  @Option(
      names = "--kafka-port",
      paramLabel = "PORT",
      defaultValue = "9092",
      description = "Port of the Kafka broker, 0 for a free one (default: ${DEFAULT-VALUE}).")
  private int kafkaPort;

  @Option(
      names = "--gateway-port",
      paramLabel = "PORT",
      defaultValue = "8080",
      description = "Port of the gateway, 0 for a free one (default: ${DEFAULT-VALUE}).")
  private int gatewayPort;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description =
          "Where signing key, JWKS and data go. The keys stay and are used again; without this "
              + "option nothing stays.")
  private Path directory;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write the addresses, keys and topics as JSON once the job is running.")
  private Path out;

  @Option(
      names = "--metrics-targets",
      paramLabel = "FILE",
      description =
          "Keep a file that says where Flink's processes answer Prometheus, as its file_sd reads it.")
  private Path metricsTargets;

  @Override
  public Integer call() throws Exception {
    Screen screen = Screen.of(spec.commandLine().getOut());
    try (TemporaryDirectory temporary = new TemporaryDirectory("turnstile-")) {
      if (directory != null) {
        Files.createDirectories(directory);
      }
      Path keys = directory == null ? temporary.path() : directory;
      Path base = directory == null ? temporary.path().getParent() : directory;
      EngineSettings settings = EngineSettings.DEFAULT.withLanes(options.lanes());
      // Without the job's JAR on the class path: it can be upgraded to another one.
      Engine engine = options.engine(testbed -> testbed.kafkaPort(kafkaPort).jobJar(null));
      try (Deployment deployment =
          screen.step("Starting Kafka and Flink", () -> engine.deploy(settings, base, keys))) {
        RunningEngine job = screen.step("Submitting the job", deployment::start);
        LocalGateway gateway =
            options.hasGateway()
                ? screen.step(
                    "Starting the gateway", () -> LocalGateway.start(deployment, gatewayPort))
                : null;
        Testbed testbed = deployment.testbed();
        Path jwks = keys.resolve("jwks.json");
        describe(deployment, jwks, gateway, job.additions(), screen);
        if (out != null) {
          JsonFiles.write(
              out,
              new Addresses(
                  testbed.bootstrapServers(),
                  testbed.flinkUrl().toString(),
                  job.flinkJob().orElseThrow().jobId(),
                  jwks.toRealPath().toString(),
                  deployment.signingKey().toRealPath().toString(),
                  gateway == null ? null : gateway.address().toString(),
                  gateway == null ? null : gateway.webhookSecrets().toRealPath().toString(),
                  deployment.kafka().topics(),
                  jdbcUrl(deployment).orElse(null)));
        }
        writeMetricsTargets(testbed, gateway);
        return watch(testbed, job, gateway, screen);
      }
    } catch (JobRejectedException e) {
      throw new ParameterException(
          spec.commandLine(), "the job was not accepted: " + e.getMessage(), e);
    }
  }

  private static Optional<String> jdbcUrl(Deployment deployment) {
    return Optional.ofNullable(deployment.kafka().database()).map(PostgresqlSource::url);
  }

  private static void describe(
      Deployment deployment,
      Path jwks,
      LocalGateway gateway,
      JobAdditions additions,
      Screen screen) {
    Testbed testbed = deployment.testbed();
    List<String> kafka = new ArrayList<>(TopicOptions.arguments(deployment.kafka().topics()));
    kafka.addAll(0, List.of("--bootstrap-servers", testbed.bootstrapServers()));
    String where = String.join(" ", kafka);
    String database =
        jdbcUrl(deployment).map(" --jdbc-url '%s' --jdbc-user job"::formatted).orElse("");
    screen.line("");
    screen.line("Kafka        %s", testbed.bootstrapServers());
    jdbcUrl(deployment).ifPresent(url -> screen.line("PostgreSQL   %s", url));
    screen.line("Flink        %s", testbed.flinkUrl());
    if (gateway != null) {
      screen.line("Gateway      %s", gateway.address());
      screen.line("Webhooks     are signed with the secret in %s", gateway.webhookSecrets());
    }
    screen.line("Signing key  %s", deployment.signingKey());
    screen.line("JWKS         %s", jwks);
    screen.line("Logs         %s", testbed.logs());
    screen.line("");
    screen.line(
        "Try:  ./turnstile simulate generate %s --signing-key '%s'",
        where, deployment.signingKey());
    screen.line("      ./turnstile verdicts %s%s --follow", where, database);
    kafka.addAll(additions.arguments());
    screen.line("      ./turnstile audit %s%s", String.join(" ", kafka), database);
    screen.line("Ctrl-C ends everything.");
  }

  private void writeMetricsTargets(Testbed testbed, LocalGateway gateway) throws IOException {
    if (metricsTargets != null) {
      List<String> targets = new ArrayList<>();
      targets.add(testbed.metrics(TestbedProcess.JOB_MANAGER).getAuthority());
      testbed.taskManagers().forEach(each -> targets.add(testbed.metrics(each).getAuthority()));
      if (gateway != null) {
        targets.add(gateway.address().getAuthority());
      }
      JsonFiles.write(metricsTargets, List.of(Map.of("targets", targets)));
    }
  }

  /** Never returns: something ends that does not come back, or Ctrl-C ends the JVM. */
  private int watch(Testbed testbed, RunningEngine job, LocalGateway gateway, Screen screen)
      throws IOException, InterruptedException {
    DeploymentWatch watch = new DeploymentWatch(testbed, job, screen);
    List<TestbedProcess> taskManagers = new ArrayList<>(testbed.taskManagers());
    while (true) {
      Thread.sleep(WATCH_INTERVAL.toMillis());
      watch.look();
      if (gateway != null && !testbed.isAlive(gateway.process())) {
        throw watch.failed("the gateway has ended");
      }
      for (int i = 0; i < taskManagers.size(); i++) {
        if (!testbed.isAlive(taskManagers.get(i))) {
          screen.line("%s has ended; starting another one", taskManagers.get(i));
          taskManagers.set(i, testbed.startTaskManager());
          writeMetricsTargets(testbed, gateway);
        }
      }
    }
  }
}

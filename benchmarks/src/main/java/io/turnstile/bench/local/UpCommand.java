package io.turnstile.bench.local;

import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.engine.Engine;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.scenario.EngineSettings;
import io.turnstile.clients.JobRejectedException;
import io.turnstile.clients.JsonFiles;
import io.turnstile.clients.Screen;
import io.turnstile.events.TopicNames;
import io.turnstile.testbed.TemporaryDirectory;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

  private record Addresses(
      String bootstrapServers,
      String flink,
      String jobId,
      String jwks,
      String signingKey,
      TopicNames topics) {}

  private record TargetGroup(List<String> targets) {}

  @Spec private CommandSpec spec;

  @Mixin private LocalDeploymentOptions options;

  @Option(
      names = "--kafka-port",
      paramLabel = "PORT",
      defaultValue = "9092",
      description = "Port of the Kafka broker, 0 for a free one (default: ${DEFAULT-VALUE}).")
  private int kafkaPort;

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
      Engine engine = options.engine(kafkaPort);
      try (Deployment deployment =
          screen.step("Starting Kafka and Flink", () -> engine.deploy(settings, base, keys))) {
        RunningEngine job = screen.step("Submitting the job", deployment::start);
        describe(deployment, keys.resolve("jwks.json"), screen);
        if (out != null) {
          JsonFiles.write(out, addresses(deployment, job, keys.resolve("jwks.json")));
        }
        writeMetricsTargets(deployment.testbed());
        return watch(deployment.testbed(), job, screen);
      }
    } catch (JobRejectedException e) {
      throw new ParameterException(
          spec.commandLine(), "the job was not accepted: " + e.getMessage(), e);
    }
  }

  private static void describe(Deployment deployment, Path jwks, Screen screen) {
    screen.line("");
    screen.line("Kafka        %s", deployment.testbed().bootstrapServers());
    screen.line("Flink        %s", deployment.testbed().flinkUrl());
    screen.line("Signing key  %s", deployment.signingKey());
    screen.line("JWKS         %s", jwks);
    screen.line("Logs         %s", deployment.testbed().logs());
    screen.line("");
    screen.line(
        "Try:  ./turnstile simulate generate --bootstrap-servers %s --signing-key %s",
        deployment.testbed().bootstrapServers(), deployment.signingKey());
    screen.line(
        "      ./turnstile audit --bootstrap-servers %s", deployment.testbed().bootstrapServers());
    screen.line("Ctrl-C ends everything.");
  }

  private static Addresses addresses(Deployment deployment, RunningEngine job, Path jwks)
      throws IOException {
    return new Addresses(
        deployment.testbed().bootstrapServers(),
        deployment.testbed().flinkUrl().toString(),
        job.flinkJob().orElseThrow().jobId(),
        jwks.toRealPath().toString(),
        deployment.signingKey().toRealPath().toString(),
        deployment.kafka().topics());
  }

  private void writeMetricsTargets(Testbed testbed) throws IOException {
    if (metricsTargets != null) {
      List<String> targets = new ArrayList<>();
      targets.add(testbed.metrics(TestbedProcess.JOB_MANAGER).getAuthority());
      testbed.taskManagers().forEach(each -> targets.add(testbed.metrics(each).getAuthority()));
      JsonFiles.write(metricsTargets, List.of(new TargetGroup(targets)));
    }
  }

  /** Never returns: something ends that does not come back, or Ctrl-C ends the JVM. */
  private int watch(Testbed testbed, RunningEngine job, Screen screen)
      throws IOException, InterruptedException {
    DeploymentWatch watch = new DeploymentWatch(testbed, job, screen);
    List<TestbedProcess> taskManagers = new ArrayList<>(testbed.taskManagers());
    while (true) {
      Thread.sleep(WATCH_INTERVAL.toMillis());
      watch.look();
      for (TestbedProcess taskManager : List.copyOf(taskManagers)) {
        if (!testbed.isAlive(taskManager)) {
          screen.line("%s has ended; starting another one", taskManager);
          taskManagers.remove(taskManager);
          taskManagers.add(testbed.startTaskManager());
          writeMetricsTargets(testbed);
        }
      }
    }
  }
}

package io.turnstile.bench.engine;

import io.turnstile.bench.scenario.EngineSettings;
import io.turnstile.cli.Upgrade;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.JobSubmission;
import io.turnstile.events.TopicNames;
import io.turnstile.testbed.DatabaseServer;
import io.turnstile.testbed.Distribution;
import io.turnstile.testbed.JobAdditions;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedConfigBuilder;
import io.turnstile.testbed.TestbedException;
import io.turnstile.testbed.TestbedProcess;
import io.turnstile.testbed.TurnstileDeployment;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.clients.CommonClientConfigs;

/**
 * The Turnstile job on Flink, in one of its ways to commit. Beside the TaskManager that runs it
 * there is a spare one, as a deployment should have: a job that has lost its TaskManager then does
 * not wait for a JVM.
 *
 * @param commit {@code journal} or {@code checkpoint}
 * @param postgresql true for verdicts in PostgreSQL, which runs beside; with {@code checkpoint}, by
 *     the XA sink of flink-connector-jdbc
 * @param topics that it reads and writes
 * @param changes made to the testbed's configuration after all others
 * @param jobArguments behind all others
 */
record TurnstileEngine(
    String name,
    String description,
    String commit,
    boolean postgresql,
    TopicNames topics,
    Consumer<TestbedConfigBuilder> changes,
    List<String> jobArguments)
    implements Engine {

  private static final Upgrade.Limits UPGRADE_LIMITS =
      new Upgrade.Limits(Duration.ofMinutes(1), Duration.ofMinutes(2));

  @Override
  public Deployment deploy(EngineSettings settings, Path base, Path keys) throws Exception {
    if (postgresql && settings.onContainers()) {
      throw new IllegalArgumentException(name + " runs on processes only, not on containers");
    }
    TestbedConfigBuilder config =
        TestbedConfig.builder()
            .baseDirectory(base)
            .slots(settings.parallelism())
            .taskManagerMemory(settings.memory())
            .flinkProfile(settings.profile())
            .checkpointScheme(settings.checkpointStorage().equals("slow") ? "slow" : "file")
            .jobJar(isXa() ? null : Distribution.turnstileJob(List.of()).jar().toAbsolutePath())
            .flinkConfig(settings.flink())
            .journalLanes(postgresql ? settings.lanes() : 0);
    changes.accept(config);
    return Deployment.onTestbed(
        config.build(), settings, topics, keys, deployment -> start(deployment, settings));
  }

  private RunningEngine start(TurnstileDeployment deployment, EngineSettings settings) {
    Map<String, String> options = new TreeMap<>(settings.job());
    options.put("commit", commit);
    List<String> arguments = new ArrayList<>();
    options.forEach((option, value) -> arguments.addAll(List.of("--" + option, value)));
    arguments.addAll(jobArguments);
    JobAdditions additions = JobAdditions.of(arguments);
    deployment.createReferenceTopics(additions);
    JobSubmission job = deployment.submission(arguments).withParallelism(settings.parallelism());
    if (isXa()) {
      job = Distribution.jdbcXaJob(job.arguments()).withParallelism(settings.parallelism());
      allowPreparedTransactions(deployment.testbed().database());
    }
    deployment.start(job, Duration.ofMinutes(2));
    // Now, for the job to have got all its slots from the first one.
    deployment.testbed().startTaskManager();
    options.put("lanes", Integer.toString(settings.lanes()));
    if (postgresql && !isXa()) {
      options.put("journal-store", "postgresql");
    }
    Map<String, String> all = new LinkedHashMap<>();
    all.put("parallelism", Integer.toString(settings.parallelism()));
    all.put("flink profile", settings.profile());
    all.put("taskmanager memory", settings.memory());
    all.put("checkpoint storage", settings.checkpointStorage());
    options.forEach((option, value) -> all.put("job --" + option, value));
    if (!jobArguments.isEmpty()) {
      all.put("job arguments", String.join(" ", jobArguments));
    }
    new TreeMap<>(settings.flink()).forEach((option, value) -> all.put("flink " + option, value));
    return new RunningJob(deployment, job, postgresql, additions, all);
  }

  private boolean isXa() {
    return postgresql && commit.equals("checkpoint");
  }

  /** The server's default is none, and so is that of most managed databases. */
  private static void allowPreparedTransactions(DatabaseServer server) {
    try {
      server.execute("ALTER SYSTEM SET max_prepared_transactions = 64");
    } catch (SQLException e) {
      throw new TestbedException("PostgreSQL refuses prepared transactions", e);
    }
    server.stop();
    server.restart();
  }

  /** A job whose generation is found out when it is to replace another one. */
  private static JobSubmission withoutGeneration(JobSubmission job) {
    List<String> arguments = new ArrayList<>(job.arguments());
    int option = arguments.indexOf("--generation");
    if (option >= 0) {
      arguments.subList(option, option + 2).clear();
    }
    return new JobSubmission(job.jar(), arguments, job.parallelism(), job.restoreFrom());
  }

  private record RunningJob(
      TurnstileDeployment deployment,
      JobSubmission submission,
      boolean postgresql,
      JobAdditions additions,
      Map<String, String> settings)
      implements RunningEngine {

    /** From then on PostgreSQL uses the files of its log again, instead of making new ones. */
    @Override
    public void settle() throws SQLException {
      if (postgresql) {
        deployment.testbed().database().execute("CHECKPOINT");
      }
    }

    /** Those with work to lose; the others are spare. */
    @Override
    public List<TestbedProcess> workers() {
      return deployment.testbed().busyTaskManagers();
    }

    @Override
    public Map<String, Long> pids() {
      List<TestbedProcess> processes = new ArrayList<>(deployment.testbed().taskManagers());
      processes.addAll(List.of(TestbedProcess.JOB_MANAGER, TestbedProcess.BROKER));
      return deployment.testbed().pids(processes);
    }

    @Override
    public boolean hasSpareWorker() {
      return true;
    }

    @Override
    public void replaceWorker() {
      deployment.testbed().startTaskManager();
    }

    /** There is no high availability: whoever runs this starts it again from a checkpoint. */
    @Override
    public void crashCoordinator() {
      Testbed testbed = deployment.testbed();
      String newest =
          testbed
              .flink()
              .checkpoints(deployment.jobId())
              .latest()
              .map(FlinkRest.Checkpoint::path)
              .orElseThrow(() -> new IllegalStateException("there is no checkpoint yet"));
      testbed.kill(TestbedProcess.JOB_MANAGER);
      testbed.start(TestbedProcess.JOB_MANAGER);
      deployment.start(submission.restoredFrom(newest));
    }

    @Override
    public void upgrade() {
      replaceBy(submission);
    }

    @Override
    public void rescale(int parallelism) {
      replaceBy(submission.withParallelism(parallelism));
    }

    private void replaceBy(JobSubmission next) {
      Testbed testbed = deployment.testbed();
      Upgrade.Report done =
          new Upgrade(
                  testbed.flink(),
                  Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, testbed.bootstrapServers()),
                  deployment.topics(),
                  UPGRADE_LIMITS,
                  line -> {})
              .run(
                  Optional.of(testbed.flink().job(deployment.jobId())),
                  Optional.empty(),
                  withoutGeneration(next));
      deployment.replacedBy(done.job());
      if (!done.beside()) {
        throw new IllegalStateException("there was no room for a job beside the one that runs");
      }
    }

    @Override
    public Optional<FlinkJob> flinkJob() {
      return Optional.of(new FlinkJob(deployment.testbed().flink(), deployment.jobId()));
    }

    @Override
    public void close() {
      deployment.cancel();
    }
  }
}

package io.turnstile.bench.engine;

import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.JobSubmission;
import io.turnstile.testbed.Distribution;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfigBuilder;
import io.turnstile.testbed.TestbedProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The Turnstile job on Flink, in one of its two ways to commit. */
final class TurnstileEngine implements Engine {

  private static final Duration START = Duration.ofMinutes(2);

  private final String name;
  private final String description;
  private final String commit;

  private TurnstileEngine(String name, String description, String commit) {
    this.name = name;
    this.description = description;
    this.commit = commit;
  }

  static Engine journal() {
    return new TurnstileEngine(
        Engines.TURNSTILE,
        "the job with --commit journal: verdicts commit every few ms",
        "journal");
  }

  static Engine checkpoint() {
    return new TurnstileEngine(
        "turnstile-2pc",
        "the job with --commit checkpoint: Flink's two-phase committing Kafka sink",
        "checkpoint");
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public void prepare(TestbedConfigBuilder testbed, EngineSettings settings) {
    testbed
        .slots(settings.parallelism())
        .taskManagerMemory(settings.memory())
        .flinkProfile(settings.profile())
        .checkpointScheme(settings.checkpointStorage().equals("slow") ? "slow" : "file")
        .flinkConfig(settings.flink());
  }

  @Override
  public RunningEngine start(Deployment deployment, EngineSettings settings) throws IOException {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(
        List.of("--bootstrap-servers", deployment.testbed().bootstrapServersForJobs()));
    arguments.addAll(List.of("--jwks", deployment.jwks().toRealPath().toString()));
    Map<String, String> options = new TreeMap<>(settings.job());
    options.put("commit", commit);
    options.put("lanes", Integer.toString(settings.lanes()));
    options.forEach((option, value) -> arguments.addAll(List.of("--" + option, value)));
    RunningJob job =
        new RunningJob(
            deployment.testbed(),
            Distribution.turnstileJob(arguments).withParallelism(settings.parallelism()),
            settings(settings, options));
    job.submit();
    return job;
  }

  private static Map<String, String> settings(
      EngineSettings settings, Map<String, String> jobOptions) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("parallelism", Integer.toString(settings.parallelism()));
    all.put("flink profile", settings.profile());
    all.put("taskmanager memory", settings.memory());
    all.put("checkpoint storage", settings.checkpointStorage());
    jobOptions.forEach((option, value) -> all.put("job --" + option, value));
    new TreeMap<>(settings.flink()).forEach((option, value) -> all.put("flink " + option, value));
    return all;
  }

  /** The job on the testbed's cluster. */
  private static final class RunningJob implements RunningEngine {

    private final Testbed testbed;
    private final JobSubmission submission;
    private final Map<String, String> settings;
    private volatile String jobId;

    RunningJob(Testbed testbed, JobSubmission submission, Map<String, String> settings) {
      this.testbed = testbed;
      this.submission = submission;
      this.settings = settings;
    }

    private void submit() {
      submit(submission);
      testbed.flink().awaitRunning(jobId, START);
    }

    private void submit(JobSubmission which) {
      jobId = testbed.flink().submit(which);
    }

    @Override
    public List<TestbedProcess> workers() {
      return testbed.taskManagers();
    }

    @Override
    public List<TestbedProcess> processes() {
      List<TestbedProcess> processes = new ArrayList<>(workers());
      if (testbed.isAlive(TestbedProcess.JOB_MANAGER)) {
        processes.add(TestbedProcess.JOB_MANAGER);
      }
      return processes;
    }

    @Override
    public void replaceWorker() {
      testbed.startTaskManager();
    }

    /** There is no high availability: whoever runs this starts it again from a checkpoint. */
    @Override
    public void crashCoordinator() {
      String newest =
          testbed
              .flink()
              .checkpoints(jobId)
              .latest()
              .map(FlinkRest.Checkpoint::path)
              .orElseThrow(() -> new IllegalStateException("there is no checkpoint yet"));
      testbed.kill(TestbedProcess.JOB_MANAGER);
      testbed.start(TestbedProcess.JOB_MANAGER);
      submit(submission.restoredFrom(newest));
    }

    @Override
    public Optional<FlinkJob> flinkJob() {
      return Optional.of(new FlinkJob(testbed.flink(), jobId));
    }

    @Override
    public Map<String, String> settings() {
      return settings;
    }

    @Override
    public void close() {
      FlinkRest flink = testbed.flink();
      if (!flink.job(jobId).isTerminal()) {
        flink.cancel(jobId);
      }
    }
  }
}

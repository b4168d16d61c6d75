package io.turnstile.systemtests.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.turnstile.cli.Turnstile;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.Generation;
import io.turnstile.clients.JobSubmission;
import io.turnstile.clients.OwnersTopic;
import io.turnstile.clients.TopicOptions;
import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.systemtests.harness.Load;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.systemtests.harness.VerdictFollower;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedProcess;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.CommonClientConfigs;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code ./turnstile upgrade} under load: no input is lost or doubled, whoever dies meanwhile. */
@Timeout(300)
class UpgradeIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int SOME = 500;

  /** The JobManager must not replace a frozen TaskManager: the old job is to look well. */
  @RegisterExtension
  static final TestbedExtension TESTBED =
      new TestbedExtension(
          TestbedConfig.builder()
              .taskManagers(2)
              .slots(2)
              .taskManagerMemory("1600m")
              .flinkConfig(Map.of("heartbeat.timeout", "5min"))
              .build());

  @TempDir private Path directory;
  private Deployment turnstile;
  private VerdictFollower follower;
  private Load load;

  @AfterEach
  void stop() {
    if (load != null) {
      load.stop();
    }
    flink().jobs().stream()
        .filter(job -> !job.isTerminal())
        .forEach(job -> flink().cancel(job.id()));
    await()
        .atMost(PATIENCE)
        .until(() -> flink().jobs().stream().allMatch(FlinkRest.Job::isTerminal));
    follower.close();
    turnstile.close();
  }

  private static Testbed testbed() {
    return TESTBED.testbed();
  }

  private static FlinkRest flink() {
    return testbed().flink();
  }

  /** Starts the first job, under load. */
  private void deploy(String prefix, int parallelism) throws Exception {
    turnstile = new Deployment(testbed(), prefix, directory);
    follower = new VerdictFollower(turnstile.connection().verdicts(turnstile.topics().verdicts()));
    List<String> arguments = new ArrayList<>(arguments(parallelism));
    arguments.addAll(List.of("--generation", "1"));
    turnstile.submit(submission(arguments));
    load =
        Load.start(
            turnstile,
            directory.resolve("ledger.csv"),
            new GeneratorOptions().mixed().customers(200).products(200).rate(500));
    load.awaitVerdicts(SOME);
  }

  private static List<String> arguments(int parallelism) {
    return List.of("--parallelism", Integer.toString(parallelism), "--checkpoint-interval", "2s");
  }

  private JobSubmission submission(List<String> arguments) {
    return turnstile.submission(arguments.toArray(String[]::new));
  }

  private record Run(int exitCode, String out, String err) {}

  private Run upgrade(int parallelism, String... options) {
    return upgrade(submission(arguments(parallelism)), options);
  }

  private Run upgrade(JobSubmission job, String... options) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("upgrade", "--flink", testbed().flinkUrl().toString()));
    arguments.addAll(List.of("--bootstrap-servers", testbed().bootstrapServers()));
    arguments.addAll(TopicOptions.arguments(turnstile.topics()));
    arguments.addAll(List.of("--jar", job.jar().toString(), "--timeout", "2m"));
    arguments.addAll(List.of(options));
    arguments.add("--");
    arguments.addAll(job.arguments());
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command = Turnstile.commandLine();
    command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int exitCode = Turnstile.run(command, arguments.toArray(String[]::new), Map.of());
    System.out.print(out + "" + err);
    return new Run(exitCode, out.toString(), err.toString());
  }

  private Map<Integer, Generation> owners() {
    return OwnersTopic.read(
        Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, testbed().bootstrapServers()),
        turnstile.topics().owners(),
        Deployment.PATIENCE);
  }

  private void awaitGeneration(long number, int lanes) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () ->
                owners().values().stream().filter(owner -> owner.number() == number).count()
                    >= lanes);
  }

  private String running() {
    List<FlinkRest.Job> jobs = flink().jobs().stream().filter(job -> !job.isTerminal()).toList();
    assertThat(jobs).hasSize(1);
    return jobs.get(0).id();
  }

  @Tag("containers")
  @Test
  void twoUpgradesAndARollBackLoseAndDoubleNothing() throws Exception {
    deploy("twice.", 2);
    for (long generation = 2; generation <= 4; generation++) {
      String before = running();
      follower.forgetSilence();
      Run run = upgrade(2);
      assertThat(run.exitCode()).as(run.err()).isZero();
      assertThat(run.out()).contains("Starting generation " + generation).contains("taken over");
      load.awaitVerdicts(SOME);
      System.out.printf(
          "generation %d: longest silence %d ms%n",
          generation, follower.longestSilence().toMillis());
      flink().awaitTerminal(before, PATIENCE);
      awaitGeneration(generation, Deployment.LANES);
    }
    // It goes on as any job does.
    flink().checkpoint(running(), PATIENCE);
    load.awaitVerdicts(SOME);
    load.stopAndAudit();
  }

  @Tag("extended")
  @Test
  void oldJobThatIsFrozenIsReplacedAllTheSame() throws Exception {
    deploy("frozen.", 2);
    flink().checkpoint(turnstile.jobId(), PATIENCE);
    load.awaitVerdicts(SOME);
    List<TestbedProcess> frozen = testbed().busyTaskManagers();
    if (frozen.size() == testbed().taskManagers().size()) {
      testbed().startTaskManager();
    }
    frozen.forEach(testbed()::pause);
    try {
      Run run = upgrade(2, "--savepoint-timeout", "3s");
      assertThat(run.exitCode()).as(run.err()).isZero();
      assertThat(run.out()).contains("its newest checkpoint has to do");
      load.awaitVerdicts(SOME);
    } finally {
      frozen.forEach(testbed()::resume);
    }
    flink().awaitTerminal(turnstile.jobId(), PATIENCE);
    load.awaitVerdicts(SOME);
    load.stopAndAudit();
  }

  @Tag("extended")
  @Test
  void newJobThatIsKilledWhileItTakesOverComesBack() throws Exception {
    deploy("killed.", 2);
    List<TestbedProcess> old = testbed().busyTaskManagers();
    CompletableFuture<Run> upgrade = CompletableFuture.supplyAsync(() -> upgrade(2));
    awaitGeneration(2, 1);
    killOthersThan(old);
    assertThat(upgrade.get().exitCode()).isZero();
    load.awaitVerdicts(SOME);
    awaitGeneration(2, Deployment.LANES);
    flink().awaitTerminal(turnstile.jobId(), PATIENCE);
    load.stopAndAudit();
  }

  @Tag("extended")
  @Test
  void newJobThatIsKilledWhileItStandsByStandsByAgain() throws Exception {
    deploy("standby.", 2);
    List<TestbedProcess> old = testbed().busyTaskManagers();
    CompletableFuture<Run> upgrade = CompletableFuture.supplyAsync(() -> upgrade(2));
    await().atMost(PATIENCE).until(() -> testbed().busyTaskManagers().size() > old.size());
    killOthersThan(old);
    assertThat(upgrade.get().exitCode()).isZero();
    load.awaitVerdicts(SOME);
    load.stopAndAudit();
  }

  /** SIGKILL to what the new job runs on, and another TaskManager for it. */
  private static void killOthersThan(List<TestbedProcess> old) {
    List<TestbedProcess> others = new ArrayList<>(testbed().busyTaskManagers());
    others.removeAll(old);
    (others.isEmpty() ? old.subList(0, 1) : others)
        .forEach(
            victim -> {
              testbed().kill(victim);
              testbed().startTaskManager();
            });
  }

  @Tag("extended")
  @Test
  void oldJobThatDiesMeanwhileIsReplaced() throws Exception {
    deploy("dies.", 2);
    List<TestbedProcess> old = testbed().busyTaskManagers();
    CompletableFuture<Run> upgrade = CompletableFuture.supplyAsync(() -> upgrade(2));
    await().atMost(PATIENCE).until(() -> testbed().busyTaskManagers().size() > old.size());
    old.forEach(testbed()::kill);
    old.forEach(each -> testbed().startTaskManager());
    assertThat(upgrade.get().exitCode()).isZero();
    load.awaitVerdicts(SOME);
    load.stopAndAudit();
  }

  /** The command does not read the job's file: it may be in the JobManager's image only. */
  @Tag("extended")
  @Test
  void withoutRoomTheOldJobIsStoppedFirstAndTheCommandSaysSo() throws Exception {
    deploy("full.", 2);
    Path file = Files.writeString(directory.resolve("job.properties"), "job.parallelism=4\n");
    Run run = upgrade(submission(List.of("--options", file.toString())));
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains(
            "The cluster has 2 free slots and the new job needs 4: no room beside the old one")
        .contains("Stopping the old job with a savepoint");
    awaitGeneration(2, Deployment.LANES);
    load.awaitVerdicts(SOME);
    load.stopAndAudit();
  }
}

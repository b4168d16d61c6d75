package io.turnstile.systemtests.harness.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.turnstile.audit.Audit;
import io.turnstile.audit.AuditConfig;
import io.turnstile.audit.AuditReport;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.FlinkRestException;
import io.turnstile.clients.JobSubmission;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.simulator.Generator;
import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.Kind;
import io.turnstile.simulator.Simulation;
import io.turnstile.simulator.SimulationOptions;
import io.turnstile.simulator.SimulationSummary;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.systemtests.harness.VerdictFollower;
import io.turnstile.testbed.Distribution;
import io.turnstile.testbed.Testbed;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.awaitility.core.ConditionTimeoutException;

/**
 * The job under load, a fault in the middle of it, and then the audit with the ledger. What differs
 * from run to run is drawn from a seed: how verdicts are committed, the parallelism, the input, and
 * when the fault comes.
 *
 * @param jar the job
 * @param commit {@code checkpoint}, {@code journal}, or {@code postgresql} for a journal there
 * @param checkpointInterval as an option of the job
 * @param faultAfter share of the verdicts before the fault, from 0 to 1
 * @param transactions number sent at least, even if the fault is over sooner
 * @param rate transactions sent per second
 */
public record FaultScenario(
    Path jar,
    long seed,
    String commit,
    String checkpointInterval,
    int parallelism,
    double faultAfter,
    int transactions,
    double rate) {

  private static final int USUAL_TRANSACTIONS = 50_000;

  /** Two cores with cold code work off what a long fault leaves at that rate, and keep up. */
  private static final double USUAL_RATE = 2_000;

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /**
   * The result of one run.
   *
   * @param recovery from the end of the fault until a verdict about an input sent after that
   * @param felt true if the fault had an effect: the job failed, or verdicts stopped for at least
   *     half of the fault's duration
   * @param failures of the job, since the fault
   */
  public record Result(
      AuditReport audit,
      Duration recovery,
      boolean readersAgree,
      boolean felt,
      List<String> failures) {

    /** Fails if an input has not exactly the verdict that it must have, or readers disagree. */
    public void requireRight() {
      assertThat(audit.passed()).as(audit.toText(20)).isTrue();
      assertThat(readersAgree).as("readers agree").isTrue();
    }

    /** As {@link #requireRight}; fails also if the fault had no effect. */
    public void requireClean() {
      requireRight();
      assertThat(felt).as("the fault was felt").isTrue();
    }
  }

  public static FaultScenario drawn(long seed) {
    Random random = new Random(seed);
    String commit = random.nextBoolean() ? "journal" : "checkpoint";
    return new FaultScenario(
        Distribution.turnstileJob(List.of()).jar(),
        seed,
        commit,
        usualInterval(commit),
        1 + random.nextInt(2),
        0.05 + 0.4 * random.nextDouble(),
        USUAL_TRANSACTIONS,
        USUAL_RATE);
  }

  private static String usualInterval(String commit) {
    // In checkpoint mode, a checkpoint may be half as old when it is restored.
    return commit.equals("checkpoint") ? "500ms" : "2s";
  }

  public FaultScenario with(String commitMode) {
    return new FaultScenario(
        jar,
        seed,
        commitMode,
        usualInterval(commitMode),
        parallelism,
        faultAfter,
        transactions,
        rate);
  }

  public FaultScenario sending(int otherTransactions, double otherRate) {
    return new FaultScenario(
        jar,
        seed,
        commit,
        checkpointInterval,
        parallelism,
        faultAfter,
        otherTransactions,
        otherRate);
  }

  /**
   * With a job that is broken on purpose, whose JAR is made in the directory. It takes no
   * checkpoint before the fault: right after one, there is nothing to replay, and nothing to
   * suppress.
   */
  public FaultScenario withoutSuppression(Path directory) throws IOException {
    Path broken = SabotagedJob.withoutSuppression(jar, directory);
    return new FaultScenario(
        broken, seed, commit, "1h", parallelism, faultAfter, transactions, rate);
  }

  /** With a job that is broken on purpose, whose JAR is made in the directory. */
  public FaultScenario withoutFencing(Path directory) throws IOException {
    Path broken = SabotagedJob.withoutFencing(jar, directory);
    return new FaultScenario(
        broken, seed, commit, checkpointInterval, parallelism, faultAfter, transactions, rate);
  }

  /** Everything that a second run with the same seed needs. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "seed %d: --commit %s, parallelism %d, fault after %.0f %% of the input",
        seed,
        commit,
        parallelism,
        100 * faultAfter);
  }

  /** Runs it; a testbed on which not all is as required keeps its logs. */
  public <T extends Testbed> void require(
      Consumer<Result> requirement,
      T testbed,
      Fault<? super T> fault,
      String prefix,
      Path directory)
      throws Exception {
    try {
      requirement.accept(run(testbed, fault, prefix, directory));
    } catch (Exception | AssertionError e) {
      testbed.markFailed();
      throw e;
    }
  }

  /**
   * Runs the job under load, inflicts the fault in the middle of it, mends it, and audits.
   *
   * @param prefix of the topics, which must be new
   * @param directory for keys and ledger
   */
  public <T extends Testbed> Result run(
      T testbed, Fault<? super T> fault, String prefix, Path directory) throws Exception {
    System.out.printf("%s, %s%n", fault, this);
    long start = System.nanoTime();
    try (Deployment turnstile = new Deployment(testbed, prefix, directory, isInPostgresql());
        VerdictFollower follower = follow(turnstile)) {
      turnstile.submit(JobSubmission.of(jar, turnstile.submission(arguments()).arguments()));
      Duration recovery;
      Duration silence;
      Instant inflicted;
      try (Sending sending = new Sending(turnstile, seed, rate, ledger(prefix, directory))) {
        await().atMost(PATIENCE).until(() -> follower.count() >= faultAfter * transactions);
        inflicted = Instant.now();
        follower.forgetSilence();
        Runnable cure = fault.inflict().inflict(testbed, turnstile.jobId());
        await().pollDelay(fault.lasts()).atMost(PATIENCE).until(() -> true);
        cure.run();
        recovery = sending.awaitVerdictOfNewInput(follower);
        silence = follower.longestSilence();
        sending.finish(transactions);
      } catch (ConditionTimeoutException e) {
        throw new AssertionError(
            e.getMessage() + "; " + stateOfJob(testbed.flink(), turnstile.jobId()), e);
      }
      AuditReport audit = audit(turnstile.connection(), ledger(prefix, directory), PATIENCE);
      if (isInPostgresql()) {
        assertThat(turnstile.number("SELECT count(*) FROM turnstile.verdict"))
            .as("rows")
            .isEqualTo(audit.verdicts());
        silence = silenceOfTable(turnstile, inflicted);
      }
      boolean agree = readersAgree(turnstile, follower, audit.verdicts());
      List<String> failures =
          testbed.flink().failures(turnstile.jobId()).stream()
              .filter(failure -> failure.time().isAfter(inflicted))
              .map(FlinkRest.Failure::message)
              .toList();
      System.out.printf(
          "%s, seed %d: recovered after %.1f s, %d inputs, silent for %.1f s, %d failures, %d missing,"
              + " %d doubled, %d wrong; %d s in all%n",
          fault,
          seed,
          recovery.toMillis() / 1e3,
          audit.inputs(),
          silence.toMillis() / 1e3,
          failures.size(),
          audit.missing(),
          audit.duplicated(),
          audit.wrong() + audit.acceptedTwice() + audit.misrouted(),
          Duration.ofNanos(System.nanoTime() - start).toSeconds());
      boolean stopped =
          !fault.lasts().isZero() && silence.compareTo(fault.lasts().dividedBy(2)) > 0;
      boolean felt = !fault.stops() || !failures.isEmpty() || stopped;
      return new Result(audit, recovery, agree, felt, failures);
    }
  }

  /** By the server's own notes: a reader may be silent for reasons of its own. */
  private static Duration silenceOfTable(Deployment turnstile, Instant since) throws SQLException {
    return Duration.ofMillis(
        turnstile.number(
            """
            SELECT coalesce(max(extract(epoch FROM at - before)) * 1000, 0)::bigint
            FROM (SELECT at, lag(at) OVER (ORDER BY at) AS before
              FROM (SELECT DISTINCT pg_xact_commit_timestamp(xmin) AS at FROM turnstile.verdict) c
              WHERE at >= '%s') gaps
            """
                .formatted(since.minusSeconds(1))));
  }

  private static String stateOfJob(FlinkRest flink, String jobId) {
    try {
      return "the job is "
          + flink.job(jobId).state()
          + ", it failed "
          + flink.failures(jobId).stream().map(FlinkRest.Failure::message).toList();
    } catch (FlinkRestException e) {
      return "nothing is known of the job: " + e.getMessage();
    }
  }

  /** Audits the inputs of a run. */
  public static AuditReport audit(Testbed testbed, String prefix, Path directory, Duration patience)
      throws Exception {
    return audit(
        new KafkaConnection(testbed.bootstrapServers(), Map.of(), TopicNames.withPrefix(prefix)),
        ledger(prefix, directory),
        patience);
  }

  private static AuditReport audit(KafkaConnection of, Path ledger, Duration patience) {
    return new Audit(
            AuditConfig.builder(of.bootstrapServers())
                .topics(of.topics())
                .database(of.database())
                .ledger(ledger)
                .waitFor(patience)
                .build())
        .run();
  }

  private boolean isInPostgresql() {
    return commit.equals("postgresql");
  }

  private static Path ledger(String prefix, Path directory) {
    return directory.resolve(prefix + "ledger.csv");
  }

  private String[] arguments() {
    List<String> arguments = new ArrayList<>();
    boolean checkpoint = commit.equals("checkpoint");
    arguments.addAll(List.of("--commit", checkpoint ? "checkpoint" : "journal"));
    arguments.addAll(List.of("--parallelism", Integer.toString(parallelism)));
    arguments.addAll(List.of("--checkpoint-interval", checkpointInterval));
    arguments.addAll(List.of("--transaction-timeout", checkpoint ? "5min" : "5s"));
    // Products that are late must not be given up during an outage.
    arguments.addAll(List.of("--product-wait", "60s"));
    if (isInPostgresql()) {
      // Shorter than the faults.
      arguments.addAll(List.of("--jdbc-connect-timeout", "2s", "--jdbc-retry-timeout", "3s"));
      arguments.addAll(List.of("--jdbc-statement-timeout", "3s", "--jdbc-lock-timeout", "1s"));
      // One for all lanes, or one for each.
      arguments.addAll(List.of("--jdbc-connections", seed % 2 == 0 ? "1" : "4"));
    }
    return arguments.toArray(String[]::new);
  }

  /** The load, until it is told to finish. */
  private static final class Sending implements AutoCloseable {

    private final AtomicReference<SourcePosition> newest = new AtomicReference<>();
    private final AtomicLong sent = new AtomicLong();
    private final Simulation simulation;
    private final CompletableFuture<SimulationSummary> run;

    Sending(Deployment turnstile, long seed, double rate, Path ledger) {
      GeneratorOptions mix =
          new GeneratorOptions()
              .mixed()
              // Would take the whole wait.
              .share(Kind.UNKNOWN_PRODUCT, 0)
              .seed(seed)
              .customers(500)
              .products(500)
              .rate(rate);
      simulation =
          new Simulation(
              turnstile.connection(),
              new Generator(mix),
              turnstile.issuer(),
              new SimulationOptions().rate(rate).ledger(ledger).retry(true),
              (seq, intended, position) -> {
                newest.set(position);
                sent.incrementAndGet();
              });
      run =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return simulation.run();
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
    }

    Duration awaitVerdictOfNewInput(VerdictFollower follower) {
      long start = System.nanoTime();
      SourcePosition before = newest.get();
      await().atMost(PATIENCE).until(() -> !newest.get().equals(before));
      SourcePosition after = newest.get();
      await().atMost(PATIENCE).until(() -> follower.hasCome(after));
      return Duration.ofNanos(System.nanoTime() - start);
    }

    /** Ends when enough is sent. */
    void finish(int transactions) throws Exception {
      await().atMost(PATIENCE).until(() -> run.isDone() || sent.get() >= transactions);
      simulation.stop();
      SimulationSummary summary = run.get();
      assertThat(summary.failures()).as(summary.firstFailure()).isZero();
      assertThat(summary.sent()).isGreaterThanOrEqualTo(transactions);
    }

    @Override
    public void close() {
      simulation.stop();
    }
  }

  private static VerdictFollower follow(Deployment turnstile) {
    return new VerdictFollower(turnstile.connection().verdicts(turnstile.topics().verdicts()));
  }

  /** True if a reader from the start and one that starts now see the same verdicts. */
  private static boolean readersAgree(Deployment turnstile, VerdictFollower all, long verdicts) {
    try (VerdictFollower late = follow(turnstile)) {
      await().atMost(PATIENCE).until(() -> all.count() >= verdicts && late.count() >= verdicts);
      Map<String, String> seenLate = late.end();
      Map<String, String> seenAll = all.end();
      if (!seenAll.equals(seenLate)) {
        System.out.printf("read all along: %s%nread at the end: %s%n", seenAll, seenLate);
      }
      return seenAll.equals(seenLate);
    }
  }
}

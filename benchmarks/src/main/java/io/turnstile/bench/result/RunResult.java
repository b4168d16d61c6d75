package io.turnstile.bench.result;

import com.fasterxml.jackson.annotation.JacksonInject;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.OptBoolean;
import io.soabase.recordbuilder.core.RecordBuilder;
import io.turnstile.bench.scenario.Scenario.RatioLimit;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * One run of one scenario on one engine. Immutable. The names of the components are those of {@code
 * result.json} and do not change. What passes and what fails is said here and nowhere else.
 *
 * @param engine the engine's name, as {@code turnstile}
 * @param passed whether the run is {@link #sound} and no objective is {@linkplain Objective#missed
 *     missed}; never null: a result that does not say is judged by its parts
 * @param repeat from 1, which of the repeats this is; 0 in results that do not say
 * @param command the command line that made the run
 * @param interrupted whether the user ended the run before its time
 * @param failure why the run could not be finished, one line; null if it could
 * @param settings the engine's settings, by name; all that it takes to build the same again
 * @param steadyAfterS from the first transaction sent until the engine was steady; null if it never
 *     was, or that is not known
 * @param leaks of a soak, whether memory or anything else grew
 * @param search of a saturation, the rates tried for the highest that holds the objective
 * @param figures metrics that only this scenario has
 * @param ratios what the scenario wants of engines beside each other
 * @param notes what else a reader should know, one line each
 */
@RecordBuilder
@RecordBuilder.Options(useUnmodifiableCollections = true)
@JsonPropertyOrder({"scenario", "engine", "passed"})
public record RunResult(
    String scenario,
    String engine,
    Boolean passed,
    int repeat,
    Instant startedAt,
    String command,
    boolean interrupted,
    String failure,
    Environment environment,
    Map<String, String> settings,
    Load load,
    Throughput throughput,
    Latency latencyMs,
    Double steadyAfterS,
    AuditResult audit,
    Shares shares,
    List<FaultResult> faults,
    List<ProcessResources> resources,
    List<CheckpointResult> checkpoints,
    ConsumerLag consumerLag,
    LeakResult leaks,
    List<RateStep> search,
    List<ScenarioMetric> figures,
    List<FlameGraphFile> flameGraphs,
    List<Objective> objectives,
    List<RatioLimit> ratios,
    List<String> notes) {

  public RunResult {
    if (passed == null) {
      passed =
          sound(failure, interrupted, audit) && objectives.stream().noneMatch(Objective::missed);
    }
  }

  /** Returns a builder of a first repeat; not thread-safe. */
  public static RunResultBuilder builder(String scenario, String engine) {
    return RunResultBuilder.builder().scenario(scenario).engine(engine).repeat(1);
  }

  /** Tells whether the run came to its end and its audit is clean, whatever its speed. */
  public boolean sound() {
    return sound(failure, interrupted, audit);
  }

  private static boolean sound(String failure, boolean interrupted, AuditResult audit) {
    return failure == null && !interrupted && audit != null && audit.passed();
  }

  /**
   * Tells whether several runs pass together, and the objectives between engines. Of the engines
   * beside ours, which are there to be compared with, only the audits count, unless ours did not
   * run.
   */
  public static boolean allPass(List<RunResult> runs, String ours, Collection<Objective> ratios) {
    return failed(runs, ours) == 0 && ratios.stream().noneMatch(Objective::missed);
  }

  /** Returns how many of several runs fail, by the same rule. */
  public static long failed(List<RunResult> runs, String ours) {
    boolean alone = runs.stream().noneMatch(run -> run.engine.equals(ours));
    return runs.stream()
        .filter(run -> !((alone || run.engine.equals(ours)) ? run.passed : run.sound()))
        .count();
  }

  /**
   * The load that was sent.
   *
   * @param offeredPerS the intended rate; where it changes, its mean; null where all is sent as
   *     fast as possible
   * @param sent records acknowledged by the broker, warm-up included
   */
  public record Load(Double offeredPerS, long sent, double warmupS, double measuredS) {}

  /**
   * Records per second in the measured part of the run, and in each of its seconds.
   *
   * @param meanPerS committed verdicts
   * @param publishedPerS inputs acknowledged by the broker
   * @param processedPerS inputs decided, committed or not
   * @param committedPerS the same as {@code meanPerS}
   */
  public record Throughput(
      double meanPerS,
      List<Point> series,
      Double publishedPerS,
      Double processedPerS,
      Double committedPerS,
      List<Point> publishedSeries) {}

  /**
   * Shares between 0 and 1; null where the scenario has none of it.
   *
   * @param success inputs with the verdict that the ledger allows
   * @param errors inputs with a wrong verdict or none; an intended rejection is no error
   * @param availability seconds with input in which some verdict came within 1 s
   * @param dedup duplicates sent that were rejected as such, and firsts that were accepted
   * @param tokenRefresh transactions rejected for an expired token that passed with a fresh one
   */
  public record Shares(
      Double success, Double errors, Double availability, Double dedup, Double tokenRefresh) {}

  /**
   * A fault and how the engine came back.
   *
   * @param fault its name, as {@code kill-taskmanager}
   * @param firstVerdictAfterS from the fault until the last partition had its first verdict
   *     committed for an input that was sent after it; null if one had none
   * @param caughtUpAfterS from the fault until the latency was back within the objective; null if
   *     it never was
   * @param endedAtS when the fault was lifted; null for what needs no lifting
   * @param stagesAfterS from the fault to each stage of the engine's restart, by name and in their
   *     order; empty if it tells none
   */
  public record FaultResult(
      double atS,
      String fault,
      Double firstVerdictAfterS,
      Double caughtUpAfterS,
      Double endedAtS,
      Map<String, Double> stagesAfterS) {

    /** A fault whose stages are not known. */
    public FaultResult(
        double atS, String fault, Double firstVerdictAfterS, Double caughtUpAfterS, Double ended) {
      this(atS, fault, firstVerdictAfterS, caughtUpAfterS, ended, Map.of());
    }
  }

  /**
   * Resources that a process used in the measured part of the run.
   *
   * @param process its role, as {@code taskmanager}; {@code load} is the measuring process itself
   * @param cpuCoresMean cores busy with it
   * @param jitCoresMean the part of them that its JIT compilers took; null if that is not known
   * @param diskWrittenMb what it had written to storage, in MiB
   */
  public record ProcessResources(
      String process,
      Double cpuCoresMean,
      Double cpuCoresMax,
      Double jitCoresMean,
      Double rssMaxMb,
      Double gcPauseMaxMs,
      Double gcPauseTotalMs,
      Double diskWrittenMb,
      List<Sample> series) {

    /** At a time: cores busy since the sample before, MiB written in the measured part so far. */
    public record Sample(
        double t, Double cpuCores, Double jitCores, Double rssMb, Double diskWrittenMb) {}
  }

  /**
   * A completed checkpoint, by the time of its trigger: what it had to store, with incremental
   * checkpoints the difference, and the whole state, in MiB.
   */
  public record CheckpointResult(double atS, double durationMs, Double sizeMb, Double fullSizeMb) {}

  /** Inputs acknowledged without a committed verdict, in records: the most, and over time. */
  public record ConsumerLag(long max, List<Point> series) {}

  /** One step of the search for the highest rate that holds the objective for {@code p99Ms}. */
  public record RateStep(double offeredPerS, double p99Ms, boolean held) {}

  /**
   * A metric that only some scenarios or engines have, as the bytes of state per id.
   *
   * @param name unique within the result
   * @param better the way in which it improves; null if neither
   */
  public record ScenarioMetric(String name, double value, String unit, Direction better) {

    /** The way in which a metric improves. */
    public enum Direction {
      HIGHER,
      LOWER
    }
  }

  /** A process's flame graph, beside the result; the directory is null if that was not read. */
  @JsonIgnoreProperties("directory")
  public record FlameGraphFile(
      String process,
      String file,
      @JacksonInject(useInput = OptBoolean.FALSE, optional = OptBoolean.TRUE) Path directory) {}

  /**
   * A service-level objective and the value it is judged by.
   *
   * @param name as {@code committed p99}
   * @param target as {@code < 100 ms}
   * @param actual in the target's unit; null if it could not be measured, which is not met
   * @param goal whether the run passes without it: wished for, not promised
   */
  public record Objective(String name, String target, Double actual, boolean met, boolean goal) {

    /** Tells whether it fails the run: it is no mere goal, and it is not met. */
    public boolean missed() {
      return !met && !goal;
    }
  }
}

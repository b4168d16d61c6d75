package io.turnstile.bench.evaluate;

import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.measure.ResourceSampler;
import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.Environment;
import io.turnstile.bench.result.FaultResult;
import io.turnstile.bench.result.Objective;
import io.turnstile.bench.result.ProcessResources;
import io.turnstile.bench.result.Shares;
import io.turnstile.bench.scenario.Metric;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.events.RejectionReason;
import io.turnstile.simulator.Kind;
import io.turnstile.simulator.SimulationSummary;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * Compares what a run measured with what its scenario wants.
 *
 * @param undisturbed tells whether a second of the recorder lies in no fault or recovery
 * @param inflicted the faults so far
 * @param sent null if sending did not end
 * @param audit null if there was none
 * @param environment null if the engine did not start
 * @param special metrics that the scenario's own procedure measured
 */
public record ObjectiveEvaluation(
    Scenario scenario,
    LatencyRecorder recording,
    LongPredicate undisturbed,
    List<FaultResult> inflicted,
    SimulationSummary sent,
    AuditResult audit,
    List<ProcessResources> used,
    Environment environment,
    Map<Metric, Double> special) {

  private static final List<RejectionReason> DUPLICATES =
      List.of(
          RejectionReason.DUPLICATE_ID,
          RejectionReason.ID_CONFLICT,
          RejectionReason.DUPLICATE_CONTENT);

  private static final double P99_WINDOW_SECONDS = 180;

  /** Returns the objectives, then the goals. */
  public List<Objective> objectives() {
    return Stream.concat(evaluate(scenario.objectives(), false), evaluate(scenario.goals(), true))
        .toList();
  }

  private Stream<Objective> evaluate(Map<Metric, Double> limits, boolean goal) {
    return new TreeMap<>(limits)
        .entrySet().stream()
            .map(
                limit -> {
                  Metric metric = limit.getKey();
                  Double actual =
                      finite(special.containsKey(metric) ? special.get(metric) : actual(metric));
                  return new Objective(
                      metric.title(),
                      metric.target(limit.getValue()),
                      actual,
                      metric.meets(limit.getValue(), actual),
                      goal);
                });
  }

  private static Double finite(Double value) {
    return value == null || value.isNaN() ? null : Math.round(value * 1000) / 1000.0;
  }

  private Double actual(Metric metric) {
    return switch (metric) {
      case COMMITTED_P50_MS -> percentile(recording.measured(), 50);
      case COMMITTED_P95_MS -> percentile(recording.measured(), 95);
      case COMMITTED_P99_MS -> percentile(recording.measured(), 99);
      case COMMITTED_P999_MS -> percentile(recording.measured(), 99.9);
      case UNDISTURBED_P50_MS -> percentile(recording.measured(undisturbed), 50);
      case UNDISTURBED_P95_MS -> percentile(recording.measured(undisturbed), 95);
      case UNDISTURBED_P99_MS -> percentile(recording.measured(undisturbed), 99);
      case SUCCESS_PERCENT -> success() == null ? null : success() * 100;
      case ERROR_PERCENT -> success() == null ? null : 100 - success() * 100;
      case AVAILABILITY_PERCENT -> recording.availability(second -> true) * 100;
      case UNDISTURBED_AVAILABILITY_PERCENT -> recording.availability(undisturbed) * 100;
      case DEDUP_PERCENT -> percent(dedup());
      case TOKEN_REFRESH_PERCENT -> percent(tokenRefresh());
      case CPU_PERCENT -> cpuPercent();
      case MEMORY_GB -> memoryGb();
      case FIRST_VERDICT_AFTER_S -> worst(inflicted.stream().map(FaultResult::firstVerdictAfterS));
      case CAUGHT_UP_AFTER_S -> worst(inflicted.stream().map(FaultResult::caughtUpAfterS));
      case KEPT_UP_PERCENT -> keptUp();
      case P99_DRIFT -> p99Drift();
      case DRAIN_PER_S -> recording.drainRate(0);
      case HIGHEST_RATE_PER_S, EXPORT_IN_FORCE_S, LEAKS -> null;
    };
  }

  private static Double percentile(Histogram micros, double percentile) {
    return micros.getTotalCount() == 0 ? null : micros.getValueAtPercentile(percentile) / 1000.0;
  }

  private static Double percent(Double share) {
    return share == null ? null : share * 100;
  }

  /** The largest; null if one of them is missing, or there are none. */
  private static Double worst(Stream<Double> values) {
    List<Double> all = new ArrayList<>();
    values.forEach(all::add);
    return all.isEmpty() || all.contains(null)
        ? null
        : all.stream().mapToDouble(Double::doubleValue).max().getAsDouble();
  }

  /** Returns the shares of the whole run, warm-up included. */
  public Shares shares() {
    Double success = success();
    double availability = recording.availability(second -> true);
    return new Shares(
        success,
        success == null ? null : 1 - success,
        Double.isNaN(availability) ? null : availability,
        dedup(),
        tokenRefresh());
  }

  private Double success() {
    if (audit == null || audit.inputs() == 0) {
      return null;
    }
    long bad =
        audit.missing()
            + audit.duplicated()
            + audit.wrong()
            + audit.acceptedTwice()
            + audit.inFlight();
    return Math.max(0, audit.inputs() - bad) / (double) audit.inputs();
  }

  /** The sums hold for any order in which the inputs of a group are decided. */
  private Double dedup() {
    if (audit == null || sent == null) {
      return null;
    }
    long expected = 0;
    long off = 0;
    for (RejectionReason reason : DUPLICATES) {
      long wanted = sent.expected().getOrDefault(reason.name(), 0L);
      expected += wanted;
      off += Math.abs(wanted - audit.rejected().getOrDefault(reason.name(), 0L));
    }
    return expected == 0 ? null : Math.max(0, expected - off) / (double) expected;
  }

  private Double tokenRefresh() {
    if (audit == null || sent == null || !scenario.load().refreshTokens()) {
      return null;
    }
    long turnedAway = sent(Kind.EXPIRED) + sent(Kind.NOT_YET_VALID);
    return turnedAway == 0
        ? null
        : Math.max(0, Math.min(turnedAway, sent(Kind.RETRY)) - audit.wrong()) / (double) turnedAway;
  }

  private long sent(Kind kind) {
    return sent.sentByKind().getOrDefault(kind.name(), 0L);
  }

  private Double cpuPercent() {
    if (used.isEmpty() || environment == null) {
      return null;
    }
    double cores =
        used.stream()
            .mapToDouble(process -> process.cpuCoresMean() == null ? 0 : process.cpuCoresMean())
            .sum();
    return cores / environment.cores() * 100;
  }

  private Double memoryGb() {
    List<ProcessResources> ofEngine =
        used.stream()
            .filter(process -> !process.process().equals(ResourceSampler.LOAD))
            .filter(process -> !process.process().equals("broker"))
            .toList();
    return ofEngine.isEmpty()
        ? null
        : ofEngine.stream().mapToDouble(ProcessResources::rssMaxMb).sum() / 1024;
  }

  private Double keptUp() {
    double offered = scenario.load().meanRate();
    return offered == 0
        ? null
        : Math.min(100, recording.meanOverMeasured(recording.verdictSeries()) / offered * 100);
  }

  /** The p99 of the last three minutes by that of minutes two to four. */
  private Double p99Drift() {
    double warmUp = scenario.load().warmUp().toMillis() / 1000.0;
    double end = warmUp + recording.measuredSeconds();
    Double first =
        percentile(
            recording.measured(
                second -> second >= warmUp + 60 && second < warmUp + 60 + P99_WINDOW_SECONDS),
            99);
    Double last =
        percentile(
            recording.measured(second -> second >= end - P99_WINDOW_SECONDS && second < end), 99);
    return first == null || last == null || end - warmUp < 2 * P99_WINDOW_SECONDS + 60
        ? null
        : last / first;
  }
}

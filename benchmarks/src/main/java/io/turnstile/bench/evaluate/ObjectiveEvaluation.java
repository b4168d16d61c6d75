package io.turnstile.bench.evaluate;

import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.measure.ResourceSampler;
import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.Environment;
import io.turnstile.bench.result.RunResult.FaultResult;
import io.turnstile.bench.result.RunResult.Objective;
import io.turnstile.bench.result.RunResult.ProcessResources;
import io.turnstile.bench.result.RunResult.Shares;
import io.turnstile.bench.scenario.Metric;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.events.RejectionReason;
import io.turnstile.simulator.Kind;
import io.turnstile.simulator.SimulationSummary;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
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
 * @param special metrics that the scenario's own procedure measured, or whoever samples processes
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
    List<Objective> all = new ArrayList<>();
    new TreeMap<>(scenario.objectives()).forEach((on, at) -> all.add(evaluate(on, at, false)));
    new TreeMap<>(scenario.goals()).forEach((on, at) -> all.add(evaluate(on, at, true)));
    return all;
  }

  private Objective evaluate(Metric metric, double limit, boolean goal) {
    Double value = special.containsKey(metric) ? special.get(metric) : actual(metric);
    Double actual = value == null || value.isNaN() ? null : Math.round(value * 1000) / 1000.0;
    return new Objective(
        metric.title(), metric.target(limit), actual, metric.meets(limit, actual), goal);
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
      case SUCCESS_PERCENT -> percent(success());
      case ERROR_PERCENT -> percent(shares().errors());
      case AVAILABILITY_PERCENT -> percent(recording.availability(second -> true));
      case UNDISTURBED_AVAILABILITY_PERCENT -> percent(recording.availability(undisturbed));
      case DEDUP_PERCENT -> percent(dedup());
      case TOKEN_REFRESH_PERCENT -> percent(tokenRefresh());
      case CPU_PERCENT -> cpuPercent();
      case MEMORY_GB -> memoryGb();
      case FIRST_VERDICT_AFTER_S -> slowest(FaultResult::firstVerdictAfterS);
      case CAUGHT_UP_AFTER_S -> slowest(FaultResult::caughtUpAfterS);
      case LONGEST_SILENCE_S -> recording.longestSilenceSeconds();
      case KEPT_UP_PERCENT -> keptUp();
      case P99_DRIFT -> p99Drift();
      case DRAIN_PER_S -> recording.drainRate(0);
      case STEADY_AFTER_S,
          HIGHEST_RATE_PER_S,
          EXPORT_IN_FORCE_S,
          FEEDS_P99_MOVE_PERCENT,
          FEEDS_AGE_MOVE_S,
          FEEDS_ALERTED_PERCENT,
          LEAKS ->
          null;
    };
  }

  private static Double percentile(Histogram micros, double percentile) {
    return micros.getTotalCount() == 0 ? null : micros.getValueAtPercentile(percentile) / 1000.0;
  }

  private static Double percent(Double share) {
    return share == null ? null : share * 100;
  }

  /** Null if the engine did not come back from one of the faults, or there were none. */
  private Double slowest(Function<FaultResult, Double> seconds) {
    List<Double> all = inflicted.stream().map(seconds).toList();
    return all.isEmpty() || all.contains(null) ? null : Collections.max(all);
  }

  /** Returns the shares of the whole run, warm-up included. */
  public Shares shares() {
    Double success = success();
    Double errors = success == null ? null : 1 - success;
    double availability = recording.availability(second -> true);
    Double available = Double.isNaN(availability) ? null : availability;
    return new Shares(success, errors, available, dedup(), tokenRefresh());
  }

  private Double success() {
    if (audit == null) {
      return null;
    }
    long bad = audit.missing() + audit.duplicated() + audit.wrong();
    return share(audit.inputs() - bad - audit.acceptedTwice() - audit.inFlight(), audit.inputs());
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
    return share(expected - off, expected);
  }

  private Double tokenRefresh() {
    if (audit == null || sent == null || !scenario.load().refreshTokens()) {
      return null;
    }
    long turnedAway = sent(Kind.EXPIRED) + sent(Kind.NOT_YET_VALID);
    return share(Math.min(turnedAway, sent(Kind.RETRY)) - audit.wrong(), turnedAway);
  }

  private long sent(Kind kind) {
    return sent.sentByKind().getOrDefault(kind.name(), 0L);
  }

  private static Double share(long right, long all) {
    return all == 0 ? null : Math.max(0, right) / (double) all;
  }

  private Double cpuPercent() {
    Stream<Double> cores = used.stream().map(ProcessResources::cpuCoresMean);
    return used.isEmpty() || environment == null
        ? null
        : cores.filter(Objects::nonNull).reduce(0.0, Double::sum) / environment.cores() * 100;
  }

  private Double memoryGb() {
    return used.stream()
        .filter(each -> !Set.of(ResourceSampler.LOAD, "broker").contains(each.process()))
        .map(ProcessResources::rssMaxMb)
        .filter(Objects::nonNull)
        .reduce(Double::sum)
        .map(mb -> mb / 1024)
        .orElse(null);
  }

  private Double keptUp() {
    double offered = scenario.load().meanRate();
    return offered == 0
        ? null
        : Math.min(100, recording.meanOverMeasured(recording.verdictSeries()) / offered * 100);
  }

  /** The p99 of the last three minutes by that of minutes two to four. */
  private Double p99Drift() {
    double start = scenario.load().warmUp().toMillis() / 1000.0 + 60;
    double end = start - 60 + recording.measuredSeconds();
    Double first = p99(start, start + P99_WINDOW_SECONDS);
    Double last = p99(end - P99_WINDOW_SECONDS, end);
    return first == null || last == null || end - start < 2 * P99_WINDOW_SECONDS
        ? null
        : last / first;
  }

  private Double p99(double from, double until) {
    return percentile(recording.measured(second -> second >= from && second < until), 99);
  }
}

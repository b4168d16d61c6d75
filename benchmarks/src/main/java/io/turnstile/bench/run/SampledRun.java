package io.turnstile.bench.run;

import io.turnstile.bench.engine.LiveEngine;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.Environment;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Scenario;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A load that somebody else sent to a live deployment. */
public final class SampledRun {

  /** A transaction by its intended epoch time, with the time from then to its verdict, if any. */
  public record Sample(long atMillis, long elapsedMillis, boolean answered) {}

  private final Scenario scenario;
  private final List<Sample> samples;

  /**
   * @param scenario that was sent at one rate; it says how long the warm-up is, and what is wanted
   * @param samples warm-up included; at least one
   * @throws IllegalArgumentException if the scenario has several rates
   */
  public SampledRun(Scenario scenario, List<Sample> samples) {
    LoadProfile load = scenario.load();
    if (load.stages().size() != 1 || load.peakRate() != load.meanRate()) {
      throw new IllegalArgumentException(
          scenario.name() + " has no single rate: it cannot be sent by others");
    }
    this.scenario = scenario;
    this.samples = samples.stream().sorted(Comparator.comparing(Sample::atMillis)).toList();
  }

  /** Intended send time of the first transaction. */
  public Instant startedAt() {
    return Instant.ofEpochMilli(samples.get(0).atMillis());
  }

  /** Makes the result; the sender is named as an engine, and no failure is null. */
  public RunResult result(
      String engine,
      int repeat,
      AuditResult audit,
      String failure,
      String command,
      Map<String, String> settings,
      List<String> notes) {
    LatencyRecorder recorder = new LatencyRecorder(scenario.load().warmUp().toNanos());
    for (Sample sample : samples) {
      long intended = TimeUnit.MILLISECONDS.toNanos(sample.atMillis());
      recorder.sent(intended, intended);
      if (sample.answered()) {
        recorder.joined(
            0, intended, intended + TimeUnit.MILLISECONDS.toNanos(sample.elapsedMillis()));
      }
    }
    Instant measuredFrom = startedAt().plus(scenario.load().warmUp());
    double measured =
        samples.stream().filter(it -> it.atMillis() >= measuredFrom.toEpochMilli()).count();
    double seconds = recorder.measuredSeconds();
    double offered = seconds > 0 ? measured / seconds : 0;
    Scenario asSent =
        offered > 0 ? scenario.withLoad(scenario.load().peakingAt(offered)) : scenario;
    try (ResultAssembler results = new ResultAssembler(asSent, engine, repeat, command, recorder)) {
      results.set(
          result ->
              result
                  .startedAt(startedAt())
                  .environment(Environment.ofThisMachine(null, LiveEngine.NAME))
                  .settings(settings)
                  .audit(audit));
      results.offeredPerS(offered);
      notes.forEach(results::note);
      return results.assemble(failure, false);
    }
  }
}

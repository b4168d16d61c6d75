package io.turnstile.bench.run;

import io.turnstile.bench.measure.Recording;
import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.ConsumerLag;
import io.turnstile.bench.result.Environment;
import io.turnstile.bench.result.Load;
import io.turnstile.bench.result.Point;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.Throughput;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Scenario;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A load that somebody else sent to a live deployment. */
public final class SampledRun {

  /**
   * A transaction that was sent.
   *
   * @param atMillis when it was meant to be, epoch milliseconds
   * @param elapsedMillis from then to its committed verdict
   * @param answered whether there was one
   */
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

  /** When the first transaction was meant to be sent. */
  public Instant startedAt() {
    return Instant.ofEpochMilli(samples.get(0).atMillis());
  }

  /**
   * The result.
   *
   * @param engine as it is named in place of an engine
   * @param audit of everything since {@link #startedAt}
   * @param failure why not all was sent; null if it was
   * @param settings whatever it takes to do the same again
   */
  public RunResult result(
      String engine,
      int repeat,
      AuditResult audit,
      String failure,
      String command,
      Map<String, String> settings,
      List<String> notes) {
    Recording recording = new Recording(scenario.load().warmUp().toNanos());
    for (Sample sample : samples) {
      long intended = TimeUnit.MILLISECONDS.toNanos(sample.atMillis());
      recording.sent(intended, intended);
      if (sample.answered()) {
        recording.joined(
            intended, intended + TimeUnit.MILLISECONDS.toNanos(sample.elapsedMillis()));
      }
    }
    double measuredSeconds = recording.measuredSeconds();
    long measuredFromMillis = samples.get(0).atMillis() + scenario.load().warmUp().toMillis();
    long measured =
        samples.stream().filter(sample -> sample.atMillis() >= measuredFromMillis).count();
    double offered = measuredSeconds > 0 ? measured / measuredSeconds : 0;
    Scenario asSent =
        offered > 0 ? scenario.withLoad(scenario.load().peakingAt(offered)) : scenario;
    Environment environment = Machine.environment(null, LiveDeployment.NAME);
    Judgement judgement =
        new Judgement(
            asSent, recording, null, List.of(), null, audit, List.of(), environment, Map.of());
    List<Point> verdicts = recording.verdictSeries();
    List<Point> published = recording.acknowledgedSeries();
    List<Point> backlog = recording.backlogSeries();
    double committedPerS = recording.meanOverMeasured(verdicts);
    return RunResult.builder(scenario.name(), engine)
        .repeat(repeat)
        .startedAt(startedAt())
        .command(command)
        .failure(failure)
        .environment(environment)
        .settings(settings)
        .load(
            new Load(
                offered,
                samples.size(),
                scenario.load().warmUp().toMillis() / 1000.0,
                measuredSeconds))
        .throughput(
            new Throughput(
                committedPerS,
                verdicts,
                recording.meanOverMeasured(published),
                null,
                committedPerS,
                published))
        .latencyMs(recording.latency())
        .audit(audit)
        .shares(judgement.shares())
        .consumerLag(
            new ConsumerLag(
                backlog.stream().mapToLong(point -> (long) point.y()).max().orElse(0), backlog))
        .objectives(judgement.objectives())
        .notes(notes)
        .build();
  }
}

package io.turnstile.bench.run;

import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.result.ScenarioMetric;
import io.turnstile.bench.result.ScenarioMetric.Direction;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Metric;
import java.time.Duration;

/** Publishes products and waits until the last of them have taken effect. */
final class InventoryExport implements Procedure {

  @Override
  public Duration estimate(LoadProfile load) {
    return Duration.ofMillis(load.records() / 20);
  }

  @Override
  public void run(RunSession session) throws Exception {
    LoadProfile load = session.scenario().load();
    ResultAssembler results = session.results();
    LatencyRecorder stretch = results.latency();
    ExportSource source = new ExportSource(Math.toIntExact(load.records()), load.seed());
    session.send(new Load.Of(source), stretch);
    double published = (source.exportedNanos() - source.firstNanos()) / 1e9;
    double inForce = (stretch.lastVerdictNanos() - source.firstNanos()) / 1e9;
    results.special(Metric.EXPORT_IN_FORCE_S, inForce);
    results.add(new ScenarioMetric("products", load.records(), "", null));
    results.add(new ScenarioMetric("published after", published, "s", null));
    results.add(new ScenarioMetric("in force after", inForce, "s", Direction.LOWER));
  }
}

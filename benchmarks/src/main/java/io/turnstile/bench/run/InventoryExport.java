package io.turnstile.bench.run;

import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.result.RunResult.ScenarioMetric.Direction;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Metric;
import io.turnstile.events.Transaction;
import io.turnstile.simulator.EventSource;
import io.turnstile.simulator.Kind;
import io.turnstile.simulator.ReferenceExport;
import io.turnstile.simulator.ReferenceExport.Topic;
import io.turnstile.simulator.SimulatedEvent;
import io.turnstile.simulator.SimulatedEvent.ProductUpdate;
import io.turnstile.simulator.SimulatedEvent.Submission;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Publishes products, to the topic or by webhooks, and then buys the last ones: when all these
 * transactions have been accepted, the whole export has taken effect, as each partition of the
 * topic is read in order.
 */
final class InventoryExport implements Procedure {

  /** So many last products lie in every partition of the topic. */
  static final int BOUGHT = 200;

  @Override
  public Duration estimate(LoadProfile load) {
    return Duration.ofMillis(load.records() / 20);
  }

  @Override
  public void run(RunContext context, RunningEngine engine, Sender sender) throws Exception {
    LoadProfile load = context.scenario().load();
    ResultAssembler results = context.results();
    LatencyRecorder stretch = results.latency();
    Source source = new Source(Math.toIntExact(load.records()), load.seed());
    if (load.isOverHttp()) {
      sender.publish(source::nextUpdate);
    }
    sender.send(new Load.Of(source), stretch);
    // The first purchase is due once the last product was handed to the producer.
    double published = (stretch.startNanos() - source.firstNanos) / 1e9;
    double inForce = (stretch.lastVerdictNanos() - source.firstNanos) / 1e9;
    results.special(Metric.EXPORT_IN_FORCE_S, inForce);
    results.metric("products", (double) load.records(), "", null);
    results.metric("published after", published, "s", null);
    results.metric("in force after", inForce, "s", Direction.LOWER);
  }

  private static final class Source implements EventSource {

    private final long startMillis = System.currentTimeMillis();
    private final ReferenceExport export;
    private final Queue<ProductUpdate> last = new ArrayDeque<>();
    private int unpublished;
    private long bought;
    private volatile long firstNanos;

    Source(int products, long seed) {
      unpublished = products;
      // One page: nothing is waited for in between.
      export =
          new ReferenceExport(
              Topic.INVENTORY, products, products, Duration.ZERO, startMillis, seed);
    }

    @Override
    public SimulatedEvent next() {
      ProductUpdate update = nextUpdate();
      return update != null ? update : last.isEmpty() ? null : purchase(last.remove());
    }

    /** Returns the next product, null after the last one. */
    ProductUpdate nextUpdate() {
      if (firstNanos == 0) {
        firstNanos = System.nanoTime();
      }
      if (unpublished == 0) {
        return null;
      }
      unpublished--;
      ProductUpdate update = (ProductUpdate) export.next();
      last.add(update);
      if (last.size() > BOUGHT) {
        last.remove();
      }
      return update;
    }

    private Submission purchase(ProductUpdate update) {
      long number = bought++;
      Transaction transaction =
          new Transaction(
              "export-" + number,
              "exporter-" + number,
              update.productId(),
              1,
              update.product().unitPrice(),
              update.product().currency(),
              startMillis,
              "");
      return Submission.accepted(Kind.ORDINARY, transaction, number);
    }
  }
}

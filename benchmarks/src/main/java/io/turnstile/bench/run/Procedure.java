package io.turnstile.bench.run;

import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.simulator.EventSource;
import io.turnstile.simulator.SimulatedEvent.ProductUpdate;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/** The steps of a run between the start of its engine and the audit. Holds no state. */
interface Procedure {

  static Procedure of(Scenario scenario) {
    return switch (scenario.procedure()) {
      case OPEN_LOOP -> new OpenLoop();
      case SATURATION -> new Saturation();
      case INVENTORY_EXPORT -> new InventoryExport();
      case HTTP_USERS -> new HttpUsers();
      case FEEDS -> new FeedsBeside();
    };
  }

  /** Returns how long it takes, about, without start and audit. */
  Duration estimate(LoadProfile load);

  /** Returns how many transactions lie in the topic before the engine starts. */
  default long fill(LoadProfile load) {
    return 0;
  }

  void run(RunContext context, RunningEngine engine, Sender sender) throws Exception;

  /** Transactions to be sent in one go. */
  sealed interface Load {

    /** All that the scenario says, at its rates. */
    record OfScenario() implements Load {}

    /** So many of the scenario's transactions, as fast as possible. */
    record Unpaced(long count) implements Load {}

    /** Transactions of the scenario's kinds at another rate; customers and products are there. */
    record AtRate(double rate, Duration length) implements Load {}

    /** So many transactions over HTTP, by users who each wait for their answers. */
    record Users(int users, long requests) implements Load {}

    /** The events of a source, as fast as possible. */
    record Of(EventSource source) implements Load {}
  }

  /** Sends loads to an engine that runs. Used by the procedure's thread only. */
  interface Sender {

    /**
     * Sends a load and follows it to its last verdict, or until none has come for long, which fails
     * the run in its result. Throws if something could not be sent, or the engine has ended.
     *
     * @param meanwhile something else that has to end before; interrupted if sending fails
     */
    void send(Load load, LatencyRecorder stretch, Future<?> meanwhile) throws Exception;

    default void send(Load load, LatencyRecorder stretch) throws Exception {
      send(load, stretch, CompletableFuture.completedFuture(null));
    }

    /** Follows what was sent before the engine started; fails if no verdict has come for long. */
    void drain(LatencyRecorder stretch) throws Exception;

    /**
     * Sends products to a gateway, by webhooks in batches, until there are no more; returns when
     * all are in their topic.
     *
     * @param next null at the end
     */
    default void publish(Supplier<ProductUpdate> next) throws Exception {
      throw new UnsupportedOperationException("no gateway");
    }

    /**
     * Returns how many requests to a gateway, meant to be sent since then, were not answered
     * rightly at once; 0 if there is none.
     */
    default long failedSince(long nanos) {
      return 0;
    }

    /** Returns the records that a Flink job decided per second while it was measured, or null. */
    Double processedPerS();
  }
}

package io.turnstile.bench.run;

import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.simulator.EventSource;
import io.turnstile.simulator.Generator;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.RateStage;
import io.turnstile.simulator.Simulation;
import io.turnstile.simulator.SimulationListener;
import io.turnstile.simulator.SimulationOptions;
import io.turnstile.simulator.TokenIssuer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Makes the simulations of a run: all send to the same topics and write one ledger. */
final class Sender {

  /** How long is waited for rejections that are to be answered with a fresh token. */
  private static final Duration RETRY_WAIT = Duration.ofSeconds(60);

  private final KafkaConnection kafka;
  private final TokenIssuer tokens;
  private final Path ledger;
  private final LoadProfile load;
  private final SimulationListener listener;
  private long simulations;

  Sender(
      KafkaConnection kafka,
      TokenIssuer tokens,
      Path ledger,
      LoadProfile load,
      SimulationListener listener) {
    this.kafka = kafka;
    this.tokens = tokens;
    this.ledger = ledger;
    this.load = load;
    this.listener = listener;
  }

  /** What the scenario says. */
  Simulation ofScenario() {
    SimulationOptions options =
        options().stages(load.allStages()).retry(load.refreshTokens()).retryWait(RETRY_WAIT);
    if (load.records() > 0) {
      options.count(load.records());
    }
    return of(generator(load.meanRate()), options);
  }

  /** So many of the scenario's transactions, as fast as possible. */
  Simulation unpaced(long count) {
    return of(generator(0), options().count(count));
  }

  /** The events of a source, as fast as possible. */
  Simulation of(EventSource source) {
    return of(source, options());
  }

  /** Transactions of the scenario's kinds at another rate; customers and products exist already. */
  Simulation atRate(double rate, Duration length) {
    return of(generator(rate), options().stages(List.of(RateStage.constant(length, rate))));
  }

  private SimulationOptions options() {
    return new SimulationOptions().ledger(ledger);
  }

  /** Only the first one publishes customers and products, and no two make the same transactions. */
  private Generator generator(double rate) {
    long number = simulations++;
    return new Generator(
        load.generator(rate)
            .seed(load.seed() + number)
            .runId(number + "-" + Long.toString(System.currentTimeMillis(), Character.MAX_RADIX))
            .publishReference(number == 0));
  }

  private Simulation of(EventSource source, SimulationOptions options) {
    return new Simulation(kafka, source, tokens, options, listener);
  }
}

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
import java.util.Optional;

/** Makes the simulations of a run: all send to the same topics and write one ledger. */
final class Sender {

  /** The time to wait for rejections that are to be answered with a fresh token. */
  private static final Duration RETRY_WAIT = Duration.ofSeconds(60);

  private final KafkaConnection kafka;
  private final TokenIssuer tokens;
  private final Path ledger;
  private final LoadProfile load;
  private final Optional<EventSource> source;
  private final SimulationListener listener;
  private long simulations;

  /**
   * @param source of the scenario's own load, in place of its generator
   */
  Sender(
      KafkaConnection kafka,
      TokenIssuer tokens,
      Path ledger,
      LoadProfile load,
      Optional<EventSource> source,
      SimulationListener listener) {
    this.kafka = kafka;
    this.tokens = tokens;
    this.ledger = ledger;
    this.load = load;
    this.source = source;
    this.listener = listener;
  }

  /** Returns a simulation that sends a load once it is run. */
  Simulation send(Load what) {
    if (what instanceof Load.Unpaced unpaced) {
      return of(generator(0), options().count(unpaced.count()));
    } else if (what instanceof Load.AtRate at) {
      RateStage stage = RateStage.constant(at.length(), at.rate());
      return of(generator(at.rate()), options().stages(List.of(stage)));
    } else if (what instanceof Load.Of from) {
      return of(from.source(), options());
    }
    SimulationOptions options =
        options().stages(load.allStages()).retry(load.refreshTokens()).retryWait(RETRY_WAIT);
    if (load.records() > 0) {
      options.count(load.records());
    }
    return of(source.orElseGet(() -> generator(load.meanRate())), options);
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

package io.turnstile.bench.run;

import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Scenario;
import java.time.Duration;

/** The steps of a run between the start of its deployment and the audit. Holds no state. */
interface Procedure {

  /** Returns the procedure that a scenario asks for. */
  static Procedure of(Scenario scenario) {
    return switch (scenario.procedure()) {
      case OPEN_LOOP -> new OpenLoop();
      case SATURATION -> new Saturation();
      case INVENTORY_EXPORT -> new InventoryExport();
    };
  }

  /** Returns how long it takes, about, without start and audit. */
  Duration estimate(LoadProfile load);

  /** Does what has to be done before the engine starts. */
  default void prepare(RunSession session) throws Exception {}

  /** Sends the load and measures; the engine runs. */
  void run(RunSession session) throws Exception;
}

package io.turnstile.bench.run;

import io.turnstile.bench.engine.Engine;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.simulator.EventSource;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The run to be made.
 *
 * @param repeat from 1
 * @param directory of all results
 * @param command that makes this, for the result
 * @param profiled true to have the processes profiled while they are measured
 * @param source sent in place of the scenario's own transactions
 * @param ledger file of what is expected, kept; empty if it need not be
 */
public record RunSetup(
    Scenario scenario,
    Engine engine,
    int repeat,
    Path directory,
    String command,
    boolean profiled,
    Optional<EventSource> source,
    Optional<Path> ledger) {

  /** Returns the directory of the result and of what lies beside it. */
  Path resultDirectory() {
    return ResultFile.directory(directory, scenario.name(), engine.name(), repeat);
  }

  /** Returns a title for people. */
  String title() {
    return "%s on %s (%d)".formatted(scenario.name(), engine.name(), repeat);
  }
}

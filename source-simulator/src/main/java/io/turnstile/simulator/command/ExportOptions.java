package io.turnstile.simulator.command;

import io.turnstile.clients.DurationConverter;
import io.turnstile.clients.ReferenceOptions;
import io.turnstile.clients.ReferenceSpec;
import io.turnstile.simulator.ReferenceExport;
import io.turnstile.simulator.Simulation;
import io.turnstile.simulator.SimulationListener;
import io.turnstile.simulator.SimulationOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A full export in pages, then increments. */
final class ExportOptions {

  @Mixin private ConnectionOptions connection;

  @Option(
      names = "--records",
      defaultValue = "10000",
      paramLabel = "N",
      description = "How many records there are (default: ${DEFAULT-VALUE}).")
  private int records;

  @Option(
      names = "--page-size",
      defaultValue = "1000",
      paramLabel = "N",
      description = "Records per page of the export (default: ${DEFAULT-VALUE}).")
  private int pageSize;

  @Option(
      names = "--page-pause",
      converter = DurationConverter.class,
      defaultValue = "0ms",
      paramLabel = "DURATION",
      description = "Wait after each page (default: ${DEFAULT-VALUE}).")
  private Duration pagePause;

  @Option(
      names = "--increments",
      defaultValue = "0",
      paramLabel = "N",
      description = "How many changes follow the export (default: ${DEFAULT-VALUE}).")
  private long increments;

  @Option(
      names = "--rate",
      defaultValue = "10",
      paramLabel = "N",
      description = "Changes per second, 0 for unlimited (default: ${DEFAULT-VALUE}).")
  private double rate;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Which records change (default: ${DEFAULT-VALUE}).")
  private long seed;

  /** The named references, each with its topic. */
  List<ReferenceSpec> references(ReferenceOptions references) {
    return connection.references(references);
  }

  Simulation simulation(ReferenceExport.Topic topic) throws IOException {
    return simulation(ReferenceExport.Records.of(topic));
  }

  Simulation simulation(ReferenceSpec reference) throws IOException {
    return simulation(ReferenceExport.Records.of(reference));
  }

  private Simulation simulation(ReferenceExport.Records source) throws IOException {
    ReferenceExport export =
        new ReferenceExport(source, records, pageSize, pagePause, System.currentTimeMillis(), seed);
    return new Simulation(
        connection.connection(),
        export,
        null,
        new SimulationOptions().rate(rate).count(increments),
        SimulationListener.NONE);
  }
}

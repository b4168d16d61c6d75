package io.turnstile.simulator.command;

import io.turnstile.simulator.ReferenceExport;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code simulate inventory}: the products alone. */
@Command(
    name = "inventory",
    description = "Publishes all products page by page, then changes of them.",
    mixinStandardHelpOptions = true)
final class InventoryCommand implements Callable<Integer> {

  @Mixin private ExportOptions export;
  @Mixin private RunOptions run;

  @Override
  public Integer call() throws InterruptedException {
    return run.run(() -> export.simulation(ReferenceExport.Topic.INVENTORY));
  }
}

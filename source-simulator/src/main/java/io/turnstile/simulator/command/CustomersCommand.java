package io.turnstile.simulator.command;

import io.turnstile.simulator.ReferenceExport;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code simulate customers}: the customers alone. */
@Command(
    name = "customers",
    description = "Publishes all customers page by page, then changes of them.",
    mixinStandardHelpOptions = true)
final class CustomersCommand implements Callable<Integer> {

  @Mixin private ExportOptions export;
  @Mixin private RunOptions run;

  @Override
  public Integer call() throws InterruptedException {
    return run.run(() -> export.simulation(ReferenceExport.Topic.CUSTOMERS));
  }
}

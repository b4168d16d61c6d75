package io.turnstile.simulator.command;

import io.turnstile.clients.ReferenceOptions;
import io.turnstile.clients.ReferenceSpec;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code simulate references}: the records of one named reference. */
@Command(
    name = "references",
    description =
        "Publishes a record for each product or customer to the topic of a --reference of the job,"
            + " page by page, then changes of them.",
    mixinStandardHelpOptions = true)
final class ReferencesCommand implements Callable<Integer> {

  @Mixin private ReferenceOptions references;
  @Mixin private ExportOptions export;
  @Mixin private RunOptions run;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    ReferenceSpec reference = reference();
    return run.run(() -> export.simulation(reference));
  }

  private ReferenceSpec reference() {
    List<ReferenceSpec> given;
    try {
      given = export.references(references);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage());
    }
    if (given.size() != 1) {
      throw new ParameterException(spec.commandLine(), "give one --reference");
    }
    return given.get(0);
  }
}

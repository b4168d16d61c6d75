package io.turnstile.feeds;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code feeds}: the command that holds the others. */
@Command(
    name = "feeds",
    description =
        "Pull products and customers from other systems into the reference topics, each page"
            + " exactly once.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {RunCommand.class, CheckCommand.class, StatusCommand.class, SyncCommand.class})
public final class FeedsCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing command");
  }
}

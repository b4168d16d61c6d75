package io.turnstile.simulator.command;

import io.turnstile.clients.KeysCommand;
import picocli.CommandLine.Command;

/** {@code simulate}: the command that holds the others. */
@Command(
    name = "simulate",
    description = "Sends made-up or recorded transactions, inventory and customers to Kafka.",
    subcommands = {
      GenerateCommand.class,
      ReplayCommand.class,
      InventoryCommand.class,
      CustomersCommand.class,
      ReferencesCommand.class,
      HostileCommand.class,
      ApiCommand.class,
      KeysCommand.class
    },
    synopsisSubcommandLabel = "COMMAND")
public final class SimulateCommand {}

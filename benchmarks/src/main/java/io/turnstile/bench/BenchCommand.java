package io.turnstile.bench;

import picocli.CommandLine.Command;

/** {@code bench}: the command that holds the others. */
@Command(
    name = "bench",
    description = "Measures engines under load, with the proof that every verdict was right.",
    synopsisSubcommandLabel = "COMMAND")
public final class BenchCommand {}

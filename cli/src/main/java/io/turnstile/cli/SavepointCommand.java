package io.turnstile.cli;

import io.turnstile.clients.FlinkOptions;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.JsonFiles;
import io.turnstile.clients.OptionSources;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Takes a savepoint of a running job: the state that an upgrade can be rolled back to. */
@Command(
    name = "savepoint",
    description = "Take a savepoint of a running job into Flink's savepoint directory.")
final class SavepointCommand implements Callable<Integer> {

  private record Report(String savepoint) {}

  @Spec private CommandSpec spec;

  @Mixin private FlinkOptions flinkOptions;

  @Option(
      names = "--stop",
      fallbackValue = OptionSources.ON,
      description = "End the job with it: it can then only be started again from it.")
  private boolean stop;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      defaultValue = "10m",
      description = "How long it may take (default: ${DEFAULT-VALUE}).")
  private Duration timeout;

  @Option(names = "--out", paramLabel = "FILE", description = "Write the savepoint's path as JSON.")
  private Path out;

  @Override
  public Integer call() throws Exception {
    FlinkRest flink = flinkOptions.connect(spec.commandLine());
    String id = flinkOptions.job(flink).id();
    String path = stop ? flink.stopWithSavepoint(id, timeout) : flink.savepoint(id, timeout);
    spec.commandLine().getOut().println(path);
    if (out != null) {
      JsonFiles.write(out, new Report(path));
    }
    return 0;
  }
}

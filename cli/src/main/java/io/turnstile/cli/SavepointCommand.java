package io.turnstile.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.testbed.FlinkRest;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Takes a savepoint of a running job: what an upgrade can be rolled back to. */
@Command(
    name = "savepoint",
    description = "Take a savepoint of a running job into Flink's savepoint directory.")
final class SavepointCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(
      names = "--flink",
      required = true,
      paramLabel = "URL",
      description = "Flink's REST API, as http://HOST:8081.")
  private URI flinkUrl;

  @Option(
      names = "--job",
      paramLabel = "ID",
      description = "The Flink job's id; needed only if several are running.")
  private String job;

  @Option(names = "--stop", description = "End the job with it; it then goes on from it only.")
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
    if (flinkUrl.getHost() == null || !String.valueOf(flinkUrl.getScheme()).matches("https?")) {
      throw new ParameterException(
          spec.commandLine(), "--flink must be a URL like http://HOST:8081, not " + flinkUrl);
    }
    FlinkRest flink = new FlinkRest(flinkUrl);
    String id = job == null ? onlyJob(flink) : job;
    String path = stop ? flink.stopWithSavepoint(id, timeout) : flink.savepoint(id, timeout);
    spec.commandLine().getOut().println(path);
    if (out != null) {
      JsonFiles.write(out, new ObjectMapper().createObjectNode().put("savepoint", path));
    }
    return 0;
  }

  private static String onlyJob(FlinkRest flink) {
    List<String> running =
        flink.jobs().stream().filter(each -> !each.isTerminal()).map(FlinkRest.Job::id).toList();
    if (running.size() != 1) {
      throw new CheckFailedException(
          running.isEmpty()
              ? "no job is running, so there is nothing to take a savepoint of"
              : "several jobs are running, name one with --job: " + String.join(", ", running));
    }
    return running.get(0);
  }
}

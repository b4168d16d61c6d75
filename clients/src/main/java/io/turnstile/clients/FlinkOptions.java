package io.turnstile.clients;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Options that name a deployment's Flink, its job, and the login. */
public final class FlinkOptions {

  @Option(
      names = "--flink",
      required = true,
      paramLabel = "URL",
      description = "Flink's REST API, as http://HOST:8081 or https://HOST/PREFIX.")
  private String url;

  @Mixin private FlinkLoginOptions login;

  @Option(
      names = "--job",
      paramLabel = "NAME|ID",
      description = "The Flink job; needed only if several are running.")
  private String job;

  /**
   * A client for it; nothing is asked yet.
   *
   * @throws ParameterException if the URL is none, or the options of the login do not go together
   */
  public FlinkRest connect(CommandLine command) {
    return login.connect(command, url);
  }

  /**
   * The job as Flink has it now.
   *
   * @throws CheckFailedException if there is none that is not over, or more than one
   */
  public FlinkRest.Job job(FlinkRest flink) {
    List<FlinkRest.Job> jobs = flink.jobs();
    List<FlinkRest.Job> matching =
        jobs.stream()
            .filter(each -> !each.isTerminal())
            .filter(each -> job == null || each.id().equals(job) || each.name().equals(job))
            .toList();
    if (matching.size() == 1) {
      return matching.get(0);
    }
    String all =
        jobs.stream()
            .map(each -> "%s (%s) %s".formatted(each.name(), each.id(), each.state()))
            .collect(Collectors.joining(", "));
    if (matching.isEmpty()) {
      throw new CheckFailedException(
          (job == null ? "no job is running" : "no job " + job + " is running")
              + "; Flink has "
              + (all.isEmpty() ? "none" : all)
              + jobs.stream().findFirst().map(newest -> cause(flink, newest)).orElse(""));
    }
    throw new CheckFailedException(
        (job == null ? "several jobs are running" : "several jobs are called " + job)
            + ", name one with --job: "
            + all);
  }

  /**
   * The newest job that is not over, of the name or id given or of all; else the newest that is.
   * Empty if Flink knows none.
   */
  public Optional<FlinkRest.Job> newestJob(FlinkRest flink) {
    return flink.jobs().stream()
        .filter(each -> job == null || each.id().equals(job) || each.name().equals(job))
        .min(Comparator.comparing(FlinkRest.Job::isTerminal));
  }

  /** Cause of the job's last failure or restart, behind a colon; nothing if there is none. */
  public static String cause(FlinkRest flink, FlinkRest.Job job) {
    return cause(flink, job.id());
  }

  static String cause(FlinkRest flink, String jobId) {
    return flink.failures(jobId).stream()
        .findFirst()
        .map(failure -> ": " + failure.message())
        .orElse("");
  }
}

package io.turnstile.job;

import io.turnstile.job.options.InvalidConfigException;
import java.io.PrintStream;
import java.util.Map;

/**
 * Says whether the job knows its options and takes their values, before one that runs is stopped
 * for them. Needs no cluster and no broker: what these say is known at the submission ({@link
 * SubmissionChecks}).
 */
public final class CheckOptions {

  private CheckOptions() {}

  /**
   * Exits with 2 and a line on standard error if they are refused.
   *
   * @param args see {@link JobConfig}
   */
  public static void main(String[] args) {
    int exitCode = run(args, System.getenv(), System.err);
    if (exitCode != 0) {
      System.exit(exitCode);
    }
  }

  static int run(String[] args, Map<String, String> environment, PrintStream err) {
    try {
      JobConfig.parse(args, environment);
      return 0;
    } catch (InvalidConfigException e) {
      err.println("turnstile: " + e.getMessage());
      return 2;
    }
  }
}

package io.turnstile.job;

import io.turnstile.job.options.InvalidConfigException;

/**
 * Says whether the job would take its arguments, before one that runs is stopped for them. Needs no
 * cluster and no broker; {@link SubmissionChecks} ask these later.
 */
public final class CheckOptions {

  private CheckOptions() {}

  /**
   * Exits with 2 and a line on standard error if they are refused.
   *
   * @param args see {@link JobConfig}
   */
  public static void main(String[] args) {
    try {
      JobConfig.parse(args, System.getenv());
    } catch (InvalidConfigException e) {
      System.err.println("turnstile: " + e.getMessage());
      System.exit(2);
    }
  }
}

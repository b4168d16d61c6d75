package io.turnstile.bench.local;

import io.turnstile.bench.engine.FlinkJob;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.FlinkRestException;
import io.turnstile.clients.Screen;
import io.turnstile.clients.Shutdown;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedProcess;
import java.util.List;

/** Checks that the processes live and the job runs, and reports restarts. Not thread-safe. */
public final class DeploymentWatch {

  private final Testbed testbed;
  private final RunningEngine engine;
  private final Screen screen;
  private long restarts;

  public DeploymentWatch(Testbed testbed, RunningEngine engine, Screen screen) {
    this.testbed = testbed;
    this.engine = engine;
    this.screen = screen;
  }

  /**
   * Reports restarts of the job since the last call.
   *
   * @throws CheckFailedException if the broker or the JobManager has ended, or the job is over; the
   *     logs are then kept
   */
  public void look() {
    for (TestbedProcess needed : List.of(TestbedProcess.BROKER, TestbedProcess.JOB_MANAGER)) {
      if (!testbed.isAlive(needed)) {
        throw failed("the process " + needed + " has ended");
      }
    }
    FlinkJob watched = engine.flinkJob().orElseThrow();
    FlinkRest.Job job;
    long restartsNow;
    try {
      job = watched.flink().job(watched.jobId());
      restartsNow = job.isTerminal() ? restarts : watched.flink().restarts(job.id());
    } catch (FlinkRestException e) {
      // Too busy to answer, or dead: then the next look finds out.
      return;
    }
    if (job.isTerminal()) {
      throw failed("the job is " + job.state() + watched.cause());
    } else if (restartsNow > restarts) {
      screen.line("the job restarted%s", watched.cause());
      restarts = restartsNow;
    }
  }

  /** Makes the failure of something that has ended; the logs are then kept. */
  CheckFailedException failed(String message) {
    if (!Shutdown.inProgress()) {
      testbed.keepLogs();
    }
    return new CheckFailedException(message);
  }
}

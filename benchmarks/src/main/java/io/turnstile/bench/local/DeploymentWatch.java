package io.turnstile.bench.local;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.FlinkOptions;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.FlinkRestException;
import io.turnstile.clients.Screen;
import io.turnstile.clients.Shutdown;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedProcess;
import java.util.List;

/** Looks whether the processes live and the job runs, and says what happened. Not thread-safe. */
public final class DeploymentWatch {

  private final LocalDeployment deployment;
  private final Screen screen;
  private long restarts;

  public DeploymentWatch(LocalDeployment deployment, Screen screen) {
    this.deployment = deployment;
    this.screen = screen;
  }

  /**
   * Reports restarts of the job since the last call.
   *
   * @throws CheckFailedException if the broker or the JobManager has ended, or the job is over; the
   *     logs are then kept
   */
  public void look() {
    Testbed testbed = deployment.testbed();
    for (TestbedProcess needed : List.of(TestbedProcess.BROKER, TestbedProcess.JOB_MANAGER)) {
      if (!testbed.isAlive(needed)) {
        throw failed("the process " + needed + " has ended");
      }
    }
    FlinkRest flink = deployment.flink();
    FlinkRest.Job job;
    long restartsNow;
    String cause;
    try {
      job = flink.job(deployment.jobId());
      restartsNow = flink.restarts(job.id());
      cause = FlinkOptions.cause(flink, job);
    } catch (FlinkRestException e) {
      // Too busy to answer, or dead: then the next look finds out.
      return;
    }
    if (job.isTerminal()) {
      throw failed("the job is " + job.state() + cause);
    }
    if (restartsNow > restarts) {
      restarts = restartsNow;
      screen.line("the job restarted%s", cause);
    }
  }

  private CheckFailedException failed(String message) {
    if (!Shutdown.inProgress()) {
      deployment.testbed().keepLogs();
    }
    return new CheckFailedException(message);
  }
}

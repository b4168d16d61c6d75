package io.turnstile.systemtests.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.audit.AuditReport;
import io.turnstile.simulator.Generator;
import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.simulator.Simulation;
import io.turnstile.simulator.SimulationListener;
import io.turnstile.simulator.SimulationOptions;
import io.turnstile.simulator.SimulationSummary;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;

/** Mixed input to a deployment, sent until the audit, which knows from a ledger what to expect. */
public final class Load {

  private final Deployment turnstile;
  private final Path ledger;
  private final Simulation simulation;
  private final CompletableFuture<SimulationSummary> run;

  private Load(Deployment turnstile, Path ledger, GeneratorOptions mix, boolean retry) {
    this.turnstile = turnstile;
    this.ledger = ledger;
    simulation =
        new Simulation(
            turnstile.connection(),
            new Generator(mix),
            turnstile.issuer(),
            new SimulationOptions().rate(mix.rate()).ledger(ledger).retry(retry),
            SimulationListener.NONE);
    run =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return simulation.run();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
  }

  /**
   * Begins to send.
   *
   * @param ledger the file to write what to expect into; one for all loads of a deployment
   */
  public static Load start(Deployment turnstile, Path ledger, GeneratorOptions mix) {
    return new Load(turnstile, ledger, mix, true);
  }

  /** The same without a reader of verdicts: nothing is sent again. */
  public static Load startWithoutRetries(Deployment turnstile, Path ledger, GeneratorOptions mix) {
    return new Load(turnstile, ledger, mix, false);
  }

  /** Waits until that many more inputs than now have their verdict. */
  public void awaitVerdicts(int more) {
    int target = turnstile.verdicts().count() + more;
    Awaitility.await()
        .atMost(Deployment.PATIENCE)
        .until(
            () -> {
              assertThat(run).as("the load goes on").isNotDone();
              return turnstile.verdicts().count() >= target;
            });
  }

  /** Ends the load, and checks that each of its inputs has the verdict that it must have. */
  public void stopAndAudit() throws Exception {
    simulation.stop();
    assertThat(run.get().failures()).isZero();
    AuditReport audit = turnstile.audit(ledger);
    assertThat(audit.inputs()).isGreaterThanOrEqualTo(run.get().sent());
  }

  /** Ends the sending, if nothing else has. */
  public void stop() {
    simulation.stop();
  }
}

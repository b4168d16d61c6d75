package io.turnstile.systemtests.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.audit.AuditReport;
import io.turnstile.systemtests.harness.faults.Fault;
import io.turnstile.systemtests.harness.faults.FaultMatrix;
import io.turnstile.systemtests.harness.faults.FaultScenario;
import io.turnstile.testbed.container.ContainerTestbed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Faults in random order for a given time, then a table of their results. System properties: {@code
 * chaos.minutes}, and {@code chaos.seed} to repeat a run.
 */
@Tag("chaos")
class ChaosIT {

  private static final Duration LASTS = Duration.ofMinutes(Integer.getInteger("chaos.minutes", 30));
  private static final long SEED = Long.getLong("chaos.seed", System.nanoTime());

  @TempDir Path directory;

  /** The results of one fault, each time it was inflicted. */
  private static final class Row {
    private final List<Duration> recoveries = new ArrayList<>();
    private long lost;
    private long doubled;
    private long wrong;

    /** Readers that disagree, faults that did nothing, recoveries that took too long. */
    private int unsound;

    private int broken;

    void add(FaultScenario.Result result) {
      AuditReport audit = result.audit();
      recoveries.add(result.recovery());
      lost += audit.missing();
      doubled += audit.duplicated();
      wrong += audit.wrong() + audit.acceptedTwice() + audit.misrouted();
      boolean inTime = result.recovery().compareTo(FaultMatrix.LONGEST_RECOVERY) < 0;
      unsound += result.readersAgree() && result.felt() && inTime ? 0 : 1;
    }

    boolean clean() {
      return lost + doubled + wrong + unsound + broken == 0;
    }

    String text() {
      Collections.sort(recoveries);
      return String.format(
          Locale.ROOT,
          "%d | %s | %s | %s | %d | %d | %d",
          recoveries.size() + broken,
          quantile(0.5),
          quantile(0.99),
          quantile(1),
          lost,
          doubled,
          wrong + unsound + broken);
    }

    private String quantile(double share) {
      if (recoveries.isEmpty()) {
        return "-";
      }
      int index = (int) Math.ceil(share * recoveries.size()) - 1;
      return String.format(Locale.ROOT, "%.1f", recoveries.get(index).toMillis() / 1e3);
    }
  }

  @Test
  void noInputIsLostOrDoubled() throws Exception {
    System.out.printf("chaos for %d min, -Dchaos.seed=%d%n", LASTS.toMinutes(), SEED);
    Random random = new Random(SEED);
    Map<String, Row> rows = new TreeMap<>();
    long end = System.nanoTime() + LASTS.toNanos();
    ContainerTestbed testbed = FaultMatrix.startContainers();
    try {
      for (int round = 1; System.nanoTime() < end; round++) {
        List<Fault<? super ContainerTestbed>> faults = FaultMatrix.faultsOf(testbed);
        Fault<? super ContainerTestbed> fault = faults.get(random.nextInt(faults.size()));
        FaultScenario scenario = FaultScenario.drawn(random.nextLong());
        Row row = rows.computeIfAbsent(fault.name(), name -> new Row());
        try {
          FaultMatrix.replaceEnded(testbed);
          row.add(scenario.run(testbed, fault, "chaos-" + round + ".", directory));
        } catch (Exception | AssertionError e) {
          System.out.printf("%s, %s: %s%n", fault, scenario, e);
          row.broken++;
          // What is left of this one could be the next one's failure.
          testbed.markFailed();
          testbed.close();
          testbed = FaultMatrix.startContainers();
        }
      }
    } finally {
      testbed.close();
    }
    System.out.println("fault | times | recovery p50 s | p99 s | max s | lost | doubled | wrong");
    System.out.println("---|---:|---:|---:|---:|---:|---:|---:");
    rows.forEach((name, row) -> System.out.println(name + " | " + row.text()));
    assertThat(rows.values()).isNotEmpty().allMatch(Row::clean);
  }
}

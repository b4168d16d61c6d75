package io.turnstile.systemtests.feeds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.turnstile.feeds.publish.FeedState;
import io.turnstile.simulator.api.ApiSettings;
import io.turnstile.simulator.api.SimulatedApi;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.testbed.FeedProcess;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedConfigBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The first sync of a whole inventory, within a heap that is stated. Prints how long it took and
 * the most heap that a look every tenth of a second has seen; asserts neither, but that it came to
 * its end.
 */
@Tag("extended")
class InventoryPullIT {

  private static final Pattern HEAP =
      Pattern.compile("(?m)^jvm_memory_used_bytes\\{area=\"heap\".*} (\\S+)$");

  @RegisterExtension
  static final TestbedExtension TESTBED =
      new TestbedExtension(
          TestbedConfigBuilder.builder(TestbedConfig.defaults()).flink(false).build());

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({"10000, 100, 96m", "1000000, 500, 512m"})
  void inventoryIsPulledWithinItsHeap(int products, int page, String heap) throws Exception {
    Shop shop = new Shop(TESTBED.testbed(), "pull-" + products + ".", directory);
    try (SimulatedApi api = SimulatedApi.start(ApiSettings.faultless(products, 0, page))) {
      shop.write(api, page, false, "schedule: {every: 1d}", "rate: 10000");
      long begun = System.nanoTime();
      try (FeedProcess runner = shop.startWithHeap(heap)) {
        double[] peak = {0};
        await()
            .atMost(Duration.ofMinutes(10))
            .pollInterval(Duration.ofMillis(100))
            .until(
                () -> {
                  String metrics = runner.metrics();
                  peak[0] = Math.max(peak[0], heap(metrics));
                  return metrics.contains(
                      "turnstile_feeds_syncs_total{feed=\"shop\",kind=\"full\"} 1.0");
                });
        double seconds = (System.nanoTime() - begun) / 1e9;
        FeedState.Totals totals = shop.state().totals();
        assertThat(totals.published()).isEqualTo(products);
        assertThat(totals.pages()).isEqualTo(products / page);
        System.out.printf(
            Locale.ROOT,
            "inventory-pull: %,d products by pages of %d in %.1f s with the start of the runner;"
                + " -Xmx%s, at most %.0f MB of heap seen%n",
            products,
            page,
            seconds,
            heap,
            peak[0] / 1e6);
      }
    }
  }

  private static double heap(String metrics) {
    double sum = 0;
    for (Matcher pool = HEAP.matcher(metrics); pool.find(); ) {
      sum += Double.parseDouble(pool.group(1));
    }
    return sum;
  }
}

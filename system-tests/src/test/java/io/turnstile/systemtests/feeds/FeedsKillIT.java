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
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * One sync of 200,000 records by runners that are killed at random moments of it, while the source
 * changes, fails and cuts answers off. {@code -Dfeeds.kills=N} is another number of kills than 50,
 * {@code -Dfeeds.seed=N} draws the same moments again.
 */
@Tag("long")
class FeedsKillIT {

  private static final int KILLS = Integer.getInteger("feeds.kills", 50);
  private static final long SEED = Long.getLong("feeds.seed", System.currentTimeMillis());
  private static final int PAGE = 100;
  private static final int PAGES = 2_000;

  /** So few pages are left to each runner that those before the last cannot come to the end. */
  private static final int MOST_PAGES = Math.max(1, PAGES / 2 / KILLS);

  /** One that is killed before its first page may be taking the feed over. */
  private static final int MOST_MILLIS_OF_TAKE_OVER = 2_000;

  private static final int MOST_MILLIS_OF_PAGE = 20;

  /** What never changes is in the full sync only: a page that was skipped is missing at the end. */
  private static final int MOST_CHANGES = 40_000;

  @RegisterExtension
  static final TestbedExtension TESTBED =
      new TestbedExtension(
          TestbedConfigBuilder.builder(TestbedConfig.defaults()).flink(false).build());

  @TempDir private Path directory;

  private int changes;

  @Test
  void topicEndsEqualToTheSourceWithNoPageSkippedAndNoVersionTwice() throws Exception {
    System.out.printf("feeds: %d kills, -Dfeeds.seed=%d%n", KILLS, SEED);
    Random random = new Random(SEED);
    Shop shop = new Shop(TESTBED.testbed(), "kill.", directory);
    ApiSettings settings =
        new ApiSettings(
            "127.0.0.1", 0, PAGE * PAGES, 0, PAGE, Duration.ZERO, 0.02, 0, 0.02, 0, null, SEED);
    try (SimulatedApi api = SimulatedApi.start(settings)) {
      shop.write(
          api,
          PAGE,
          true,
          "deletes: {flag: /deleted}",
          "schedule: {every: 1s}",
          "retry: {first: 10ms, most: 200ms}",
          "rate: 100");
      for (int kill = 0; kill < KILLS; kill++) {
        int pages = random.nextInt(MOST_PAGES);
        int millis = random.nextInt(pages == 0 ? MOST_MILLIS_OF_TAKE_OVER : MOST_MILLIS_OF_PAGE);
        try (FeedProcess runner = shop.start("--instance", "it")) {
          long enough = api.served() + pages;
          changingUntil(api, () -> api.served() >= enough);
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
          runner.kill();
        }
      }
      FeedState killed = shop.state();
      assertThat(killed.totals().syncs()).as("all kills were in one sync").isZero();
      assertThat(killed.sync().position()).isNotNull();
      try (FeedProcess runner = shop.start("--instance", "it")) {
        changingUntil(api, () -> runner.metrics().contains(",kind=\"full\"} 1.0"));
        // What changed behind the sync comes with one that has begun after the last change.
        shop.awaitSyncs(shop.syncs() + 2);
      }
      shop.assertEqual(api);
    }
  }

  /** Waits, while the source changes. */
  private void changingUntil(SimulatedApi api, Callable<Boolean> condition) {
    await()
        .atMost(Duration.ofMinutes(5))
        .pollInterval(Duration.ofMillis(5))
        .until(
            () -> {
              if (changes++ < MOST_CHANGES) {
                api.change(1);
              }
              return condition.call();
            });
  }
}

package io.turnstile.job.warmup;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.SimpleCounter;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WarmUpReporterTest {

  private static final Counter COUNTER = new SimpleCounter();

  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private WarmUpReporter reporter;

  @AfterEach
  void close() {
    reporter.close();
  }

  @Test
  void taskManagerWithoutATaskWarmsUpUntilOneComes() throws Exception {
    open(Duration.ZERO);
    told("<tm_id>");
    begun.await();

    told("<task_id>");

    ended.await();
  }

  @Test
  void jobManagerDoesNot() {
    open(Duration.ZERO);

    told("<host>");
    reporter.close();

    assertThat(begun.getCount()).isEqualTo(1);
  }

  @Test
  void taskManagerWithATaskDoesNot() throws Exception {
    open(Duration.ofDays(1));
    told("<tm_id>");

    told("<task_id>");

    reporter.awaitEnd();
    assertThat(begun.getCount()).isEqualTo(1);
  }

  private void open(Duration idle) {
    reporter =
        new WarmUpReporter(
            idle,
            () -> {
              begun.countDown();
              try {
                new CountDownLatch(1).await();
              } finally {
                ended.countDown();
              }
            });
    reporter.open(new MetricConfig());
  }

  private void told(String variable) {
    reporter.notifyOfAddedMetric(
        COUNTER,
        "numRecordsIn",
        new UnregisteredMetricsGroup() {
          @Override
          public Map<String, String> getAllVariables() {
            return Map.of(variable, "1");
          }
        });
  }
}

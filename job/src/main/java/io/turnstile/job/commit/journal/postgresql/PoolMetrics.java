package io.turnstile.job.commit.journal.postgresql;

import com.zaxxer.hikari.metrics.IMetricsTracker;
import com.zaxxer.hikari.metrics.MetricsTrackerFactory;
import com.zaxxer.hikari.metrics.PoolStats;
import java.util.concurrent.TimeUnit;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;

/** Shows the pool of connections in Flink's metrics. */
final class PoolMetrics implements MetricsTrackerFactory {

  private static final int WINDOW = 1_000;

  private final MetricGroup group;

  PoolMetrics(MetricGroup group) {
    this.group = group;
  }

  @Override
  public IMetricsTracker create(String poolName, PoolStats stats) {
    group.gauge("jdbcConnections", stats::getTotalConnections);
    group.gauge("jdbcConnectionsActive", stats::getActiveConnections);
    group.gauge("jdbcConnectionsAwaited", stats::getPendingThreads);
    Counter timeouts = group.counter("jdbcConnectionTimeouts");
    Histogram wait =
        group.histogram("jdbcConnectionWaitMillis", new DescriptiveStatisticsHistogram(WINDOW));
    Histogram connect =
        group.histogram("jdbcConnectMillis", new DescriptiveStatisticsHistogram(WINDOW));
    return new IMetricsTracker() {
      @Override
      public void recordConnectionCreatedMillis(long millis) {
        connect.update(millis);
      }

      @Override
      public void recordConnectionAcquiredNanos(long nanos) {
        wait.update(TimeUnit.NANOSECONDS.toMillis(nanos));
      }

      @Override
      public void recordConnectionTimeout() {
        timeouts.inc();
      }
    };
  }
}

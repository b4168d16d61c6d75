package io.turnstile.job.warmup;

import java.util.Properties;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;

/**
 * Lets a spare TaskManager {@linkplain WarmUp warm up}, if it has the job's JAR on its class path
 * and {@code metrics.reporter.warm-up.factory.class} names this class. A metric reporter is what
 * Flink starts with a TaskManager, and tells of its tasks; this one reports nothing.
 */
public final class WarmUpReporterFactory implements MetricReporterFactory {

  @Override
  public MetricReporter createMetricReporter(Properties properties) {
    return new WarmUpReporter();
  }
}

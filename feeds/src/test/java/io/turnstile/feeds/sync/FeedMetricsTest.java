package io.turnstile.feeds.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.turnstile.feeds.mapping.Mapped;
import io.turnstile.feeds.source.SourceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FeedMetricsTest {

  private static final Path HOME = Path.of(System.getProperty("turnstile.home"));
  private static final Pattern METRIC = Pattern.compile("\\bturnstile_feeds_\\w+");

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final FeedMetrics metrics = new FeedMetrics(registry, "shop", Duration.ofSeconds(90));

  @ParameterizedTest
  @ValueSource(
      strings = {"monitoring/prometheus/rules.yaml", "monitoring/grafana/turnstile-feeds.json"})
  void everyMetricThatIsAskedForIsThereFromTheBegin(String file) throws Exception {
    Set<String> names = new TreeSet<>();
    METRIC
        .matcher(Files.readString(HOME.resolve(file)))
        .results()
        .forEach(match -> names.add(match.group()));
    assertThat(names).isNotEmpty();
    String scrape = registry.scrape();
    assertThat(names).allSatisfy(name -> assertThat(scrape).contains(name + "{"));
  }

  @Test
  void whatHappensIsCounted() {
    metrics.working(true);
    metrics.breaker(() -> true);
    metrics.tookOver(4_000, 4_500);
    metrics.committed(0, 0, 5_000);
    metrics.committed(2, 1, 6_000);
    metrics.unchanged();
    metrics.conflict();
    metrics.malformed(Mapped.Reason.CONVERSION);
    metrics.fetched(1_000_000, null);
    metrics.fetched(1_000_000, SourceException.passing("HTTP 503"));
    metrics.completed(true, 5_500);
    metrics.known(7);
    assertThat(registry.scrape().lines().map(line -> line.replace("{feed=\"shop\"", "{")))
        .contains(
            "turnstile_feeds_working{} 1.0",
            "turnstile_feeds_breaker_open{} 1.0",
            "turnstile_feeds_interval_seconds{} 90.0",
            "turnstile_feeds_last_success_seconds{} 6.0",
            "turnstile_feeds_last_completed_seconds{} 5.5",
            "turnstile_feeds_newest_record_seconds{} 6.0",
            "turnstile_feeds_known_records{} 7.0",
            "turnstile_feeds_records_total{,outcome=\"published\"} 2.0",
            "turnstile_feeds_records_total{,outcome=\"deleted\"} 1.0",
            "turnstile_feeds_records_total{,outcome=\"unchanged\"} 1.0",
            "turnstile_feeds_records_total{,outcome=\"conflict\"} 1.0",
            "turnstile_feeds_records_total{,outcome=\"malformed_conversion\"} 1.0",
            "turnstile_feeds_syncs_total{,kind=\"full\"} 1.0");
  }
}

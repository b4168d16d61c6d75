package io.turnstile.bench.feeds;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.feeds.Prometheus.Alert;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FeedWatchTest {

  private final FeedWatch watch = new FeedWatch(null, Optional.empty());

  @Test
  void ageIsTheTimeSinceTheNewestRecord() {
    String metrics =
        """
        # HELP turnstile_feeds_newest_record_seconds When
        turnstile_feeds_newest_record_seconds{feed="a"} 1.7E9
        turnstile_feeds_newest_record_seconds{feed="never"} 0.0
        turnstile_feeds_last_success_seconds{feed="b"} 1.7E9
        """;
    assertThat(FeedWatch.ages(metrics, 1.7e9 + 3)).isEqualTo(Map.of("a", 3.0));
  }

  @Test
  void agesOfOtherFeedsAreComparedWithTheTimeBeforeFeedByFeed() {
    watch.look(5, Map.of("faulty", 1.0, "a", 9.0, "b", 1.0));
    watch.look(9, Map.of("faulty", 1.0, "a", 2.0, "b", 2.0));
    watch.look(10, Map.of("faulty", 50.0, "a", 9.5, "b", 3.0, "new", 99.0));
    watch.look(14, Map.of("a", 1.0, "b", 5.0));
    watch.look(15, Map.of("b", 99.0));
    assertThat(watch.ageMove("faulty", 5, 10, 15)).hasValue(3);
    assertThat(watch.ageMove("faulty", 0, 2, 4)).isEmpty();
  }

  @Test
  void firstAlertOfAFeedCounts() throws Exception {
    String json =
        """
        {"status": "success", "data": {"alerts": [
          {"labels": {"alertname": "TurnstileFeedErrors", "feed": "a"}, "state": "firing"},
          {"labels": {"alertname": "TurnstileFeedQuiet", "feed": "b"}, "state": "pending"},
          {"labels": {"alertname": "TurnstileDown"}, "state": "firing"}]}}""";
    assertThat(Prometheus.firing(json)).containsExactly(new Alert("TurnstileFeedErrors", "a"));
    watch.fire(5, Prometheus.firing(json));
    watch.fire(7, Prometheus.firing(json));
    watch.fire(8, List.of(new Alert("TurnstileFeedQuiet", "a"), new Alert("X", "b")));
    assertThat(watch.alertedNanos()).isEqualTo(Map.of("a", 5L, "b", 8L));
  }
}

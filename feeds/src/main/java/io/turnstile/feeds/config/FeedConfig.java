package io.turnstile.feeds.config;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * One feed as the file has it.
 *
 * @param into the topic that it writes
 * @param httpPages the source, or null
 * @param csv the source, or null
 * @param topic the source, or null
 * @param jdbc the source, or null
 * @param mapping where each field of the contract comes from
 * @param deletes what deletes a record
 * @param schedule when it is pulled
 * @param retry how requests are repeated
 * @param rate most requests in a second
 */
public record FeedConfig(
    Target into,
    @JsonProperty("http-pages") HttpPages httpPages,
    CsvFile csv,
    SourceTopic topic,
    JdbcTable jdbc,
    Map<String, FieldMapping> mapping,
    Deletes deletes,
    Schedule schedule,
    Retry retry,
    Double rate) {

  private static final double RATE = 10;

  /** After a quarter of an hour without a word a runner is taken for dead. */
  private static final Duration LONGEST_STEP = Duration.ofMinutes(13);

  /** A request that is refused is sent again after a token was fetched; both may come first. */
  private static final int EXCHANGES_WITH_TOKEN = 4;

  /** What is null becomes the default. */
  public FeedConfig {
    if (Stream.of(httpPages, csv, topic, jdbc).filter(Objects::nonNull).count() != 1) {
      throw new IllegalArgumentException("needs a source: one of http-pages, csv, topic, jdbc");
    }
    mapping = Map.copyOf(mapping);
    deletes = requireNonNullElse(deletes, Deletes.NONE);
    schedule = requireNonNullElse(schedule, Schedule.USUAL);
    retry = requireNonNullElse(retry, Retry.USUAL);
    rate = requireNonNullElse(rate, RATE);
    Duration timeout =
        httpPages != null
            ? httpPages
                .readTimeout()
                .multipliedBy(
                    httpPages.auth() != null && httpPages.auth().oauth() != null
                        ? EXCHANGES_WITH_TOKEN
                        : 1)
            : jdbc != null ? jdbc.timeout().multipliedBy(2) : Duration.ZERO;
    double seconds = retry.attempts() * (timeout.plus(retry.most()).toSeconds() + 2 / rate);
    if (seconds > LONGEST_STEP.toSeconds()) {
      throw new IllegalArgumentException(
          "a page could take %.0f s, by 'rate', 'retry' and the source's time-out; the most is %d s"
              .formatted(seconds, LONGEST_STEP.toSeconds()));
    }
  }
}

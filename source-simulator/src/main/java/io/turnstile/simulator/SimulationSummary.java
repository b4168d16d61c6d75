package io.turnstile.simulator;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SortedMap;

/**
 * The result of a run.
 *
 * @param sent transactions handed to the producer
 * @param acknowledged of them, those that are in the topic, or were handed to another transport
 * @param seconds from the first transaction's intended time to the last acknowledgement
 * @param sentByKind transactions sent
 * @param expected outcomes of the transactions sent if decided in that order; the sums hold for any
 *     order
 * @param referenceByKind inventory and customer records sent
 * @param unanswered transactions whose retryable rejection did not come in time; 0 if nobody waited
 * @param failures records of any topic that could not be sent
 * @param firstFailure the first one's reason, null if there is none
 */
@JsonPropertyOrder({"sent", "acknowledged", "seconds", "rate_per_s"})
public record SimulationSummary(
    long sent,
    long acknowledged,
    double seconds,
    SortedMap<String, Long> sentByKind,
    SortedMap<String, Long> expected,
    SortedMap<String, Long> referenceByKind,
    long unanswered,
    long failures,
    String firstFailure) {

  private static final ObjectWriter JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .build()
          .writerWithDefaultPrettyPrinter();

  /** Acknowledged transactions per second. */
  @JsonProperty("rate_per_s")
  public double rate() {
    return seconds > 0 ? acknowledged / seconds : 0;
  }

  /** True if everything was sent, and all rejections waited for came. */
  public boolean succeeded() {
    return failures == 0 && unanswered == 0;
  }

  /** Writes all of it as one JSON object. */
  public void write(Path file) throws IOException {
    JSON.writeValue(file.toFile(), this);
  }
}

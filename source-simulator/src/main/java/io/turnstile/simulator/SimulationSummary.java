package io.turnstile.simulator;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;

/**
 * What a run did.
 *
 * @param sent transactions handed to the producer
 * @param acknowledged of them, those that are in the topic
 * @param seconds from the first transaction's intended time to the last acknowledgement
 * @param sentByKind transactions sent
 * @param expected outcomes of the transactions sent if decided in that order; the sums hold for any
 *     order
 * @param referenceByKind inventory and customer records sent
 * @param unanswered transactions whose retryable rejection did not come in time; 0 if nobody waited
 * @param failures records of any topic that could not be sent
 * @param firstFailure the first one's reason, null if there is none
 */
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

  private static final JsonFactory JSON = new JsonFactory();

  /** Acknowledged transactions per second. */
  public double rate() {
    return seconds > 0 ? acknowledged / seconds : 0;
  }

  /** Whether everything was sent, and all rejections waited for came. */
  public boolean succeeded() {
    return failures == 0 && unanswered == 0;
  }

  /** Writes all of it as one JSON object. */
  public void write(Path file) throws IOException {
    try (Writer text = Files.newBufferedWriter(file);
        JsonGenerator json = JSON.createGenerator(text).useDefaultPrettyPrinter()) {
      json.writeStartObject();
      json.writeNumberField("sent", sent);
      json.writeNumberField("acknowledged", acknowledged);
      json.writeNumberField("seconds", seconds);
      json.writeNumberField("rate_per_s", rate());
      writeCounts(json, "sent_by_kind", sentByKind);
      writeCounts(json, "expected", expected);
      writeCounts(json, "reference_by_kind", referenceByKind);
      json.writeNumberField("unanswered", unanswered);
      json.writeNumberField("failures", failures);
      json.writeStringField("first_failure", firstFailure);
      json.writeEndObject();
    }
  }

  private static void writeCounts(JsonGenerator json, String name, Map<String, Long> counts)
      throws IOException {
    json.writeObjectFieldStart(name);
    for (Map.Entry<String, Long> count : counts.entrySet()) {
      json.writeNumberField(count.getKey(), count.getValue());
    }
    json.writeEndObject();
  }
}

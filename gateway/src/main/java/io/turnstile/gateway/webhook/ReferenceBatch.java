package io.turnstile.gateway.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.turnstile.events.Decoded;
import io.turnstile.gateway.http.Problem;
import io.turnstile.gateway.http.ProblemException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Reads one record, or an array of records. All of them are good, or none is taken. */
final class ReferenceBatch {

  private static final int MAX_NAMED = 20;

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          // Numbers are written again as they came; their contract is judged after that.
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private ReferenceBatch() {}

  /** One that is not good. */
  private record Fault(int index, String detail) {}

  /**
   * The records for a topic.
   *
   * @throws ProblemException 422 if one is not good; it names the first ones
   */
  static List<ProducerRecord<byte[], byte[]>> read(ReferenceKind kind, String topic, byte[] body) {
    JsonNode json = parse(body);
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    List<Fault> faults = new ArrayList<>();
    int index = 0;
    for (JsonNode element : json.isArray() ? json : List.of(json)) {
      Decoded<ProducerRecord<byte[], byte[]>> decoded = kind.read(topic, write(element));
      if (decoded instanceof Decoded.Invalid<ProducerRecord<byte[], byte[]>> invalid) {
        faults.add(new Fault(index, invalid.message()));
      } else {
        records.add(((Decoded.Valid<ProducerRecord<byte[], byte[]>>) decoded).record());
      }
      index++;
    }
    if (!faults.isEmpty()) {
      throw violation(
              "%d of %d records are not as the contract says; none was taken."
                  .formatted(faults.size(), index))
          .with("errors", faults.subList(0, Math.min(MAX_NAMED, faults.size())))
          .toException();
    }
    return records;
  }

  private static JsonNode parse(byte[] body) {
    JsonNode json;
    try {
      json = JSON.readTree(body);
    } catch (IOException e) {
      // Its own message may repeat what is in the body.
      throw violation("It is not JSON, or has a key twice.").toException();
    }
    if (json.isMissingNode()) {
      throw violation("It is empty.").toException();
    }
    return json;
  }

  private static byte[] write(JsonNode element) {
    try {
      return JSON.writeValueAsBytes(element);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what was JSON is JSON", e);
    }
  }

  private static Problem violation(String detail) {
    return Problem.of(422, "CONTRACT_VIOLATION", "The body is no reference record.", detail);
  }
}

package io.turnstile.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;

/**
 * One look at a deployment.
 *
 * @param job the job's state in Flink's words, null if it could not be seen
 * @param restarts of the job since its submission
 * @param checkpointAge of the newest complete checkpoint, null without one
 * @param unread transactions that the source has not read, null if it does not say
 * @param inputs transactions appended since the look before, null if Kafka does not say
 * @param verdicts decided since the look before, by code as in a ledger
 * @param interval since the look before
 * @param latency of a canary, null if none was sent or it got no verdict
 * @param problems what is wrong, one line each; none if all is well
 */
record Health(
    Instant at,
    String job,
    long restarts,
    Duration checkpointAge,
    Long unread,
    Long inputs,
    SortedMap<String, Long> verdicts,
    Duration interval,
    Duration latency,
    List<String> problems) {

  private static final ObjectMapper JSON = new ObjectMapper();

  boolean isWell() {
    return problems.isEmpty();
  }

  long decided() {
    return verdicts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** For a number since the look before: the same for a second. */
  double perSecond(long number) {
    return number * 1000.0 / Math.max(1, interval.toMillis());
  }

  /** All of it; times in seconds and milliseconds as the names say, null for what is not known. */
  ObjectNode toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.put("at", at.toString());
    json.put("job", job);
    json.put("restarts", restarts);
    json.put("checkpoint_age_s", checkpointAge == null ? null : checkpointAge.toMillis() / 1000.0);
    json.put("unread", unread);
    json.put("inputs_per_s", inputs == null ? null : perSecond(inputs));
    json.put("verdicts_per_s", perSecond(decided()));
    ObjectNode byCode = json.putObject("verdicts");
    verdicts.forEach(byCode::put);
    json.put("committed_latency_ms", latency == null ? null : latency.toNanos() / 1e6);
    json.set("problems", JSON.valueToTree(problems));
    return json;
  }
}

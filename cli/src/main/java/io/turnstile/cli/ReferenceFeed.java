package io.turnstile.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.turnstile.clients.FlinkRest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The job's reading of a reference topic.
 *
 * @param name {@code inventory}, {@code customers} or {@code reference-NAME}, as its source has it
 * @param malformed records that were left out since the job's last start, by reason; only reasons
 *     that there are
 * @param age of the newest record that was read since the job's last start, null if there is none
 * @param unread records, null if the source does not say
 */
record ReferenceFeed(String name, SortedMap<String, Long> malformed, Duration age, Long unread) {

  /** As the job names its sources; what comes behind in a task is chained to it. */
  private static final Pattern SOURCE =
      Pattern.compile("Source: (inventory|customers|reference-[a-z0-9_-]+).*");

  /** As the job's sources name their metrics. */
  private static final Pattern METRIC =
      Pattern.compile(
          "Source__[\\w-]+\\.(?:(?<unread>pendingRecords)"
              + "|deserializer\\.topic\\..*\\.(?<newest>newestRecordTimeMillis)"
              + "|deserializer\\.topic\\..*\\.reason\\.(?<reason>\\w+)\\.malformedReferences)");

  /**
   * Reads the feeds off the job's sources; one whose source is not among the tasks is left out.
   *
   * @param vertices of the job, as Flink's REST API lists them
   * @throws io.turnstile.clients.FlinkRestException if Flink does not answer
   */
  static List<ReferenceFeed> read(FlinkRest flink, String jobId, JsonNode vertices) {
    List<ReferenceFeed> feeds = new ArrayList<>();
    for (JsonNode vertex : vertices) {
      Matcher source = SOURCE.matcher(vertex.path("name").asText());
      if (source.matches()) {
        feeds.add(
            read(
                flink,
                source.group(1),
                "jobs/" + jobId + "/vertices/" + vertex.path("id").asText()));
      }
    }
    feeds.sort(
        Comparator.comparing((ReferenceFeed feed) -> feed.name().startsWith("reference-"))
            .thenComparing(ReferenceFeed::name, Comparator.reverseOrder()));
    return feeds;
  }

  private static ReferenceFeed read(FlinkRest flink, String name, String vertex) {
    String path = vertex + "/subtasks/metrics";
    List<String> metrics = new ArrayList<>();
    for (JsonNode metric : flink.get(path)) {
      String id = metric.path("id").asText();
      if (METRIC.matcher(id).matches()) {
        metrics.add(id);
      }
    }
    SortedMap<String, Long> malformed = new TreeMap<>();
    Duration age = null;
    Long unread = null;
    if (!metrics.isEmpty()) {
      for (JsonNode metric : flink.get(path + "?agg=sum,max&get=" + String.join(",", metrics))) {
        Matcher matcher = METRIC.matcher(metric.path("id").asText());
        if (!matcher.matches()) {
          continue;
        }
        long sum = metric.path("sum").asLong();
        if (matcher.group("unread") != null) {
          unread = sum;
        } else if (matcher.group("newest") != null) {
          long newest = metric.path("max").asLong();
          age = newest > 0 ? Duration.between(Instant.ofEpochMilli(newest), Instant.now()) : null;
        } else if (sum > 0) {
          malformed.put(matcher.group("reason"), sum);
        }
      }
    }
    return new ReferenceFeed(name, malformed, age, unread);
  }

  /** One line: what is unread, and the age of the newest record. */
  String progress() {
    return "%s unread, newest %s"
        .formatted(
            unread == null ? "unknown" : String.format(Locale.ROOT, "%,d", unread),
            age == null
                ? "unknown"
                : String.format(Locale.ROOT, "%,.1f s old", age.toMillis() / 1000.0));
  }

  /** One line: {@link #progress} and what is malformed. */
  String describe() {
    return progress()
        + malformed.entrySet().stream()
            .map(
                each ->
                    String.format(
                        Locale.ROOT, ", %,d malformed: %s", each.getValue(), each.getKey()))
            .collect(Collectors.joining());
  }

  /** The feed as it is written to files, in snake case; null for what is not known. */
  Json json() {
    return new Json(name, unread, age == null ? null : age.toMillis() / 1000.0, malformed);
  }

  /** See {@link #json}. */
  record Json(String name, Long unread, Double newestAgeS, SortedMap<String, Long> malformed) {}
}

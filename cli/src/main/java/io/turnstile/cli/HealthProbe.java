package io.turnstile.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.FlinkOptions;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.FlinkRestException;
import io.turnstile.events.LedgerEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * Looks at a live deployment again and again. A part that does not answer is a problem in the
 * result, never an exception. Not thread-safe.
 */
final class HealthProbe {

  /** As the job's turnstile names its counters. */
  private static final Pattern VERDICTS =
      Pattern.compile(".*\\.outcome\\.([\\w-]+)\\.reason\\.(\\w+)\\.verdicts");

  private static final Pattern UNREAD = Pattern.compile("Source__transactions\\.pendingRecords");

  private final FlinkRest flink;
  private final FlinkOptions options;
  private final Admin kafka;
  private final String transactions;
  private final Canary canary;
  private boolean canaryPrepared;
  private long lookedNanos = System.nanoTime();

  /** Of the look before, null or empty if it saw none: a rate needs two looks in a row. */
  private Long endBefore;

  private SortedMap<String, Long> verdictsBefore = new TreeMap<>();

  /**
   * @param canary null to send nothing
   */
  HealthProbe(
      FlinkRest flink, FlinkOptions options, Admin kafka, String transactions, Canary canary) {
    this.flink = flink;
    this.options = options;
    this.kafka = kafka;
    this.transactions = transactions;
    this.canary = canary;
  }

  /** Looks once. A count since the look before is 0 where that one saw nothing. */
  Health look() throws InterruptedException {
    List<String> problems = new ArrayList<>();
    Duration latency = canaryLatency(problems);
    Long end = endOfTransactions(problems);
    Long inputs = end == null || endBefore == null ? null : end - endBefore;
    endBefore = end;
    long now = System.nanoTime();
    Duration interval = Duration.ofNanos(now - lookedNanos);
    lookedNanos = now;

    String state = null;
    long restarts = 0;
    Duration checkpointAge = null;
    Long unread = null;
    SortedMap<String, Long> counted = new TreeMap<>();
    List<ReferenceFeed> references = List.of();
    try {
      FlinkRest.Job job = options.job(flink);
      state = job.state();
      restarts = flink.restarts(job.id());
      checkpointAge =
          flink
              .checkpoints(job.id())
              .latest()
              .map(latest -> Duration.between(latest.triggered(), Instant.now()))
              .orElse(null);
      if (!state.equals("RUNNING")) {
        problems.add("the job is " + state + FlinkOptions.cause(flink, job));
      }
      JsonNode vertices = flink.get("jobs/" + job.id()).path("vertices");
      references = ReferenceFeed.read(flink, job.id(), vertices);
      OptionalLong pending = readTasks(job.id(), vertices, counted);
      unread = pending.isPresent() ? pending.getAsLong() : null;
    } catch (FlinkRestException | CheckFailedException e) {
      problems.add(OneLine.of(e));
    }
    SortedMap<String, Long> verdicts = since(verdictsBefore, counted);
    verdictsBefore = counted;
    return new Health(
        Instant.now(),
        state,
        restarts,
        checkpointAge,
        unread,
        inputs,
        verdicts,
        references,
        interval,
        latency,
        List.copyOf(problems));
  }

  private Duration canaryLatency(List<String> problems) throws InterruptedException {
    if (canary == null) {
      return null;
    }
    try {
      if (!canaryPrepared) {
        canary.prepare();
        canaryPrepared = true;
      }
      Canary.Answer answer = canary.submit(Canary.transaction(), Canary.Token.VALID);
      if (!answer.code().equals(LedgerEntry.ACCEPTED)) {
        problems.add("the canary's verdict is " + answer.code());
      }
      return answer.latency();
    } catch (ExecutionException e) {
      problems.add("the canary was not sent: " + OneLine.of(e.getCause()));
    } catch (CheckFailedException | KafkaException | IllegalArgumentException e) {
      problems.add("canary: " + OneLine.of(e));
    }
    return null;
  }

  private Long endOfTransactions(List<String> problems) throws InterruptedException {
    try {
      Map<TopicPartition, OffsetSpec> partitions =
          kafka
              .describeTopics(List.of(transactions))
              .allTopicNames()
              .get()
              .get(transactions)
              .partitions()
              .stream()
              .collect(
                  Collectors.toMap(
                      info -> new TopicPartition(transactions, info.partition()),
                      info -> OffsetSpec.latest()));
      return kafka.listOffsets(partitions).all().get().values().stream()
          .mapToLong(ListOffsetsResultInfo::offset)
          .sum();
    } catch (ExecutionException e) {
      problems.add("Kafka: " + OneLine.of(e.getCause()));
      return null;
    }
  }

  /** Reads unread transactions, and verdicts by code, off the job's tasks. */
  private OptionalLong readTasks(
      String jobId, JsonNode vertices, SortedMap<String, Long> verdicts) {
    OptionalLong unread = OptionalLong.empty();
    for (JsonNode vertex : vertices) {
      String path =
          "jobs/" + jobId + "/vertices/" + vertex.path("id").asText() + "/subtasks/metrics";
      List<String> names = new ArrayList<>();
      for (JsonNode metric : flink.get(path)) {
        String name = metric.path("id").asText();
        if (VERDICTS.matcher(name).matches() || UNREAD.matcher(name).matches()) {
          names.add(name);
        }
      }
      if (names.isEmpty()) {
        continue;
      }
      for (JsonNode metric : flink.get(path + "?agg=sum&get=" + String.join(",", names))) {
        long value = metric.path("sum").asLong();
        Matcher verdict = VERDICTS.matcher(metric.path("id").asText());
        if (verdict.matches()) {
          boolean accepted = verdict.group(1).equals("accepted");
          verdicts.merge(accepted ? LedgerEntry.ACCEPTED : verdict.group(2), value, Long::sum);
        } else {
          unread = OptionalLong.of(unread.orElse(0) + value);
        }
      }
    }
    return unread;
  }

  /**
   * Counters begin again at 0 with a restart: then all that they show is since. One that was not
   * there before counts from now on: Flink learns of a task's metrics some seconds after its start.
   */
  static SortedMap<String, Long> since(
      SortedMap<String, Long> before, SortedMap<String, Long> now) {
    SortedMap<String, Long> since = new TreeMap<>();
    now.forEach(
        (code, count) -> {
          long was = before.getOrDefault(code, count);
          since.put(code, count >= was ? count - was : count);
        });
    return since;
  }
}

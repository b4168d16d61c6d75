package io.turnstile.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.turnstile.clients.FlinkRest;
import io.turnstile.events.LedgerEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Counts of records by the job's tasks, since they started. Offsets in Kafka would not do: a
 * transaction of a sender, and every commit of verdicts, takes some for its markers.
 *
 * @param unread transactions that the source has not read, by their offsets: at most so many; null
 *     if it does not say
 * @param inputs transactions read, null if the task is not seen
 * @param verdicts decided, by code as in a ledger; empty if the task is not seen
 */
record TaskCounts(Long unread, Long inputs, SortedMap<String, Long> verdicts) {

  static final TaskCounts UNSEEN = new TaskCounts(null, null, new TreeMap<>());

  private static final Pattern UNREAD = Pattern.compile("Source__transactions\\.pendingRecords");

  /** A partition has a counter from its first input on, the task has its gauge from the start. */
  private static final Pattern INPUTS =
      Pattern.compile(".*\\.(?:partition\\.\\d+\\.(?<inputs>inputs)|tokenCacheMisses)");

  private static final Pattern VERDICTS =
      Pattern.compile(".*\\.outcome\\.(?<outcome>[\\w-]+)\\.reason\\.(?<reason>\\w+)\\.verdicts");

  /** Flink's server refuses a request line of more than 4096 bytes. */
  private static final int NAMES_IN_A_REQUEST = 50;

  /**
   * Reads the counts: one request for each task, and one for each portion of its counters.
   *
   * @param vertices of the job, as Flink's REST API lists them
   * @throws io.turnstile.clients.FlinkRestException if Flink does not answer
   */
  static TaskCounts read(FlinkRest flink, String jobId, JsonNode vertices) {
    Long unread = null;
    Long inputs = null;
    SortedMap<String, Long> verdicts = new TreeMap<>();
    for (JsonNode vertex : vertices) {
      String path =
          "jobs/" + jobId + "/vertices/" + vertex.path("id").asText() + "/subtasks/metrics";
      List<String> names = new ArrayList<>();
      for (JsonNode metric : flink.get(path)) {
        String name = metric.path("id").asText();
        if (UNREAD.matcher(name).matches()
            || INPUTS.matcher(name).matches()
            || VERDICTS.matcher(name).matches()) {
          names.add(name);
        }
      }
      for (JsonNode metric : sums(flink, path, names)) {
        String name = metric.path("id").asText();
        long sum = metric.path("sum").asLong();
        Matcher input = INPUTS.matcher(name);
        Matcher verdict = VERDICTS.matcher(name);
        if (input.matches()) {
          inputs = (inputs == null ? 0 : inputs) + (input.group("inputs") == null ? 0 : sum);
        } else if (verdict.matches()) {
          boolean accepted = verdict.group("outcome").equals("accepted");
          verdicts.merge(accepted ? LedgerEntry.ACCEPTED : verdict.group("reason"), sum, Long::sum);
        } else {
          unread = (unread == null ? 0 : unread) + sum;
        }
      }
    }
    return new TaskCounts(unread, inputs, verdicts);
  }

  private static List<JsonNode> sums(FlinkRest flink, String path, List<String> names) {
    List<JsonNode> sums = new ArrayList<>();
    for (int from = 0; from < names.size(); from += NAMES_IN_A_REQUEST) {
      List<String> some = names.subList(from, Math.min(names.size(), from + NAMES_IN_A_REQUEST));
      flink.get(path + "?agg=sum&get=" + String.join(",", some)).forEach(sums::add);
    }
    return sums;
  }

  /** Transactions read since an earlier look; null if one of the two has not seen the task. */
  Long inputsSince(TaskCounts before) {
    return inputs == null || before.inputs == null ? null : since(before.inputs, inputs);
  }

  /** Verdicts decided since an earlier look. One that was not there before counts from now on. */
  SortedMap<String, Long> verdictsSince(TaskCounts before) {
    SortedMap<String, Long> since = new TreeMap<>();
    verdicts.forEach(
        (code, count) -> since.put(code, since(before.verdicts.getOrDefault(code, count), count)));
    return since;
  }

  /** Counters begin again at 0 with a restart: then all that they show is since. */
  private static long since(long before, long now) {
    return now >= before ? now - before : now;
  }
}

package io.turnstile.cli;

import io.turnstile.feeds.FeedHealth;
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
 * @param unread see {@link TaskCounts}
 * @param inputs transactions that the job read since the look before, null if that is not known
 * @param verdicts decided since the look before, by code as in a ledger
 * @param references how the reference topics are read; empty if it could not be seen
 * @param feeds how the feeds are; empty if there are none
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
    List<ReferenceFeed> references,
    List<FeedHealth> feeds,
    Duration interval,
    Duration latency,
    List<String> problems) {

  /**
   * The look as it is written to files, in snake case.
   *
   * @param at ISO 8601
   * @param checkpointAgeS seconds, null if not known
   * @param unread see {@link TaskCounts}
   * @param inputsPerS transactions that the job read, null if not known
   * @param committedLatencyMs null if not known
   */
  record Json(
      String at,
      String job,
      long restarts,
      Double checkpointAgeS,
      Long unread,
      Double inputsPerS,
      double verdictsPerS,
      SortedMap<String, Long> verdicts,
      List<ReferenceFeed.Json> references,
      List<JsonFeed> feeds,
      Double committedLatencyMs,
      List<String> problems) {}

  /**
   * A feed as it is written to files.
   *
   * @param lastSyncAgeS seconds, null if no sync ever ended
   * @param failingS seconds, null if it does not fail
   */
  record JsonFeed(String name, Double lastSyncAgeS, Double failingS) {
    private static JsonFeed of(FeedHealth feed) {
      return new JsonFeed(feed.name(), seconds(feed.sinceSync()), seconds(feed.failing()));
    }
  }

  private static Double seconds(Duration time) {
    return time == null ? null : time.toMillis() / 1000.0;
  }

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

  /** The look as it is written to files. */
  Json json() {
    return new Json(
        at.toString(),
        job,
        restarts,
        seconds(checkpointAge),
        unread,
        inputs == null ? null : perSecond(inputs),
        perSecond(decided()),
        verdicts,
        references.stream().map(ReferenceFeed::json).toList(),
        feeds.stream().map(JsonFeed::of).toList(),
        latency == null ? null : latency.toNanos() / 1e6,
        problems);
  }
}

package io.turnstile.audit;

import io.turnstile.events.Outcome;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Checks that duplicates name the acceptances that they repeat, by {@link LaneClaims} of each lane.
 * The accepted verdicts of lanes with such duplicates are read once more for that; the duplicates
 * only if something is wrong. {@link #of} may be used by many threads, {@link #check} by one.
 */
final class NamedAcceptances {

  private final List<LaneClaims> lanes;

  /**
   * @param lanes partitions of each verdict topic
   * @param window the dedup window in milliseconds
   */
  NamedAcceptances(int lanes, long window) {
    this.lanes = IntStream.range(0, lanes).mapToObj(lane -> new LaneClaims(window)).toList();
  }

  LaneClaims of(int lane) {
    return lanes.get(lane);
  }

  /**
   * Adds wrong names to the violations.
   *
   * @param verdicts has read all verdicts
   * @param forgotten see {@link LaneClaims#actualVerdict}
   */
  void check(
      VerdictPass verdicts, VerdictPartitions partitions, boolean forgotten, Violations found) {
    partitions.readAgain(
        "acceptances that duplicates name",
        Outcome.ACCEPTED,
        lanes(LaneClaims::any),
        (topic, record) ->
            verdicts.again(topic, record, (at, r, v) -> of(r.partition()).acceptance(at, r, v)));
    Set<Integer> doubtful = lanes(LaneClaims::unconfirmed);
    partitions.readAgain(
        "duplicates that name no acceptance",
        Outcome.REJECTED,
        doubtful,
        (topic, record) ->
            verdicts.again(
                topic,
                record,
                (at, r, v) -> {
                  if (v.acceptance() != null) {
                    verdicts
                        .outcome(v.acceptance())
                        .ifPresent(code -> of(r.partition()).unconfirmedDuplicate(at, r, v, code));
                  }
                }));
    for (Outcome outcome : List.of(Outcome.ACCEPTED, Outcome.REJECTED)) {
      partitions.readAgain(
          "what duplicates name instead",
          outcome,
          doubtful,
          (topic, record) ->
              verdicts.again(
                  topic,
                  record,
                  (at, r, v) -> of(r.partition()).actualVerdict(at, r, v, forgotten)));
    }
    lanes.forEach(lane -> found.addAll(lane.violations()));
  }

  private Set<Integer> lanes(Predicate<LaneClaims> which) {
    return IntStream.range(0, lanes.size())
        .filter(lane -> which.test(of(lane)))
        .boxed()
        .collect(Collectors.toSet());
  }
}

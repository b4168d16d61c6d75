package io.turnstile.cli.redrive;

import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Outcome;
import io.turnstile.events.RejectionReason;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which inputs are to be sent anew.
 *
 * @param transactions the topic that they are in
 * @param from the outcome that they had
 * @param codes of their verdicts
 * @param since when their verdicts were appended at the earliest; null for all
 * @param clockSkew the job's grace for the times of tokens
 * @param window the job's dedup window: a rejected input that is older is left out; null if not
 */
record RedriveSelection(
    String transactions,
    Outcome from,
    Set<String> codes,
    Instant since,
    Duration clockSkew,
    Duration window) {

  /** Reasons that are no retryable ones, but whose cause a person may have removed. */
  private static final List<RejectionReason> CURABLE =
      List.of(
          RejectionReason.TOKEN_INVALID,
          RejectionReason.UNKNOWN_PRODUCT,
          RejectionReason.UNKNOWN_CUSTOMER,
          RejectionReason.UNKNOWN_REFERENCE);

  /**
   * The codes that are meant.
   *
   * @param asked all that the outcome has by itself if empty
   * @throws IllegalArgumentException if one of them is not redriven, in a line that names those
   *     that are
   */
  static Set<String> codes(Outcome from, Collection<String> asked) {
    Set<String> usual =
        from == Outcome.DEAD_LETTER
            ? names(Arrays.asList(DeadLetterCode.values()))
            : names(
                Arrays.stream(RejectionReason.values())
                    .filter(RejectionReason::retryable)
                    .toList());
    if (asked.isEmpty()) {
      return usual;
    }
    Set<String> possible = new TreeSet<>(usual);
    if (from == Outcome.REJECTED) {
      possible.addAll(names(CURABLE));
    }
    for (String code : asked) {
      if (!possible.contains(code)) {
        throw new IllegalArgumentException(
            "--reason %s is not redriven from %s, only %s"
                .formatted(code, from.headerValue(), String.join(", ", possible)));
      }
    }
    return new TreeSet<>(asked);
  }

  private static Set<String> names(Collection<? extends Enum<?>> codes) {
    return codes.stream().map(Enum::name).collect(Collectors.toCollection(TreeSet::new));
  }
}

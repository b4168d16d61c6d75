package io.turnstile.simulator.hostile;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.turnstile.events.SourcePosition;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Compares the verdicts with what was sent: each record must have one, and the right one.
 * Thread-safe.
 */
final class Answers {

  /** A verdict may be read before its input is acknowledged, but not by more than this. */
  private static final Duration EARLY = Duration.ofMinutes(3);

  private static final class Awaited {
    private final Tally tally;
    private final Set<String> allowed;
    private boolean answered;

    Awaited(Tally tally, Set<String> allowed) {
      this.tally = tally;
      this.allowed = allowed;
    }
  }

  /** Counts of one attack. */
  static final class Tally {
    private long sent;
    private long refused;
    private long missing;
    private long wrong;
    private long failed;
    private String firstProblem;

    private void problem(String what) {
      firstProblem = firstProblem == null ? what : firstProblem;
    }

    /** Whether all that has been answered is right. */
    boolean isClean() {
      return missing == 0 && wrong == 0 && failed == 0;
    }

    @Override
    public String toString() {
      return "%d sent, %d refused by the broker, %d without verdict, %d wrong, %d failed%s"
          .formatted(
              sent,
              refused,
              missing,
              wrong,
              failed,
              firstProblem == null ? "" : ": " + firstProblem);
    }
  }

  private final Map<SourcePosition, Awaited> awaited = new HashMap<>();
  private final Cache<SourcePosition, String> early =
      Caffeine.newBuilder().expireAfterWrite(EARLY).executor(Runnable::run).build();
  private final Map<String, Tally> tallies = new LinkedHashMap<>();

  /** The broker has taken a record, be it in a transaction that will be aborted. */
  synchronized void sent(String attack, Shot shot, SourcePosition position) {
    Tally tally = tally(attack);
    tally.sent++;
    if (shot.refused()) {
      tally.wrong++;
      tally.problem("the broker took " + position);
    }
    if (!shot.record().topic().equals(position.topic())) {
      throw new IllegalArgumentException(position + " is of another topic");
    }
    Awaited one = new Awaited(tally, shot.verdicts());
    if (!shot.verdicts().isEmpty()) {
      tally.missing++;
    }
    awaited.put(position, one);
    String verdict = early.getIfPresent(position);
    if (verdict != null) {
      early.invalidate(position);
      answer(one, position, verdict);
    }
  }

  /** The broker has not taken a record. */
  synchronized void notSent(String attack, Shot shot, Exception why) {
    Tally tally = tally(attack);
    if (shot.refused()) {
      tally.refused++;
    } else {
      tally.failed++;
      tally.problem(String.valueOf(why.getMessage()));
    }
  }

  /** A verdict has come, of whomever's input. */
  synchronized void verdict(SourcePosition position, String code) {
    Awaited one = awaited.get(position);
    if (one == null) {
      early.put(position, code);
    } else {
      answer(one, position, code);
    }
  }

  private static void answer(Awaited one, SourcePosition position, String code) {
    if (one.answered) {
      one.tally.wrong++;
      one.tally.problem(position + " has two verdicts");
      return;
    }
    one.answered = true;
    if (one.allowed.isEmpty()) {
      one.tally.wrong++;
      one.tally.problem(position + " must have no verdict and is " + code);
      return;
    }
    one.tally.missing--;
    if (!one.allowed.contains(code)) {
      one.tally.wrong++;
      one.tally.problem("%s is %s, not %s".formatted(position, code, one.allowed));
    }
  }

  /** Records whose verdict has not come. */
  synchronized long missing() {
    return tallies.values().stream().mapToLong(tally -> tally.missing).sum();
  }

  /** Acknowledged records of an attack so far. */
  synchronized long sent(String attack) {
    return tally(attack).sent;
  }

  /** Records of an attack that the broker would not have, so far. */
  synchronized long refused(String attack) {
    return tally(attack).refused;
  }

  /** Counts by attack; to be looked at when nothing more comes. */
  synchronized Map<String, Tally> tallies() {
    return new LinkedHashMap<>(tallies);
  }

  private Tally tally(String attack) {
    return tallies.computeIfAbsent(attack, name -> new Tally());
  }
}

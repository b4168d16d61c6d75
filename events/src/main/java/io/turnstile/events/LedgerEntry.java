package io.turnstile.events;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * One line of a ledger: what the sender of an input expects of it, written down before it is sent.
 * The input carries {@code seq} in the header {@link #HEADER}.
 *
 * @param seq number of the input, from 0, dense
 * @param group inputs that compete for one acceptance share a group: same id, or same content
 * @param acceptances how many inputs of the group must be accepted, 0 or 1; the same in all its
 *     lines
 * @param allowed the outcomes that this input may have: {@link #ACCEPTED}, names of {@link
 *     RejectionReason} and of {@link DeadLetterCode}
 */
public record LedgerEntry(long seq, long group, int acceptances, Set<String> allowed) {

  /** The input header that holds {@code seq} as decimal UTF-8. */
  public static final String HEADER = "ledger-seq";

  /** The outcome of an accepted input. */
  public static final String ACCEPTED = "ACCEPTED";

  private static final Set<String> OUTCOMES = outcomes();

  /**
   * @throws IllegalArgumentException if a number is out of range, or {@code allowed} is empty or
   *     names an outcome that does not exist
   */
  public LedgerEntry {
    allowed = Set.copyOf(allowed);
    if (seq < 0 || group < 0 || acceptances < 0 || acceptances > 1) {
      throw new IllegalArgumentException(
          "no ledger entry has seq %d, group %d, acceptances %d"
              .formatted(seq, group, acceptances));
    }
    if (allowed.isEmpty() || !OUTCOMES.containsAll(allowed)) {
      throw new IllegalArgumentException("not outcomes: " + allowed);
    }
  }

  /** {@code seq,group,acceptances,OUTCOME|OUTCOME…}, without a line end. */
  public String toLine() {
    return seq + "," + group + "," + acceptances + "," + String.join("|", new TreeSet<>(allowed));
  }

  /**
   * Reads a line.
   *
   * @throws IllegalArgumentException if it is not of the form that {@link #toLine()} writes
   */
  public static LedgerEntry parse(String line) {
    String[] parts = line.split(",", -1);
    if (parts.length != 4) {
      throw new IllegalArgumentException("not a ledger line: " + line);
    }
    return new LedgerEntry(
        Long.parseLong(parts[0]),
        Long.parseLong(parts[1]),
        Integer.parseInt(parts[2]),
        Set.copyOf(List.of(parts[3].split("\\|", -1))));
  }

  private static Set<String> outcomes() {
    Set<String> outcomes = new HashSet<>(Set.of(ACCEPTED));
    for (RejectionReason reason : RejectionReason.values()) {
      outcomes.add(reason.name());
    }
    for (DeadLetterCode code : DeadLetterCode.values()) {
      outcomes.add(code.name());
    }
    return Set.copyOf(outcomes);
  }
}

package io.turnstile.events;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * One line of a ledger: what the sender of an input expects of it, written down before it is sent.
 * The input carries {@code seq} in the header {@link #HEADER}.
 *
 * @param seq number of the input, from 0, dense
 * @param group inputs with the same id and content share a group
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

  public LedgerEntry {
    allowed = Set.copyOf(allowed);
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
        Set.copyOf(List.of(parts[3].split("\\|"))));
  }
}

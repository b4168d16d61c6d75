package io.turnstile.audit;

import io.turnstile.events.SourcePosition;
import java.util.List;

/**
 * One breach of the promise.
 *
 * @param kind which part of the promise
 * @param source the position of the input, null if the verdict does not say it
 * @param verdicts where the verdicts in question stand, {@code topic/partition/offset}; empty if
 *     there are none
 * @param what one line for a person
 */
public record Violation(Kind kind, SourcePosition source, List<String> verdicts, String what) {

  /** The parts of the promise, in the order in which they are reported. */
  public enum Kind {
    /** An input has no verdict. */
    MISSING,
    /** An input has more than one verdict. */
    DUPLICATED,
    /** A verdict contradicts its input, itself or the ledger. */
    WRONG,
    /** A customer's transaction id was accepted more than once within the dedup window. */
    ACCEPTED_TWICE,
    /** A verdict stands where it does not belong, or is about no input. */
    MISROUTED
  }

  public Violation {
    verdicts = List.copyOf(verdicts);
  }

  /** One line: kind, positions, what. */
  @Override
  public String toString() {
    StringBuilder line = new StringBuilder(kind.name().toLowerCase(java.util.Locale.ROOT));
    if (source != null) {
      line.append(' ').append(source);
    }
    if (!verdicts.isEmpty()) {
      line.append(" [").append(String.join(", ", verdicts)).append(']');
    }
    return line.append(": ").append(what).toString();
  }
}

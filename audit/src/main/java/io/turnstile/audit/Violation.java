package io.turnstile.audit;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.turnstile.events.SourcePosition;
import java.util.List;
import java.util.Locale;

/**
 * One breach of the promise.
 *
 * @param kind the part of the promise that it breaks
 * @param source the position of the input, null if the verdict does not say it
 * @param verdicts the places of the verdicts in question, {@code topic/partition/offset}; empty if
 *     there are none
 * @param what one line for a person
 */
public record Violation(
    Kind kind,
    @JsonSerialize(using = ToStringSerializer.class) SourcePosition source,
    List<String> verdicts,
    String what) {

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
    /** A verdict is where it does not belong, or is about no input. */
    MISROUTED;

    /** The name in reports: lower case. */
    @JsonValue
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public Violation {
    verdicts = List.copyOf(verdicts);
  }

  /** One line: kind, positions, what. */
  @Override
  public String toString() {
    StringBuilder line = new StringBuilder(kind.toString());
    if (source != null) {
      line.append(' ').append(source);
    }
    if (!verdicts.isEmpty()) {
      line.append(" [").append(String.join(", ", verdicts)).append(']');
    }
    return line.append(": ").append(what).toString();
  }
}

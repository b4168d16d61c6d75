package io.turnstile.audit;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.util.StdConverter;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.RejectionReason;
import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;

/**
 * The result of an audit.
 *
 * @param inputs committed records of the transactions topic in the range
 * @param verdicts committed verdicts about them
 * @param missing inputs without verdict that should have one
 * @param duplicated verdicts beyond the first about the same input
 * @param wrong verdicts that contradict their input, themselves or the ledger, duplicates that name
 *     the wrong acceptance, and ledger groups with other than their number of acceptances
 * @param acceptedTwice acceptances of a customer's transaction id within the dedup window of
 *     another one
 * @param misrouted verdicts in the wrong topic or lane, with the wrong key, without their headers,
 *     about no input, or not in sequence
 * @param inFlight inputs without verdict that the job, at work, had not come to yet
 * @param expiredByRetention inputs without verdict whose verdicts may have been deleted
 * @param accepted accepted verdicts
 * @param rejected rejected verdicts by reason, those that occur
 * @param deadLettered dead letters by code, those that occur
 * @param acceptedAmount sum of the accepted amounts in minor units, by currency
 * @param violations the first of each kind, at most 1000, by kind and position
 * @param notes further facts for the reader, one line each; not in the JSON
 */
@JsonPropertyOrder("passed")
public record AuditReport(
    long inputs,
    long verdicts,
    long missing,
    long duplicated,
    long wrong,
    long acceptedTwice,
    long misrouted,
    long inFlight,
    long expiredByRetention,
    long accepted,
    Map<RejectionReason, Long> rejected,
    @JsonSerialize(converter = Total.class) Map<DeadLetterCode, Long> deadLettered,
    SortedMap<String, BigInteger> acceptedAmount,
    List<Violation> violations,
    @JsonIgnore List<String> notes) {

  private static final ObjectWriter JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .build()
          .writerWithDefaultPrettyPrinter();

  /**
   * True if the promise holds for all that could be judged: not for inputs {@linkplain #inFlight in
   * flight} or {@linkplain #expiredByRetention expired}.
   */
  @JsonProperty("passed")
  public boolean passed() {
    return missing == 0 && duplicated == 0 && wrong == 0 && acceptedTwice == 0 && misrouted == 0;
  }

  /** The content of {@code audit.json}, with a line end. */
  public String toJson() {
    try {
      return JSON.writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a report always has its JSON", e);
    }
  }

  /**
   * The report for a person, several lines.
   *
   * @param shown the most violations to list
   */
  public String toText(int shown) {
    StringBuilder text = new StringBuilder();
    row(text, "inputs", inputs, "");
    row(text, "verdicts", verdicts, "");
    row(text, "  accepted", accepted, amounts());
    row(text, "  rejected", total(rejected), byName(rejected));
    row(text, "  dead-lettered", total(deadLettered), byName(deadLettered));
    row(text, "missing", missing, "");
    row(text, "duplicated", duplicated, "");
    row(text, "wrong", wrong, "");
    row(text, "accepted twice", acceptedTwice, "");
    row(text, "misrouted", misrouted, "");
    row(text, "in flight", inFlight, "");
    row(text, "expired", expiredByRetention, "");
    violations.stream().limit(shown).forEach(v -> text.append(v).append('\n'));
    long more = missing + duplicated + wrong + acceptedTwice + misrouted - shown;
    if (more > 0) {
      text.append("… and ").append(more).append(" more\n");
    }
    notes.forEach(note -> text.append("note: ").append(note).append('\n'));
    text.append(passed() ? "PASS: " : "FAIL: ").append(summary()).append('\n');
    return text.toString();
  }

  private String summary() {
    if (!passed()) {
      return "the promise does not hold";
    }
    if (inputs == 0) {
      return "nothing to audit, there are no inputs in the range";
    }
    long judged = inputs - inFlight - expiredByRetention;
    return String.format(
        Locale.ROOT,
        "%,d of %,d inputs judged; each has exactly one verdict, and none contradicts its input",
        judged,
        inputs);
  }

  private static long total(Map<?, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Writes the sum of the counts by code in their place. */
  private static final class Total extends StdConverter<Map<DeadLetterCode, Long>, Long> {

    @Override
    public Long convert(Map<DeadLetterCode, Long> counts) {
      return total(counts);
    }
  }

  private String amounts() {
    StringBuilder text = new StringBuilder();
    acceptedAmount.forEach(
        (currency, amount) -> text.append("  ").append(currency).append(' ').append(amount));
    return text.isEmpty() ? "" : text + " (minor units)";
  }

  private static String byName(Map<? extends Enum<?>, Long> counts) {
    StringBuilder text = new StringBuilder();
    counts.forEach((name, count) -> text.append("  ").append(name).append(' ').append(count));
    return text.toString();
  }

  private static void row(StringBuilder text, String name, long count, String detail) {
    text.append(String.format(Locale.ROOT, "%-16s %,14d%s\n", name, count, detail));
  }
}

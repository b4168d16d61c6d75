package io.turnstile.audit;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.RejectionReason;
import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;

/**
 * What an audit found.
 *
 * @param inputs committed records of the transactions topic in the range
 * @param verdicts committed verdicts about them
 * @param missing inputs without verdict that should have one
 * @param duplicated verdicts beyond the first about the same input
 * @param wrong verdicts that contradict their input, themselves or the ledger, and ledger groups
 *     with other than their number of acceptances
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
 * @param notes what else a reader should know, one line each
 */
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
    Map<DeadLetterCode, Long> deadLettered,
    SortedMap<String, BigInteger> acceptedAmount,
    List<Violation> violations,
    List<String> notes) {

  /**
   * Whether the promise holds for all that could be judged: not for inputs {@linkplain #inFlight in
   * flight} or {@linkplain #expiredByRetention expired}.
   */
  public boolean passed() {
    return missing == 0 && duplicated == 0 && wrong == 0 && acceptedTwice == 0 && misrouted == 0;
  }

  /** The content of {@code audit.json}, with a line end. */
  public String toJson() {
    ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    ObjectNode json = mapper.createObjectNode();
    json.put("passed", passed());
    json.put("inputs", inputs);
    json.put("verdicts", verdicts);
    json.put("missing", missing);
    json.put("duplicated", duplicated);
    json.put("wrong", wrong);
    json.put("accepted_twice", acceptedTwice);
    json.put("misrouted", misrouted);
    json.put("in_flight", inFlight);
    json.put("expired_by_retention", expiredByRetention);
    json.put("accepted", accepted);
    ObjectNode reasons = json.putObject("rejected");
    rejected.forEach((reason, count) -> reasons.put(reason.name(), count));
    json.put("dead_lettered", totalDeadLettered());
    ObjectNode amounts = json.putObject("accepted_amount");
    acceptedAmount.forEach(amounts::put);
    ArrayNode list = json.putArray("violations");
    for (Violation violation : violations) {
      ObjectNode entry = list.addObject();
      entry.put("kind", violation.kind().name().toLowerCase(Locale.ROOT));
      entry.put("source", violation.source() == null ? null : violation.source().toString());
      violation.verdicts().forEach(entry.putArray("verdicts")::add);
      entry.put("what", violation.what());
    }
    return json.toPrettyString() + "\n";
  }

  /**
   * The report for a person, several lines.
   *
   * @param shown how many violations to list at most
   */
  public String toText(int shown) {
    StringBuilder text = new StringBuilder();
    row(text, "inputs", inputs, "");
    row(text, "verdicts", verdicts, "");
    row(text, "  accepted", accepted, amounts());
    row(text, "  rejected", totalRejected(), byName(rejected));
    row(text, "  dead-lettered", totalDeadLettered(), byName(deadLettered));
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

  private long totalRejected() {
    return rejected.values().stream().mapToLong(Long::longValue).sum();
  }

  private long totalDeadLettered() {
    return deadLettered.values().stream().mapToLong(Long::longValue).sum();
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

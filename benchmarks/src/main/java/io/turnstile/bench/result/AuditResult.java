package io.turnstile.bench.result;

import io.turnstile.audit.AuditReport;
import java.util.Map;
import java.util.TreeMap;

/**
 * The findings of the audit after the run, in records.
 *
 * @param rejected rejected verdicts by reason, those that occur
 * @param acceptedTwice acceptances of an id that was accepted before
 * @param misrouted verdicts in the wrong place
 * @param inFlight inputs without verdict that the job had not come to
 */
public record AuditResult(
    long inputs,
    long verdicts,
    long missing,
    long duplicated,
    long wrong,
    long accepted,
    Map<String, Long> rejected,
    long deadLettered,
    long acceptedTwice,
    long misrouted,
    long inFlight) {

  public static AuditResult of(AuditReport report) {
    Map<String, Long> rejected = new TreeMap<>();
    report.rejected().forEach((reason, count) -> rejected.put(reason.name(), count));
    return new AuditResult(
        report.inputs(),
        report.verdicts(),
        report.missing(),
        report.duplicated(),
        report.wrong(),
        report.accepted(),
        rejected,
        report.deadLettered().values().stream().mapToLong(Long::longValue).sum(),
        report.acceptedTwice(),
        report.misrouted(),
        report.inFlight());
  }

  /** Returns what counts of an engine that decides nothing: that each input came out once. */
  public AuditResult asOfCopies() {
    return new AuditResult(
        inputs, verdicts, missing, duplicated, 0, 0, Map.of(), 0, 0, 0, inFlight);
  }

  /**
   * Tells whether each input has exactly one verdict, and the right one; an input {@linkplain
   * #inFlight in flight} after the run is one too few.
   */
  public boolean passed() {
    return missing + duplicated + wrong + acceptedTwice + misrouted + inFlight == 0;
  }
}

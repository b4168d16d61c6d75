package io.turnstile.audit;

/** Told how far an audit is, at most about once a second, by any of its threads, one at a time. */
@FunctionalInterface
public interface AuditProgress {

  /**
   * Takes a report.
   *
   * @param phase what is being done, for a person
   * @param done offsets read so far
   * @param total offsets to read in this phase
   */
  void at(String phase, long done, long total);
}

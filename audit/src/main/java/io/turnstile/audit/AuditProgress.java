package io.turnstile.audit;

/**
 * A listener for the progress of an audit. Called at most about once a second, by any of its
 * threads, one at a time.
 */
@FunctionalInterface
public interface AuditProgress {

  /**
   * Takes a report.
   *
   * @param phase the work being done, for a person
   * @param done offsets read so far
   * @param total offsets to read in this phase
   */
  void at(String phase, long done, long total);
}

package io.turnstile.bench.result;

import java.util.Collection;
import java.util.List;

/** Says pass or fail, of one run and of several. Nothing else does. */
public final class PassCriteria {

  private PassCriteria() {}

  /** Tells whether a run is sound and keeps all its objectives; goals do not count. */
  static boolean passes(
      String failure, boolean interrupted, AuditResult audit, List<Objective> objectives) {
    return isSound(failure, interrupted, audit) && objectives.stream().noneMatch(Objective::missed);
  }

  /** Tells whether a run came to its end and its audit is clean, whatever its speed. */
  public static boolean isSound(RunResult run) {
    return isSound(run.failure(), run.interrupted(), run.audit());
  }

  private static boolean isSound(String failure, boolean interrupted, AuditResult audit) {
    return failure == null && !interrupted && audit != null && audit.passed();
  }

  /**
   * Tells whether several runs pass together. Of the engines beside ours, which are there to be
   * compared with, only the audits count, unless ours did not run.
   *
   * @param ours the engine whose objectives count
   * @param ratios the objectives between engines
   */
  public static boolean allPass(List<RunResult> runs, String ours, Collection<Objective> ratios) {
    boolean compared = runs.stream().anyMatch(run -> run.engine().equals(ours));
    return ratios.stream().noneMatch(Objective::missed)
        && runs.stream()
            .allMatch(
                run -> {
                  boolean auditOnly = compared && !run.engine().equals(ours);
                  return auditOnly ? isSound(run) : run.passed();
                });
  }
}

package io.turnstile.bench.result;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RunResultTest {

  private static final Objective MET = new Objective("p99", "< 100 ms", 40.0, true, false);
  private static final Objective NOT_MET = new Objective("p99", "< 100 ms", 140.0, false, false);
  private static final Objective GOAL_NOT_MET = new Objective("p50", "< 9 ms", 11.0, false, true);

  @Test
  void passesWithCleanAuditAndObjectivesMet() {
    assertThat(run().build().passed()).isTrue();
  }

  @Test
  void goalNotMetFailsNothing() {
    assertThat(run().objectives(List.of(MET, GOAL_NOT_MET)).build().passed()).isTrue();
  }

  @Test
  void objectiveNotMetFails() {
    assertThat(run().objectives(List.of(MET, NOT_MET)).build().passed()).isFalse();
  }

  @Test
  void wrongAuditFailsWhateverTheSpeed() {
    for (AuditResult audit :
        List.of(
            new AuditResult(9, 9, 1, 0, 0, 9, Map.of(), 0, 0, 0, 0),
            new AuditResult(9, 9, 0, 1, 0, 9, Map.of(), 0, 0, 0, 0),
            new AuditResult(9, 9, 0, 0, 1, 9, Map.of(), 0, 0, 0, 0),
            new AuditResult(9, 9, 0, 0, 0, 9, Map.of(), 0, 1, 0, 0),
            new AuditResult(9, 9, 0, 0, 0, 9, Map.of(), 0, 0, 1, 0),
            new AuditResult(9, 9, 0, 0, 0, 9, Map.of(), 0, 0, 0, 1))) {
      assertThat(run().audit(audit).build().passed()).as(audit.toString()).isFalse();
    }
  }

  @Test
  void runThatDidNotEndOfItselfOrWasNotAuditedFails() {
    assertThat(run().interrupted(true).build().passed()).isFalse();
    assertThat(run().failure("the broker ended").build().passed()).isFalse();
    assertThat(run().audit(null).build().passed()).isFalse();
  }

  private static RunResult.Builder run() {
    return RunResult.builder("steady-10k", "turnstile")
        .audit(new AuditResult(9, 9, 0, 0, 0, 9, Map.of(), 0, 0, 0, 0))
        .objectives(List.of(MET));
  }
}

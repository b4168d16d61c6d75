package io.turnstile.bench.result;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.result.RunResult.Objective;
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

  private static RunResultBuilder run() {
    return RunResult.builder("steady-10k", "turnstile")
        .audit(new AuditResult(9, 9, 0, 0, 0, 9, Map.of(), 0, 0, 0, 0))
        .objectives(List.of(MET));
  }

  @Test
  void objectivesCountForTurnstileAndAuditsForAllThatRunBesideIt() {
    AuditResult wrong = new AuditResult(9, 9, 1, 0, 0, 9, Map.of(), 0, 0, 0, 0);
    RunResult turnstile = run().build();
    RunResult slow = run().objectives(List.of(NOT_MET)).build();
    RunResult slowPeer = run().engine("kafka-streams").objectives(List.of(NOT_MET)).build();
    RunResult wrongPeer = run().engine("kafka-streams").audit(wrong).build();

    assertThat(allPass(turnstile, slowPeer)).isTrue();
    assertThat(allPass(turnstile, wrongPeer)).isFalse();
    assertThat(allPass(slow)).isFalse();
    assertThat(allPass(slowPeer)).isFalse();
  }

  @Test
  void ratiosBetweenEnginesCountUnlessTheyAreGoals() {
    List<RunResult> runs = List.of(run().build());

    assertThat(RunResult.allPass(runs, "turnstile", List.of(MET, GOAL_NOT_MET))).isTrue();
    assertThat(RunResult.allPass(runs, "turnstile", List.of(NOT_MET))).isFalse();
  }

  @Test
  void soundIsWhatRanToItsEndAndIsCleanHoweverSlow() {
    assertThat(run().objectives(List.of(NOT_MET)).build().sound()).isTrue();
    assertThat(run().interrupted(true).build().sound()).isFalse();
    assertThat(run().failure("the broker ended").build().sound()).isFalse();
  }

  @Test
  void resultSaysOfItselfWhetherItPassed() {
    assertThat(run().passed(false).build().passed()).isFalse();
  }

  private static boolean allPass(RunResult... runs) {
    return RunResult.allPass(List.of(runs), "turnstile", List.of());
  }
}

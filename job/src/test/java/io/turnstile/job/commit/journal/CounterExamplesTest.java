package io.turnstile.job.commit.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.decision.dedup.Acceptance;
import io.turnstile.decision.dedup.DedupPolicy;
import io.turnstile.decision.dedup.DedupPolicy.Decision;
import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.dedup.DedupStore;
import io.turnstile.events.ContentHash;
import io.turnstile.events.SourcePosition;
import io.turnstile.job.commit.journal.ProtocolModel.Bounds;
import io.turnstile.job.commit.journal.ProtocolModel.Input;
import io.turnstile.job.commit.journal.ProtocolModel.Mutation;
import io.turnstile.job.commit.journal.ProtocolModel.Violation;
import io.turnstile.job.harness.Samples;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The ways in which earlier versions of the protocol broke, each as one history. */
class CounterExamplesTest {

  private static final String CUSTOMER = "customer";
  private static final Bounds ONE_LANE =
      new Bounds(
          1,
          List.of(
              new Input(0, 0, CUSTOMER, "id-0", false, false),
              new Input(0, 1, CUSTOMER, "id-1", false, false)),
          5,
          5,
          1);

  /** The history breaks a promise with the mutation, and none without it. */
  private static void brokenOnlyBy(Mutation mutation, String... history) throws Exception {
    brokenOnlyBy(mutation, "two verdicts", history);
  }

  private static void brokenOnlyBy(Mutation mutation, String how, String[] history)
      throws Exception {
    assertThatThrownBy(() -> play(Set.of(mutation), history))
        .isInstanceOf(Violation.class)
        .hasMessageContaining(how);
    assertThatCode(() -> play(Set.of(), history)).doesNotThrowAnyException();
  }

  private static void play(Set<Mutation> mutations, String... history) throws Exception {
    ProtocolModel model = new ProtocolModel(ONE_LANE, mutations, Choices.repeating(List.of()));
    model.play(List.of(history));
    model.complete();
  }

  @Test
  void positionsToSuppressNotInTheSnapshot() throws Exception {
    brokenOnlyBy(
        Mutation.SUPPRESSION_NOT_IN_SNAPSHOT,
        "0 takes over",
        "0 takes checkpoint",
        "0 completes checkpoint",
        "0 reads 0/0",
        "0 begins commit 0",
        "0 commits 0",
        "0 crashes, restart from 0",
        "1 takes over",
        // Before the input has arrived again.
        "1 takes checkpoint",
        "1 completes checkpoint",
        "1 crashes, restart from 1",
        "2 takes over",
        "2 reads 0/0",
        "2 begins commit 0",
        "2 commits 0");
  }

  @Test
  void startWithoutStateAtTheCurrentEnd() throws Exception {
    brokenOnlyBy(
        Mutation.START_WITHOUT_STATE_AT_END,
        "0 takes over",
        "0 reads 0/0",
        "0 begins commit 0",
        "0 commits 0",
        "0 crashes, restart without state",
        "1 takes over",
        "1 reads 0/0",
        "1 begins commit 0",
        "1 commits 0");
  }

  @Test
  void endAskedOfTheBrokerHoldsVerdictsOfAnotherOwner() throws Exception {
    brokenOnlyBy(
        Mutation.END_ASKED_OF_BROKER,
        "0 takes over",
        "0 takes checkpoint",
        "0 completes checkpoint",
        "0 crashes, restart from 0",
        // Given up for dead before it took over, 1 wakes up when 2 has.
        "1 crashes, restart from 0",
        "2 takes over",
        "1 takes over",
        "1 reads 0/0",
        "1 begins commit 0",
        "1 commits 0",
        // It has nothing to commit, and does not notice that it was fenced.
        "2 takes checkpoint",
        "2 completes checkpoint",
        "2 crashes, restart from 1",
        "3 takes over",
        "3 reads 0/0",
        "3 begins commit 0",
        "3 commits 0");
  }

  @Test
  void endTakenAfterTheStateHoldsVerdictsOfAfterTheBarrier() throws Exception {
    brokenOnlyBy(
        Mutation.END_TAKEN_AFTER_STATE,
        "0 takes over",
        "0 takes checkpoint",
        "0 reads 0/0",
        "0 begins commit 0",
        "0 commits 0",
        "0 completes checkpoint",
        "0 crashes, restart from 0",
        "1 takes over",
        "1 reads 0/0",
        "1 begins commit 0",
        "1 commits 0");
  }

  @Test
  void secondTransactionalIdInitialisedLazilyLetsTwoOwnersCommit() throws Exception {
    brokenOnlyBy(
        Mutation.SECOND_ID_INITIALISED_LAZILY,
        "0 takes over",
        "0 reads 0/0",
        "0 begins commit 0",
        "0 commits 0",
        "0 ends commit 0",
        "0 crashes, restart without state",
        "1 takes over",
        // The zombie's next commit is on its other id, which nobody has fenced.
        "0 reads 0/1",
        "0 begins commit 0",
        "0 commits 0",
        "1 reads 0/0",
        "1 reads 0/1",
        "1 begins commit 0",
        "1 commits 0");
  }

  /**
   * Kafka acknowledges a commit before its markers are written, and may never write one
   * (KAFKA-20734); what is not marked is aborted with whatever is aborted there next.
   */
  @Test
  void commitThatReadersDoNotSeeIsInTheCheckpointAndThenAborted() throws Exception {
    brokenOnlyBy(
        Mutation.INVISIBLE_IN_CHECKPOINT,
        "no verdict for",
        new String[] {
          "0 takes over",
          "0 reads 0/0",
          "0 begins commit 0",
          "0 commits, unmarked on accepted 0",
          "0 ends commit 0",
          "0 takes checkpoint",
          "0 completes checkpoint",
          "0 crashes, restart from 0",
          "1 takes over"
        });
  }

  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;

  private final DedupPolicy dedup =
      new DedupPolicy(new DedupSettings(Duration.ofHours(1), null, Duration.ofHours(1)));

  private Decision decide(DedupStore store, long offset, long receivedAt) throws Exception {
    return dedup.decide(
        Samples.transaction(CUSTOMER, "id", "product", 1),
        new SourcePosition(Samples.TOPIC, 0, offset),
        receivedAt,
        store,
        0);
  }

  /** Two hours apart, one id may be accepted twice; each acceptance guards its own hour. */
  @Test
  void windowStateWithOneEntryPerIdForgetsTheOther() throws Exception {
    DedupStore all = new ListMemory(false);
    decide(all, 0, 2 * HOUR);
    assertThat(decide(all, 1, 0)).isInstanceOf(Decision.Accept.class);
    assertThat(decide(all, 2, 2 * HOUR + MINUTE)).isInstanceOf(Decision.Reject.class);

    DedupStore onlyTheLast = new ListMemory(true);
    decide(onlyTheLast, 0, 2 * HOUR);
    decide(onlyTheLast, 1, 0);
    assertThat(decide(onlyTheLast, 2, 2 * HOUR + MINUTE)).isInstanceOf(Decision.Accept.class);
  }

  /** A signed difference would take every input of a late partition for a duplicate. */
  @Test
  void latePartitionIsJudgedByTheAbsoluteDifference() throws Exception {
    DedupStore store = new ListMemory(false);
    decide(store, 0, 2 * HOUR);
    assertThat(decide(store, 1, HOUR + MINUTE)).isInstanceOf(Decision.Reject.class);
    assertThat(decide(store, 2, HOUR - MINUTE)).isInstanceOf(Decision.Accept.class);
  }

  private static final class ListMemory implements DedupStore {
    private final boolean onePerId;
    private final Map<String, List<Acceptance>> byId = new HashMap<>();

    ListMemory(boolean onePerId) {
      this.onePerId = onePerId;
    }

    @Override
    public List<Acceptance> byId(String transactionId) {
      return byId.getOrDefault(transactionId, List.of());
    }

    @Override
    public List<Acceptance> byContent(ContentHash contentHash) {
      return List.of();
    }

    @Override
    public void remember(
        Acceptance acceptance, List<Acceptance> sameId, List<Acceptance> sameContent) {
      List<Acceptance> after = new ArrayList<>(onePerId ? List.of() : sameId);
      after.add(acceptance);
      byId.put(acceptance.transactionId(), after);
    }
  }
}

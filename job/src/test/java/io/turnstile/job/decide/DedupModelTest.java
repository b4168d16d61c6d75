package io.turnstile.job.decide;

import static io.turnstile.job.decide.DecisionFixture.dedup;
import static io.turnstile.job.decide.DecisionFixture.outcome;
import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.reference.Reference;
import io.turnstile.events.Customer;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Outcome;
import io.turnstile.events.PriorAcceptance;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.VerdictCodec;
import io.turnstile.job.harness.OperatorUnderTest;
import io.turnstile.job.harness.OperatorUnderTest.Checkpoint;
import io.turnstile.job.harness.Samples;
import io.turnstile.job.validate.DecisionInput;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random histories against a model of a few lines: duplicates, conflicts and equal contents of
 * several customers, out of order within and beyond the windows, with crashes, replays and changes
 * of parallelism on the way.
 */
class DedupModelTest {

  private static final int ON_HEAP = 300;
  private static final int EXTENDED = 3_000;
  private static final int ON_ROCKSDB = 12;
  private static final long START = 1_000_000;
  private static final int LONGEST_STEP = 40;

  /** One id in one text more than fits in a byte, and one that looks like a position. */
  private static final List<String> NAMES =
      List.of("a", "b", "\u00e9\ud83c\udfab".repeat(40), "transactions/0/1");

  /** Model of the turnstile: it forgets nothing. */
  private record Model(DedupSettings settings, List<Accepted> accepted) {

    /** The outcome of an input, and the acceptance that a duplicate names. */
    record Decision(String outcome, PriorAcceptance acceptance) {}

    record Accepted(DecisionInput.Enriched input, long decidedAt) {}

    Decision decide(DecisionInput.Enriched input, long decidedAt) {
      List<Accepted> repeated = repeatedBy(input);
      String outcome = outcome(input, !repeated.isEmpty());
      if (outcome.equals("ACCEPTED")) {
        accepted.add(new Accepted(input, decidedAt));
      }
      return new Decision(
          outcome,
          repeated.stream()
              .map(
                  a ->
                      new PriorAcceptance(
                          a.input().metadata().position().partition(),
                          a.input().metadata().position().offset(),
                          a.input().metadata().receivedAt(),
                          a.decidedAt()))
              .min(
                  Comparator.comparing(PriorAcceptance::receivedAt)
                      .thenComparing(PriorAcceptance::sourcePartition)
                      .thenComparing(PriorAcceptance::sourceOffset))
              .orElse(null));
    }

    private List<Accepted> repeatedBy(DecisionInput.Enriched input) {
      return accepted.stream()
          .filter(a -> customer(a.input()).equals(customer(input)))
          .filter(
              a ->
                  a.input()
                      .transaction()
                      .transactionId()
                      .equals(input.transaction().transactionId()))
          .filter(a -> sameContent(a.input(), input))
          .filter(a -> apart(a.input(), input) <= settings.window().toMillis())
          .toList();
    }

    private String outcome(DecisionInput.Enriched input, boolean repeats) {
      String id = input.transaction().transactionId();
      List<DecisionInput.Enriched> sameId =
          accepted.stream()
              .map(Accepted::input)
              .filter(a -> customer(a).equals(customer(input)))
              .filter(a -> a.transaction().transactionId().equals(id))
              .filter(a -> apart(a, input) <= settings.window().toMillis())
              .toList();
      if (!sameId.isEmpty()) {
        return repeats ? "DUPLICATE_ID" : "ID_CONFLICT";
      }
      boolean contentSeen =
          settings.contentWindow() != null
              && accepted.stream()
                  .map(Accepted::input)
                  .filter(a -> customer(a).equals(customer(input)))
                  .filter(a -> !a.transaction().transactionId().equals(id))
                  .filter(a -> sameContent(a, input))
                  .anyMatch(a -> apart(a, input) <= settings.contentWindow().toMillis());
      if (contentSeen) {
        return "DUPLICATE_CONTENT";
      }
      return "ACCEPTED";
    }

    Model copy() {
      return new Model(settings, new ArrayList<>(accepted));
    }

    private static String customer(DecisionInput.Enriched input) {
      return input.transaction().customerId();
    }

    private static boolean sameContent(DecisionInput.Enriched a, DecisionInput.Enriched b) {
      return a.transaction().amount() == b.transaction().amount();
    }

    private static long apart(DecisionInput.Enriched a, DecisionInput.Enriched b) {
      return Math.abs(a.metadata().receivedAt() - b.metadata().receivedAt());
    }
  }

  @Test
  void everyHistoryIsDecidedLikeTheModelOnHeap() throws Exception {
    runHistories(ON_HEAP, new HashMapStateBackend());
  }

  @Test
  @Tag("extended")
  void everyOneOfManyHistoriesIsDecidedLikeTheModel() throws Exception {
    runHistories(EXTENDED, new HashMapStateBackend());
  }

  @Test
  void everyHistoryIsDecidedLikeTheModelOnRocksDb() throws Exception {
    runHistories(ON_ROCKSDB, new EmbeddedRocksDBStateBackend());
  }

  private static void runHistories(int count, StateBackend backend) throws Exception {
    long base = new Random().nextLong();
    for (int i = 0; i < count; i++) {
      long seed = base + i;
      try (History history = new History(seed, backend)) {
        history.run();
      } catch (Throwable e) {
        throw new AssertionError("history with seed " + seed + "L", e);
      }
    }
  }

  private static final class History implements AutoCloseable {
    private final Random random;
    private final StateBackend backend;
    private final DedupSettings settings;
    private final OperatorUnderTest.Spec<DecisionInput, Reference<Customer>, Verdict> spec;

    /** True if the inputs lay in the topic for longer than the longest outage. */
    private final boolean backlog;

    private OperatorUnderTest<DecisionInput, Reference<Customer>, Verdict> turnstile;
    private Model model;
    private long offset;

    History(long seed, StateBackend backend) throws Exception {
      this.random = new Random(seed);
      this.backend = backend;
      settings =
          dedup(
              1 + random.nextInt(60),
              random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(60),
              2 * LONGEST_STEP + random.nextInt(100));
      backlog = random.nextInt(4) == 0;
      spec = DecisionFixture.spec(settings);
      model = new Model(settings, new ArrayList<>());
      turnstile = OperatorUnderTest.start(spec, START, 1 + random.nextInt(2), backend, null);
    }

    void run() throws Exception {
      for (int attempt = random.nextInt(4); attempt >= 0; attempt--) {
        for (DecisionInput input : inputs()) {
          check(input);
        }
        crashAndReplay();
      }
      assertThat(turnstile.timers()).isZero();
      everythingIsForgotten();
    }

    private void everythingIsForgotten() throws Exception {
      Checkpoint checkpoint = turnstile.checkpoint();
      turnstile.close();
      turnstile = OperatorUnderTest.start(spec, turnstile.now(), 1, backend, checkpoint);
      turnstile.advance(200 + settings.maxOutage().toMillis());
      // Flink collects garbage as it goes: on heap a few entries with each access to a state.
      boolean contents = settings.contentWindow() != null;
      for (int i = 0; i < 2 * NAMES.size() * NAMES.size(); i++) {
        var transaction = Samples.transaction("the last", contents ? "id" + i : "id", "product", 1);
        turnstile.first(Samples.enriched(transaction, 0, offset++, turnstile.now()));
      }
      turnstile.collectGarbage("accepted-ids");
      if (contents) {
        turnstile.collectGarbage("accepted-contents");
      }
      assertThat(turnstile.stateEntries()).isEqualTo(contents ? 2 : 1);
    }

    /** Forgets what was decided after a checkpoint, and decides it again. */
    private void crashAndReplay() throws Exception {
      Checkpoint checkpoint = turnstile.checkpoint();
      Model then = model.copy();
      List<DecisionInput> lost = inputs();
      for (DecisionInput input : lost) {
        check(input);
      }
      long now = turnstile.now();
      turnstile.close();
      model = then;
      turnstile = OperatorUnderTest.start(spec, now, 1 + random.nextInt(3), backend, checkpoint);
      for (DecisionInput input : lost) {
        check(input);
      }
    }

    private void check(DecisionInput input) throws Exception {
      Model.Decision expected =
          input instanceof DecisionInput.Enriched enriched
              ? model.decide(enriched, turnstile.now())
              : new Model.Decision(
                  input instanceof DecisionInput.Refused refused
                      ? refused.reason().name()
                      : ((DecisionInput.Unreadable) input).code().name(),
                  null);
      turnstile.first(input);
      List<Verdict> verdicts = turnstile.take();
      assertThat(verdicts).hasSize(1);
      assertThat(outcome(verdicts.get(0))).as("verdict on %s", input).isEqualTo(expected.outcome());
      if (verdicts.get(0).outcome() == Outcome.REJECTED) {
        assertThat(VerdictCodec.decodeRejected(verdicts.get(0).value()).acceptance())
            .as("acceptance repeated by %s", input)
            .isEqualTo(expected.acceptance());
      }
      assertThat(verdicts.get(0).position()).isEqualTo(input.metadata().position());
    }

    private List<DecisionInput> inputs() throws Exception {
      // The clock advances before, not between: what is replayed is no older than the outage.
      turnstile.advance(random.nextInt(backlog ? 2 : LONGEST_STEP));
      List<DecisionInput> inputs = new ArrayList<>();
      for (int i = random.nextInt(12); i > 0; i--) {
        inputs.add(input());
      }
      return inputs;
    }

    private DecisionInput input() {
      int latest = (int) settings.maxOutage().toMillis() - LONGEST_STEP;
      int late = random.nextInt(backlog ? 1_000 : latest);
      var transaction =
          Samples.transaction(pick(NAMES), pick(NAMES), "product", 1 + random.nextInt(3));
      DecisionInput.Enriched enriched =
          Samples.enriched(transaction, random.nextInt(3), offset++, turnstile.now() - late);
      return switch (random.nextInt(12)) {
        case 0 ->
            new DecisionInput.Refused(
                enriched.metadata(),
                transaction.transactionId(),
                transaction.customerId(),
                pick(List.of(RejectionReason.values())),
                "why");
        case 1 ->
            new DecisionInput.Unreadable(
                enriched.metadata(), null, null, pick(List.of(DeadLetterCode.values())), "why");
        default -> enriched;
      };
    }

    private <T> T pick(List<T> among) {
      return among.get(random.nextInt(among.size()));
    }

    @Override
    public void close() {
      turnstile.close();
    }
  }
}

package io.turnstile.decision.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.decision.dedup.DedupPolicy.Decision;
import io.turnstile.events.ContentHash;
import io.turnstile.events.PriorAcceptance;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class DedupPolicyTest {

  private static final int HISTORIES = 2_000;

  /** Gives what it knows in an order of its own, as {@link DedupStore} may. */
  private static final class ShuffledStore implements DedupStore {

    private final Random random;
    private final List<Acceptance> acceptances;

    ShuffledStore(Random random, List<Acceptance> acceptances) {
      this.random = random;
      this.acceptances = acceptances;
    }

    private List<Acceptance> which(Predicate<Acceptance> filter) {
      List<Acceptance> found = new ArrayList<>(acceptances.stream().filter(filter).toList());
      Collections.shuffle(found, random);
      return found;
    }

    @Override
    public List<Acceptance> byId(String transactionId) {
      return which(each -> each.transactionId().equals(transactionId));
    }

    @Override
    public List<Acceptance> byContent(ContentHash contentHash) {
      return which(each -> each.contentHash().equals(contentHash));
    }

    @Override
    public void remember(
        Acceptance acceptance, List<Acceptance> sameId, List<Acceptance> sameContent) {
      acceptances.add(acceptance);
    }
  }

  @Test
  void duplicateNamesTheLeastOfAllThatMatch() throws Exception {
    long base = new Random().nextLong();
    int named = 0;
    int several = 0;
    for (int i = 0; i < HISTORIES; i++) {
      Random random = new Random(base + i);
      long window = 1L + random.nextInt(40);
      DedupSettings settings =
          new DedupSettings(
              Duration.ofMillis(window), Duration.ofMillis(1 + random.nextInt(40)), Duration.ZERO);
      // What lies there may be anything: other windows were in force when it was accepted.
      List<Acceptance> acceptances = new ArrayList<>();
      for (int n = random.nextInt(12); n > 0; n--) {
        acceptances.add(acceptance(random, n * 7L % 13));
      }
      Transaction transaction = transaction("id" + random.nextInt(2), random.nextInt(2));
      long receivedAt = 100L + random.nextInt(50);

      Decision decision =
          new DedupPolicy(settings)
              .decide(
                  transaction,
                  new SourcePosition("transactions", 1, 1_000),
                  receivedAt,
                  new ShuffledStore(random, new ArrayList<>(acceptances)),
                  500);

      List<Acceptance> matching =
          acceptances.stream()
              .filter(a -> a.transactionId().equals(transaction.transactionId()))
              .filter(a -> a.contentHash().equals(ContentHash.of(transaction)))
              .filter(a -> Math.abs(a.receivedAt() - receivedAt) <= window)
              .sorted(
                  Comparator.comparing(Acceptance::receivedAt)
                      .thenComparing(Acceptance::partition)
                      .thenComparing(Acceptance::offset))
              .toList();
      Optional<PriorAcceptance> expected = matching.stream().findFirst().map(Acceptance::asPrior);
      assertThat(duplicateOf(decision)).as("seed %d", base + i).isEqualTo(expected);
      named += expected.isPresent() ? 1 : 0;
      several += matching.size() > 1 ? 1 : 0;
    }
    assertThat(named).isGreaterThan(HISTORIES / 20);
    assertThat(several).isGreaterThan(HISTORIES / 100);
  }

  private static Optional<PriorAcceptance> duplicateOf(Decision decision) {
    if (decision instanceof Decision.Reject reject) {
      assertThat(reject.acceptance() != null)
          .isEqualTo(reject.reason() == RejectionReason.DUPLICATE_ID);
      return Optional.ofNullable(reject.acceptance());
    }
    return Optional.empty();
  }

  /** Conflicts and equal contents name theirs to people only, and in the same order. */
  @Test
  void everyRejectionIsTheSameInWhateverOrderAcceptancesAreRead() throws Exception {
    long base = new Random().nextLong();
    for (int i = 0; i < HISTORIES; i++) {
      Random random = new Random(base + i);
      List<Acceptance> acceptances = new ArrayList<>();
      for (int n = random.nextInt(8); n > 0; n--) {
        acceptances.add(acceptance(random, n * 7L % 13));
      }
      DedupPolicy policy =
          new DedupPolicy(
              new DedupSettings(Duration.ofMillis(20), Duration.ofMillis(30), Duration.ZERO));
      Transaction transaction = transaction("id" + random.nextInt(2), random.nextInt(2));
      List<Decision> decisions = new ArrayList<>();
      for (int order = 0; order < 4; order++) {
        decisions.add(
            policy.decide(
                transaction,
                new SourcePosition("transactions", 1, 1_000),
                120,
                new ShuffledStore(random, new ArrayList<>(acceptances)),
                500));
      }
      assertThat(decisions).as("seed %d", base + i).containsOnly(decisions.get(0));
    }
  }

  /** Times and partitions come twice, offsets only once: no two acceptances are of one input. */
  private static Acceptance acceptance(Random random, long offset) {
    Transaction transaction = transaction("id" + random.nextInt(2), random.nextInt(2));
    return new Acceptance(
        transaction.transactionId(),
        ContentHash.of(transaction),
        random.nextInt(3),
        offset,
        100L + 5L * random.nextInt(10),
        200L + random.nextInt(50));
  }

  private static Transaction transaction(String id, long amount) {
    return new Transaction(id, "customer", "product", 1, amount, "EUR", 1, "");
  }
}

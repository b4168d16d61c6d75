package io.turnstile.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.turnstile.events.ContentHash;
import io.turnstile.events.Product;
import io.turnstile.events.Transaction;
import io.turnstile.simulator.SimulatedEvent.CustomerUpdate;
import io.turnstile.simulator.SimulatedEvent.ProductUpdate;
import io.turnstile.simulator.SimulatedEvent.Submission;
import io.turnstile.simulator.SimulatedEvent.Timing;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GeneratorTest {

  private static final int MANY = 200_000;

  @Test
  void sameSeedAndOptionsGiveTheSameEvents() {
    assertThat(events(new Generator(options()), 20_000))
        .isEqualTo(events(new Generator(options()), 20_000));
  }

  @Test
  void otherSeedGivesOtherEvents() {
    assertThat(submissions(new Generator(options().seed(2)), 100))
        .doesNotContainAnyElementsOf(submissions(new Generator(options()), 100));
  }

  @Test
  void referenceRecordsComeFirstAndOnlyWhenAskedFor() {
    GeneratorOptions options = options().customers(3).products(2).publishReference(true);

    assertThat(events(new Generator(options), 6))
        .satisfiesExactly(
            e -> assertThat(e).isInstanceOf(CustomerUpdate.class),
            e -> assertThat(e).isInstanceOf(CustomerUpdate.class),
            e -> assertThat(e).isInstanceOf(CustomerUpdate.class),
            e -> assertThat(((ProductUpdate) e).timing()).isEqualTo(Timing.FIRST),
            e -> assertThat(((ProductUpdate) e).timing()).isEqualTo(Timing.FIRST),
            e -> assertThat(e).isInstanceOf(Submission.class));
    assertThat(events(new Generator(options.publishReference(false)), 1))
        .hasOnlyElementsOfType(Submission.class);
  }

  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"ORDINARY", "RETRY", "TOO_LARGE"})
  void shareHolds(Kind kind) {
    double share = 0.03;
    Map<Kind, Integer> counts = counts(new Generator(options().share(kind, share)), MANY);

    // Deleting takes two records. Six standard deviations, repeats coming in clusters of up to two.
    double perShare = kind == Kind.PRODUCT_DELETE ? 2 : 1;
    double deviation = Math.sqrt(2 * share * (1 - share) / MANY);
    assertThat(counts.get(kind) / perShare / MANY).isCloseTo(share, within(6 * deviation));
  }

  @Test
  void sharesHoldTogetherAlsoWhenTheyLeaveNothingOrdinary() {
    GeneratorOptions options = plain();
    Map<Kind, Double> shares = new EnumMap<>(Kind.class);
    shares.put(Kind.DUPLICATE, 0.15);
    shares.put(Kind.CONFLICT, 0.1);
    shares.put(Kind.CONTENT_DUPLICATE, 0.1);
    shares.put(Kind.LATE_PRODUCT, 0.1);
    shares.put(Kind.EXPIRED, 0.1);
    shares.put(Kind.MALFORMED, 0.1);
    shares.forEach(options::share);

    Map<Kind, Integer> counts = counts(new Generator(options), MANY);

    shares.forEach(
        (kind, share) ->
            assertThat((double) counts.get(kind) / MANY)
                .as(kind.name())
                .isCloseTo(share, within(0.006)));
  }

  @Test
  void hotCustomerAndHotProductHaveTheirShare() {
    List<Submission> submissions =
        submissions(
            new Generator(options().hotCustomer(0.3).hotProduct(0.4).zipfExponent(0)), MANY);

    assertThat(share(submissions, t -> t.customerId().equals(Catalog.customerId(0))))
        .isCloseTo(0.3, within(0.02));
    assertThat(share(submissions, t -> t.productId().equals(Catalog.productId(0))))
        .isCloseTo(0.4, within(0.02));
  }

  private static double share(List<Submission> submissions, Predicate<Transaction> which) {
    return submissions.stream().map(Submission::transaction).filter(which).count()
        / (double) submissions.size();
  }

  @Test
  void noMixMeansAllOrdinary() {
    assertThat(counts(new Generator(plain()), 10_000)).containsOnlyKeys(Kind.ORDINARY);
  }

  @Test
  void sharesThatLeaveNoRoomAreRefused() {
    assertThatThrownBy(() -> new Generator(plain().share(Kind.DUPLICATE, 0.7)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("more than all");
    assertThatThrownBy(
            () -> new Generator(plain().share(Kind.EXPIRED, 0.6).share(Kind.FORGED, 0.6)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("more than all");
    assertThatThrownBy(() -> plain().share(Kind.DUPLICATE, -0.1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> plain().share(Kind.DUPLICATE, Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void rateTooLowForTheDedupWindowsIsRefused() {
    assertThatThrownBy(() -> new Generator(plain().rate(0.005).share(Kind.DUPLICATE, 0.1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0.01 per second");
    assertThat(events(new Generator(plain().rate(0.005)), 1)).hasSize(1);
  }

  @Test
  void repeatsComeWithinAMinute() {
    double rate = 10;
    List<Submission> submissions = submissions(new Generator(options().rate(rate)), 50_000);
    Map<Long, Integer> firsts = new HashMap<>();
    int farthest = 0;
    for (int i = 0; i < submissions.size(); i++) {
      Integer first = firsts.putIfAbsent(submissions.get(i).group(), i);
      farthest = Math.max(farthest, first == null ? 0 : i - first);
    }

    // Repeats that are due together follow one after the other.
    assertThat(farthest).isBetween(300, (int) (60 * rate) + 50);
  }

  @Test
  void nothingRepeatsByAccident() {
    Generator generator = new Generator(options().rate(0).customers(10).products(5));
    Map<String, Long> groupsById = new HashMap<>();
    Map<ContentHash, Long> groupsByContent = new HashMap<>();
    Set<Long> strayGroups = new HashSet<>();
    for (Submission submission : submissions(generator, MANY)) {
      Long byId = groupsById.putIfAbsent(id(submission.transaction()), submission.group());
      Long byContent =
          groupsByContent.putIfAbsent(ContentHash.of(submission.transaction()), submission.group());
      if ((byId != null && byId != submission.group())
          || (byContent != null && byContent != submission.group())) {
        strayGroups.add(submission.group());
      }
    }

    assertThat(strayGroups).isEmpty();
  }

  @Test
  void secondRunRepeatsNothingOfTheFirst() {
    // The second starts while the first still lasts, with the same seed: the worst case.
    List<Submission> first = submissions(new Generator(options().startMillis(1_000)), MANY);
    List<Submission> second = submissions(new Generator(options().startMillis(1_500)), MANY);

    Set<String> ids = new HashSet<>(ids(first));
    assertThat(ids(second).stream().filter(ids::contains)).isEmpty();
    Set<ContentHash> contents =
        first.stream().map(s -> ContentHash.of(s.transaction())).collect(Collectors.toSet());
    assertThat(second.stream().filter(s -> contents.contains(ContentHash.of(s.transaction()))))
        .isEmpty();
  }

  @Test
  void customersOccurInTheOrderOfTheirTimes() {
    Map<String, Long> last = new HashMap<>();
    List<Transaction> late = new ArrayList<>();
    for (Submission submission : submissions(new Generator(plain()), 50_000)) {
      Transaction transaction = submission.transaction();
      Long before = last.put(transaction.customerId(), transaction.occurredAt());
      if (before != null && before >= transaction.occurredAt()) {
        late.add(transaction);
      }
    }

    assertThat(late).isEmpty();
  }

  @Test
  void transactionsPaceTheirTimesByTheRate() {
    List<Submission> submissions =
        submissions(new Generator(plain().rate(1_000).startMillis(5_000)), 60_000);

    assertThat(submissions.get(59_999).transaction().occurredAt())
        .isCloseTo(5_000L + 60_000, within(50L));
  }

  @Test
  void latestVersionsRiseAndStaleOnesNeverCount() {
    Map<String, Long> versions = new HashMap<>();
    for (SimulatedEvent event : events(new Generator(options().publishReference(true)), 50_000)) {
      if (event instanceof ProductUpdate update && update.product() != null) {
        Product product = update.product();
        Long before = versions.get(product.productId());
        if (update.kind() == Kind.STALE_UPDATE) {
          assertThat(product.version()).isLessThan(before);
        } else {
          assertThat(before == null || before < product.version()).isTrue();
          versions.put(product.productId(), product.version());
        }
      }
    }
  }

  @Test
  void deletedProductsAreNeverBought() {
    List<SimulatedEvent> events = events(new Generator(options()), MANY);
    Set<String> deleted =
        events.stream()
            .filter(e -> e instanceof ProductUpdate update && update.product() == null)
            .map(e -> ((ProductUpdate) e).productId())
            .collect(Collectors.toSet());

    assertThat(deleted).isNotEmpty();
    assertThat(
            events.stream()
                .filter(
                    e ->
                        e instanceof Submission submission
                            && deleted.contains(submission.transaction().productId())))
        .isEmpty();
  }

  private static GeneratorOptions plain() {
    return new GeneratorOptions()
        .startMillis(1_700_000_000_000L)
        .customers(1_000)
        .products(1_000)
        .publishReference(false);
  }

  private static GeneratorOptions options() {
    return plain().mixed();
  }

  private static List<SimulatedEvent> events(Generator generator, int count) {
    List<SimulatedEvent> events = new ArrayList<>();
    while (events.size() < count) {
      events.add(generator.next());
    }
    return events;
  }

  private static List<Submission> submissions(Generator generator, int count) {
    List<Submission> submissions = new ArrayList<>();
    while (submissions.size() < count) {
      if (generator.next() instanceof Submission submission) {
        submissions.add(submission);
      }
    }
    return submissions;
  }

  private static Map<Kind, Integer> counts(Generator generator, int transactions) {
    Map<Kind, Integer> counts = new EnumMap<>(Kind.class);
    for (int i = 0; i < transactions; ) {
      SimulatedEvent event = generator.next();
      if (event instanceof Submission submission) {
        counts.merge(submission.kind(), 1, Integer::sum);
        i++;
      } else if (((ProductUpdate) event).timing() != Timing.LATE) {
        counts.merge(((ProductUpdate) event).kind(), 1, Integer::sum);
      }
    }
    return counts;
  }

  private static List<String> ids(List<Submission> submissions) {
    return submissions.stream().map(s -> id(s.transaction())).toList();
  }

  private static String id(Transaction transaction) {
    return transaction.customerId() + "/" + transaction.transactionId();
  }
}

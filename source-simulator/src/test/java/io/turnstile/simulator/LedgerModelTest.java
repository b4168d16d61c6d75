package io.turnstile.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.Product;
import io.turnstile.simulator.SimulatedEvent.ProductUpdate;
import io.turnstile.simulator.SimulatedEvent.Submission;
import io.turnstile.simulator.SimulatedEvent.Timing;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The outcomes that the generator calls right are those of a sequential model of the promise, in
 * whatever order transactions and late products are decided.
 */
class LedgerModelTest {

  private static final int EVENTS = 15_000;

  private record Timed(double at, SimulatedEvent event, int input) {}

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void everyOrderEndsAsTheLedgerSays(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    // From strictly in order to thoroughly mixed up.
    double disorder = seed == 1 ? 0 : Math.pow(10, random.nextDouble(0, 4));
    List<SimulatedEvent> events = events(seed);
    List<Timed> timed = new ArrayList<>();
    List<Submission> inputs = new ArrayList<>();
    for (int i = 0; i < events.size(); i++) {
      if (events.get(i) instanceof Submission submission) {
        timed.add(new Timed(i + random.nextDouble() * disorder, submission, inputs.size()));
        inputs.add(submission);
      } else {
        ProductUpdate update = (ProductUpdate) events.get(i);
        // What comes first is there first; what comes late may come at any time, within bounds.
        double delay =
            switch (update.timing()) {
              case FIRST -> 0;
              case LATE -> random.nextDouble() * 2_000;
              default -> random.nextDouble() * disorder;
            };
        timed.add(new Timed(i + delay, update, -1));
      }
    }
    timed.sort(Comparator.comparingDouble(Timed::at));

    List<Integer> decided = new ArrayList<>();
    String[] outcomes = new String[inputs.size()];
    PromiseModel model =
        new PromiseModel(
            (input, outcome) -> {
              decided.add(input);
              outcomes[input] = outcome;
            },
            random);
    for (Timed step : timed) {
      if (step.event() instanceof Submission submission) {
        model.input(
            step.input(), submission.shape().encode(submission.transaction()), fault(submission));
      } else {
        ProductUpdate update = (ProductUpdate) step.event();
        Product product = update.product();
        if (product == null) {
          model.delete(update.productId());
        } else {
          model.product(product.productId(), product.version());
        }
      }
    }
    model.end();

    Map<Long, Integer> acceptances = new HashMap<>();
    Map<Long, Integer> promised = new HashMap<>();
    Map<String, Integer> counts = new TreeMap<>();
    Map<String, Integer> expected = new TreeMap<>();
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < outcomes.length; i++) {
      Submission submission = inputs.get(i);
      boolean inOrder = disorder == 0 && submission.kind() != Kind.LATE_PRODUCT;
      Integer other = promised.put(submission.group(), submission.acceptances());
      if (!submission.allowed().contains(outcomes[i])
          || (inOrder && !submission.expected().equals(outcomes[i]))
          || (other != null && other != submission.acceptances())) {
        wrong.add(outcomes[i] + " for " + submission);
      }
      acceptances.merge(submission.group(), outcomes[i].equals("ACCEPTED") ? 1 : 0, Integer::sum);
      counts.merge(outcomes[i], 1, Integer::sum);
      expected.merge(submission.expected(), 1, Integer::sum);
    }
    assertThat(decided).hasSameSizeAs(inputs).doesNotHaveDuplicates();
    assertThat(wrong).isEmpty();
    assertThat(acceptances).isEqualTo(promised);
    assertThat(counts).isEqualTo(expected).hasSize(11);
  }

  private static List<SimulatedEvent> events(long seed) {
    GeneratorOptions options =
        new GeneratorOptions().mixed().seed(seed).customers(50).products(100).rate(0);
    options.share(Kind.LATE_PRODUCT, 0.05).share(Kind.CONFLICT, 0.03).share(Kind.DUPLICATE, 0.1);
    options.share(Kind.PRODUCT_DELETE, 0.01);
    Generator generator = new Generator(options);
    List<SimulatedEvent> events = new ArrayList<>();
    while (events.size() < EVENTS) {
      SimulatedEvent event = generator.next();
      if (!(event instanceof SimulatedEvent.CustomerUpdate)) {
        events.add(event);
      }
    }
    // A product is not cut off from its transaction.
    if (generator.next() instanceof ProductUpdate update && update.timing() == Timing.LATE) {
      events.add(update);
    }
    return events;
  }

  private static String fault(Submission submission) {
    return switch (submission.tokenKind()) {
      case VALID -> null;
      case EXPIRED -> "TOKEN_EXPIRED";
      case NOT_YET_VALID -> "TOKEN_NOT_YET_VALID";
      case FORGED, UNKNOWN_KEY, UNSIGNED -> "TOKEN_INVALID";
      case WRONG_SUBJECT -> "TOKEN_SUBJECT_MISMATCH";
    };
  }
}

package io.turnstile.simulator;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The distribution of the kinds with which a {@link Generator} starts new groups. Shares are of all
 * transactions, but a kind is drawn only for those that are no repeat: repeats come when they are
 * due. Immutable.
 */
final class KindDistribution {

  /** Duplicates of one transaction, at most; 1 to this many are equally likely. */
  static final int MAX_COPIES = 2;

  /** The fraction of transactions before their product that are repeated. */
  static final double REPEATED_LATE_PRODUCTS = 0.25;

  /** With fewer transactions a repeat could miss the content window. */
  private static final double MIN_RATE_WITH_REPEATS = 0.01;

  private static final List<Kind> STARTED_KINDS =
      List.of(
          Kind.DUPLICATE,
          Kind.CONFLICT,
          Kind.CONTENT_DUPLICATE,
          Kind.LATE_PRODUCT,
          Kind.EXPIRED,
          Kind.NOT_YET_VALID,
          Kind.FORGED,
          Kind.WRONG_SUBJECT,
          Kind.UNKNOWN_PRODUCT,
          Kind.MALFORMED,
          Kind.TOO_LARGE,
          Kind.UNKNOWN_KEY);

  /** Of {@link #STARTED_KINDS}, summed up. */
  private final double[] cumulative = new double[STARTED_KINDS.size()];

  /**
   * @throws IllegalArgumentException if the shares leave no room for each other, or the rate is too
   *     low for repeats
   */
  KindDistribution(GeneratorOptions options) {
    double repeated =
        options.share(Kind.DUPLICATE)
            + options.share(Kind.CONFLICT)
            + options.share(Kind.CONTENT_DUPLICATE)
            + groupShare(options, Kind.LATE_PRODUCT) * REPEATED_LATE_PRODUCTS;
    double sum = 0;
    for (int i = 0; i < cumulative.length; i++) {
      sum += groupShare(options, STARTED_KINDS.get(i)) / (1 - repeated);
      cumulative[i] = sum;
    }
    if (repeated >= 1 || sum > 1) {
      throw new IllegalArgumentException(
          "the shares add up to more than all transactions (a repeat also needs what it repeats)");
    }
    if (repeated > 0 && options.rate() > 0 && options.rate() < MIN_RATE_WITH_REPEATS) {
      throw new IllegalArgumentException(
          "repeated transactions need a rate of at least "
              + MIN_RATE_WITH_REPEATS
              + " per second, to come within the dedup windows");
    }
  }

  /** Groups of a kind per transaction. */
  private static double groupShare(GeneratorOptions options, Kind kind) {
    return options.share(kind)
        / switch (kind) {
          case DUPLICATE -> (1 + MAX_COPIES) / 2.0;
          case LATE_PRODUCT -> 1 + REPEATED_LATE_PRODUCTS;
          default -> 1;
        };
  }

  /** The kind of a new group. */
  Kind sample(RandomGenerator random) {
    double draw = random.nextDouble();
    for (int i = 0; i < cumulative.length; i++) {
      if (draw < cumulative[i]) {
        return STARTED_KINDS.get(i);
      }
    }
    return Kind.ORDINARY;
  }
}

package io.turnstile.bench.scenario;

import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.simulator.Kind;
import io.turnstile.simulator.RateStage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What is sent. Immutable.
 *
 * @param stages the rate over time after the warm-up; empty for as fast as possible
 * @param records how many transactions are sent if there are no stages, or are loaded before
 * @param preload how many transactions are sent as fast as possible, and decided, before all that
 * @param warmUp at the first stage's rate, unless {@code warmUpRate} says another; not measured
 * @param warmUpRate transactions per second in the first two thirds of the warm-up, 0 for the rate
 *     of the first stage; the last third has the latter, so that the change is not measured
 * @param productSkew how unequally products sell, the exponent of a Zipf law
 * @param hotCustomer share of the transactions that a single customer makes, beside all others
 * @param hotProduct share of the transactions that buy a single product
 * @param tokenLifetime of the customers' tokens
 * @param refreshTokens whether what is rejected for its token's time is sent again with another
 * @param shares of the transactions by kind; the rest is ordinary
 */
public record LoadProfile(
    List<RateStage> stages,
    long records,
    long preload,
    Duration warmUp,
    double warmUpRate,
    int customers,
    int products,
    double productSkew,
    double hotCustomer,
    double hotProduct,
    Duration tokenLifetime,
    boolean refreshTokens,
    long seed,
    Map<Kind, Double> shares) {

  /** Copies the collections. */
  public LoadProfile {
    stages = List.copyOf(stages);
    shares = Map.copyOf(shares);
  }

  /** How long it takes after the warm-up; zero if as long as it takes. */
  public Duration length() {
    return stages.stream().map(RateStage::length).reduce(Duration.ZERO, Duration::plus);
  }

  /** Transactions per second after the warm-up, on average; 0 for as fast as possible. */
  public double meanRate() {
    return stages.isEmpty()
        ? 0
        : stages.stream().mapToDouble(RateStage::events).sum() / (length().toNanos() / 1e9);
  }

  /** The highest rate; 0 for as fast as possible. */
  public double peakRate() {
    return stages.stream().mapToDouble(stage -> Math.max(stage.from(), stage.to())).max().orElse(0);
  }

  /** Warm-up and what follows. */
  public List<RateStage> allStages() {
    List<RateStage> all = new ArrayList<>();
    if (!stages.isEmpty() && !warmUp.isZero()) {
      Duration atOtherRate = warmUpRate == 0 ? Duration.ZERO : warmUp.dividedBy(3).multipliedBy(2);
      if (!atOtherRate.isZero()) {
        all.add(RateStage.constant(atOtherRate, warmUpRate));
      }
      all.add(RateStage.constant(warmUp.minus(atOtherRate), stages.get(0).from()));
    }
    all.addAll(stages);
    return all;
  }

  /** The same shape, so long. */
  public LoadProfile lasting(Duration length) {
    double factor = (double) length.toNanos() / length().toNanos();
    return withStages(
        stages.stream()
            .map(
                stage ->
                    new RateStage(
                        Duration.ofNanos((long) (stage.length().toNanos() * factor)),
                        stage.from(),
                        stage.to()))
            .toList(),
        warmUpRate);
  }

  /** The same shape, with that peak. */
  public LoadProfile peakingAt(double rate) {
    double factor = rate / peakRate();
    return withStages(
        stages.stream()
            .map(stage -> new RateStage(stage.length(), stage.from() * factor, stage.to() * factor))
            .toList(),
        warmUpRate * factor);
  }

  /** The same with another number of records, or of preloaded ones where those have a number. */
  public LoadProfile withRecords(long count) {
    return preload > 0
        ? with(stages, records, count, warmUp, warmUpRate)
        : with(stages, count, preload, warmUp, warmUpRate);
  }

  /** The same with another warm-up. */
  public LoadProfile warmingUpFor(Duration length) {
    return with(stages, records, preload, length, warmUpRate);
  }

  private LoadProfile withStages(List<RateStage> newStages, double newWarmUpRate) {
    return with(newStages, records, preload, warmUp, newWarmUpRate);
  }

  /** How much and when is new, what it consists of stays. */
  private LoadProfile with(
      List<RateStage> newStages,
      long newRecords,
      long newPreload,
      Duration newWarmUp,
      double newWarmUpRate) {
    return new LoadProfile(
        newStages,
        newRecords,
        newPreload,
        newWarmUp,
        newWarmUpRate,
        customers,
        products,
        productSkew,
        hotCustomer,
        hotProduct,
        tokenLifetime,
        refreshTokens,
        seed,
        shares);
  }

  /** What the simulator's generator is to make, at a mean rate of so many a second. */
  public GeneratorOptions generator(double rate) {
    GeneratorOptions options =
        new GeneratorOptions()
            .seed(seed)
            .customers(customers)
            .products(products)
            .zipfExponent(productSkew)
            .hotCustomer(hotCustomer)
            .hotProduct(hotProduct)
            .rate(rate);
    shares.forEach(options::share);
    return options;
  }
}

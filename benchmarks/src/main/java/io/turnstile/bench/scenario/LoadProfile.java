package io.turnstile.bench.scenario;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.soabase.recordbuilder.core.RecordBuilder;
import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.simulator.Kind;
import io.turnstile.simulator.RateStage;
import io.turnstile.simulator.TokenIssuer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The transactions that are sent. Immutable.
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
@RecordBuilder
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

  private static final Duration DEFAULT_DURATION = Duration.ofSeconds(60);

  /** The names of the kinds in a scenario's mix. */
  private static final Map<String, Kind> KINDS =
      Map.ofEntries(
          Map.entry("duplicates", Kind.DUPLICATE),
          Map.entry("conflicts", Kind.CONFLICT),
          Map.entry("content_duplicates", Kind.CONTENT_DUPLICATE),
          Map.entry("expired", Kind.EXPIRED),
          Map.entry("not_yet_valid", Kind.NOT_YET_VALID),
          Map.entry("forged", Kind.FORGED),
          Map.entry("wrong_subject", Kind.WRONG_SUBJECT),
          Map.entry("unknown_product", Kind.UNKNOWN_PRODUCT),
          Map.entry("late_product", Kind.LATE_PRODUCT),
          Map.entry("malformed", Kind.MALFORMED),
          Map.entry("too_large", Kind.TOO_LARGE),
          Map.entry("inventory_updates", Kind.REFERENCE_UPDATE),
          Map.entry("stale_inventory", Kind.STALE_UPDATE),
          Map.entry("deleted_inventory", Kind.PRODUCT_DELETE));

  /** A stage as a file has it: at one rate, or from one to another. */
  record Stage(Double rate, Double from, Double to, @JsonProperty("for") Duration length) {

    RateStage toRateStage() {
      Check.required("for", length);
      boolean constant = rate != null && from == null && to == null;
      if (!constant && (rate != null || from == null || to == null)) {
        throw new IllegalArgumentException("either one rate, or from and to");
      }
      return new RateStage(
          length,
          Check.atLeast("rate", 0, constant ? rate : from, 0),
          Check.atLeast("rate", 0, constant ? rate : to, 0));
    }
  }

  /** Reads the part {@code load} of a file; null means that the key is absent. */
  @JsonCreator
  static LoadProfile of(
      @JsonProperty("rate") Double rate,
      @JsonProperty("duration") Duration duration,
      @JsonProperty("stages") List<Stage> stages,
      @JsonProperty("records") Long records,
      @JsonProperty("preload") Long preload,
      @JsonProperty("warm_up") Duration warmUp,
      @JsonProperty("warm_up_rate") Double warmUpRate,
      @JsonProperty("customers") Long customers,
      @JsonProperty("products") Long products,
      @JsonProperty("product_skew") Double productSkew,
      @JsonProperty("hot_customer") Double hotCustomer,
      @JsonProperty("hot_product") Double hotProduct,
      @JsonProperty("token_lifetime") Duration tokenLifetime,
      @JsonProperty("refresh_tokens") boolean refreshTokens,
      @JsonProperty("seed") Long seed,
      @JsonProperty("mix") Map<String, Double> mix) {
    return new LoadProfile(
        stages(rate, duration, stages, records),
        Check.atLeast("records", 1, records, 0),
        Check.atLeast("preload", 1, preload, 0),
        Check.orDefault(warmUp, Duration.ZERO),
        Check.above0("warm_up_rate", warmUpRate, 0),
        Math.toIntExact(Check.atLeast("customers", 1, customers, 10_000)),
        Math.toIntExact(Check.atLeast("products", 1, products, 10_000)),
        Check.atLeast("product_skew", 0, productSkew, 1),
        Check.share("hot_customer", hotCustomer),
        Check.share("hot_product", hotProduct),
        Check.orDefault(tokenLifetime, TokenIssuer.DEFAULT_LIFETIME),
        refreshTokens,
        Check.orDefault(seed, 1L),
        shares(Check.orDefault(mix, Map.of())));
  }

  private static List<RateStage> stages(
      Double rate, Duration duration, List<Stage> stages, Long records) {
    Check.above0("rate", rate, 0);
    if (stages != null && (rate != null || duration != null)) {
      throw new IllegalArgumentException("either stages, or rate and duration");
    }
    if (stages != null) {
      if (stages.isEmpty()) {
        // No stage means as fast as possible, without an end.
        throw new IllegalArgumentException("stages: at least one is needed");
      }
      List<RateStage> read = new ArrayList<>();
      for (int i = 0; i < stages.size(); i++) {
        try {
          read.add(stages.get(i).toRateStage());
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException("stages/" + i + ": " + e.getMessage(), e);
        }
      }
      return read;
    }
    if (rate == null && records == null) {
      throw new IllegalArgumentException("one of rate, stages or records is needed");
    }
    return rate == null
        ? List.of()
        : List.of(RateStage.constant(Check.orDefault(duration, DEFAULT_DURATION), rate));
  }

  private static Map<Kind, Double> shares(Map<String, Double> mix) {
    Map<Kind, Double> shares = new EnumMap<>(Kind.class);
    mix.forEach(
        (name, share) -> {
          if (!KINDS.containsKey(name)) {
            throw new IllegalArgumentException(
                "mix: there is no kind '%s'; there are %s"
                    .formatted(name, String.join(", ", new TreeSet<>(KINDS.keySet()))));
          }
          shares.put(KINDS.get(name), Check.share("mix/" + name, share));
        });
    return shares;
  }

  /** Copies the collections. */
  public LoadProfile {
    stages = List.copyOf(stages);
    shares = Map.copyOf(shares);
  }

  /** Returns the time after the warm-up; zero if it has no set length. */
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
    LoadProfileBuilder same = LoadProfileBuilder.builder(this);
    return (preload > 0 ? same.preload(count) : same.records(count)).build();
  }

  /** The same with another warm-up. */
  public LoadProfile warmingUpFor(Duration length) {
    return LoadProfileBuilder.builder(this).warmUp(length).build();
  }

  /** The same with other transactions. */
  public LoadProfile withSeed(long other) {
    return LoadProfileBuilder.builder(this).seed(other).build();
  }

  private LoadProfile withStages(List<RateStage> others, double otherWarmUpRate) {
    return LoadProfileBuilder.builder(this).stages(others).warmUpRate(otherWarmUpRate).build();
  }

  /** Returns the options of a generator that makes them at a mean rate of so many a second. */
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

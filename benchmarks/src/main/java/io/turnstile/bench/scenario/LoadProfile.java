package io.turnstile.bench.scenario;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.util.StdConverter;
import io.soabase.recordbuilder.core.RecordBuilder;
import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.simulator.Kind;
import io.turnstile.simulator.RateStage;
import io.turnstile.simulator.TokenIssuer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The transactions that are sent. What the file does not say has a default; no component is null
 * but the first two. Immutable.
 *
 * @param rate with {@code duration}, another way to write a single stage; null once it is one
 * @param stages the rate over time after the warm-up; empty for as fast as possible
 * @param records how many are sent if there are no stages
 * @param preload how many are sent as fast as possible, and decided, before all that
 * @param warmUp at the first stage's rate, unless {@code warmUpRate} says another; not measured
 * @param warmUpRate transactions per second in the first two thirds of the warm-up, 0 for the rate
 *     of the first stage; the last third has the latter, so that the change is not measured
 * @param connections of clients to a gateway, over which it is sent; 0 to write to the topic
 * @param users of the stages of a closed loop, in which each has a connection
 * @param refreshTokens whether what is rejected for its token's time is sent again with another
 * @param shares of the transactions by kind; the rest is ordinary
 */
@RecordBuilder
public record LoadProfile(
    Double rate,
    Duration duration,
    @JsonDeserialize(contentConverter = StageConverter.class) List<RateStage> stages,
    Long records,
    Long preload,
    Duration warmUp,
    Double warmUpRate,
    Integer customers,
    Integer products,
    Double productSkew,
    Double hotCustomer,
    Double hotProduct,
    Duration tokenLifetime,
    boolean refreshTokens,
    Integer connections,
    List<Integer> users,
    Long seed,
    @JsonProperty("mix") Map<Kind, Double> shares)
    implements LoadProfileBuilder.With {

  /** A stage as a file has it: at one rate, or from one to another. */
  record Stage(Double rate, Double from, Double to, @JsonProperty("for") Duration length) {

    Stage {
      boolean constant = rate != null && from == null && to == null;
      Check.that(
          constant || (rate == null && from != null && to != null),
          "either one rate, or from and to");
      from = Check.atLeast("rate", 0, constant ? rate : from, null);
      to = Check.atLeast("rate", 0, constant ? rate : to, null);
      Check.that(!Check.required("for", length).isZero(), "for: must be above 0");
    }
  }

  static final class StageConverter extends StdConverter<Stage, RateStage> {

    @Override
    public RateStage convert(Stage stage) {
      return new RateStage(stage.length, stage.from, stage.to);
    }
  }

  /** Fills in the defaults, copies the collections and rejects what cannot work. */
  public LoadProfile {
    Check.that(
        stages == null || (rate == null && duration == null),
        "either stages, or rate and duration");
    if (Check.above0("rate", rate, null) != null) {
      Duration length = requireNonNullElse(duration, Duration.ofSeconds(60));
      stages = List.of(RateStage.constant(length, rate));
    }
    rate = null;
    duration = null;
    stages = List.copyOf(requireNonNullElse(stages, List.of()));
    records = Check.atLeast("records", 0, records, 0L);
    Check.that(
        !stages.isEmpty() || records > 0,
        "records: at least 1 is needed, or a rate, or at least one of stages");
    preload = Check.atLeast("preload", 0, preload, 0L);
    warmUp = requireNonNullElse(warmUp, Duration.ZERO);
    warmUpRate = Check.atLeast("warm_up_rate", 0, warmUpRate, 0.0);
    customers = Check.atLeast("customers", 1, customers, 10_000);
    products = Check.atLeast("products", 1, products, 10_000);
    productSkew = Check.atLeast("product_skew", 0, productSkew, 1.0);
    hotCustomer = Check.share("hot_customer", hotCustomer);
    hotProduct = Check.share("hot_product", hotProduct);
    tokenLifetime = requireNonNullElse(tokenLifetime, TokenIssuer.DEFAULT_LIFETIME);
    users = List.copyOf(requireNonNullElse(users, List.of()));
    users.forEach(count -> Check.atLeast("users", 1, count, null));
    int most = users.stream().mapToInt(Integer::intValue).max().orElse(0);
    connections = Check.atLeast("connections", most, connections, most);
    seed = requireNonNullElse(seed, 1L);
    shares = requireNonNullElse(shares, Map.of());
    shares.forEach(
        (kind, share) -> {
          String key = "mix/" + kind.share();
          Check.share(key, Check.required(key, share));
        });
    shares = Map.copyOf(shares);
  }

  /** Tells whether it is sent to a gateway. */
  public boolean isOverHttp() {
    return connections > 0;
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
    List<RateStage> all = new ArrayList<>(stages);
    if (!stages.isEmpty() && !warmUp.isZero()) {
      Duration atOtherRate = warmUpRate == 0 ? Duration.ZERO : warmUp.dividedBy(3).multipliedBy(2);
      all.add(0, RateStage.constant(warmUp.minus(atOtherRate), stages.get(0).from()));
      if (!atOtherRate.isZero()) {
        all.add(0, RateStage.constant(atOtherRate, warmUpRate));
      }
    }
    return all;
  }

  /** The same shape, so long. */
  public LoadProfile lasting(Duration length) {
    return scaled((double) length.toNanos() / length().toNanos(), 1);
  }

  /** The same shape, with that peak. */
  public LoadProfile peakingAt(double rate) {
    return scaled(1, rate / peakRate());
  }

  private LoadProfile scaled(double length, double rate) {
    List<RateStage> scaled = new ArrayList<>();
    for (RateStage stage : stages) {
      Duration lasting = Duration.ofNanos((long) (stage.length().toNanos() * length));
      scaled.add(new RateStage(lasting, stage.from() * rate, stage.to() * rate));
    }
    return withStages(scaled).withWarmUpRate(warmUpRate * rate);
  }

  /** The same with so many records, preloaded ones where those have a number. */
  public LoadProfile sending(long count) {
    return preload > 0 ? withPreload(count) : withRecords(count);
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

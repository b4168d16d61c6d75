package io.turnstile.simulator;

import java.util.EnumMap;
import java.util.Map;

/**
 * The options of a {@link Generator}. Every setter returns the options themselves; not thread-safe.
 *
 * <p>A kind's share is the fraction of all transactions that are of it; for updates of products,
 * how many of them come per transaction. What no share claims is ordinary.
 */
public final class GeneratorOptions {

  private long seed = 1;
  private long startMillis = System.currentTimeMillis();
  private String runId;
  private int customers = 10_000;
  private int products = 10_000;
  private double zipfExponent = 1.0;
  private double hotCustomer;
  private double hotProduct;
  private double rate = 1_000;
  private boolean publishReference = true;
  private final Map<Kind, Double> shares = new EnumMap<>(Kind.class);

  /** All transactions ordinary. */
  public GeneratorOptions() {}

  /** Same seed and options, same events (but for their tokens). */
  public GeneratorOptions seed(long seed) {
    this.seed = seed;
    return this;
  }

  /** The start of the run, epoch milliseconds: base of {@code occurred_at} and of versions. */
  public GeneratorOptions startMillis(long startMillis) {
    this.startMillis = startMillis;
    return this;
  }

  /**
   * Sets this run's ids apart from those of other runs on the same topics; the default is made of
   * the start time.
   */
  public GeneratorOptions runId(String runId) {
    this.runId = runId;
    return this;
  }

  /** The number of customers; each buys equally often. */
  public GeneratorOptions customers(int customers) {
    this.customers = positive("customers", customers);
    return this;
  }

  /** The number of products that are bought. */
  public GeneratorOptions products(int products) {
    this.products = positive("products", products);
    return this;
  }

  /** The exponent of the Zipf law by which products sell: 0 all alike, 1 the classic law. */
  public GeneratorOptions zipfExponent(double zipfExponent) {
    if (!(zipfExponent >= 0) || Double.isInfinite(zipfExponent)) {
      throw new IllegalArgumentException("a Zipf exponent is from 0 on, not " + zipfExponent);
    }
    this.zipfExponent = zipfExponent;
    return this;
  }

  /**
   * The share of the transactions that one customer makes, on top of its equal share of the rest.
   */
  public GeneratorOptions hotCustomer(double share) {
    this.hotCustomer = share("a customer", share);
    return this;
  }

  /** The share of the transactions that buy one product, on top of its usual share of the rest. */
  public GeneratorOptions hotProduct(double share) {
    this.hotProduct = share("a product", share);
    return this;
  }

  /**
   * Transactions per second at which the events will be sent, 0 for unlimited: sets the pace of
   * {@code occurred_at} and keeps repeats close enough to what they repeat.
   */
  public GeneratorOptions rate(double rate) {
    this.rate = rate;
    return this;
  }

  /** Publishes customers and products before the first transaction if true, the default. */
  public GeneratorOptions publishReference(boolean publishReference) {
    this.publishReference = publishReference;
    return this;
  }

  /** Sets a kind's share, from 0 to 1. */
  public GeneratorOptions share(Kind kind, double share) {
    if (kind == Kind.ORDINARY || kind == Kind.RETRY) {
      throw new IllegalArgumentException(kind + " is what is left, it has no share to set");
    }
    shares.put(kind, share(kind.toString(), share));
    return this;
  }

  /** A little of everything but records over 1 MiB. */
  public GeneratorOptions mixed() {
    share(Kind.DUPLICATE, 0.02);
    share(Kind.CONFLICT, 0.002);
    share(Kind.CONTENT_DUPLICATE, 0.005);
    share(Kind.EXPIRED, 0.01);
    share(Kind.NOT_YET_VALID, 0.002);
    share(Kind.FORGED, 0.002);
    share(Kind.WRONG_SUBJECT, 0.002);
    share(Kind.UNKNOWN_PRODUCT, 0.002);
    share(Kind.LATE_PRODUCT, 0.002);
    share(Kind.MALFORMED, 0.005);
    share(Kind.REFERENCE_UPDATE, 0.01);
    share(Kind.STALE_UPDATE, 0.002);
    share(Kind.PRODUCT_DELETE, 0.001);
    return this;
  }

  public long seed() {
    return seed;
  }

  public long startMillis() {
    return startMillis;
  }

  public String runId() {
    return runId == null ? Long.toString(startMillis, Character.MAX_RADIX) : runId;
  }

  public int customers() {
    return customers;
  }

  public int products() {
    return products;
  }

  public double zipfExponent() {
    return zipfExponent;
  }

  public double hotCustomer() {
    return hotCustomer;
  }

  public double hotProduct() {
    return hotProduct;
  }

  public double rate() {
    return rate;
  }

  public boolean publishReference() {
    return publishReference;
  }

  public double share(Kind kind) {
    return shares.getOrDefault(kind, 0.0);
  }

  private static double share(String name, double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("the share of " + name + " is from 0 to 1, not " + share);
    }
    return share;
  }

  private static int positive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be at least 1, not " + value);
    }
    return value;
  }
}

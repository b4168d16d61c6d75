package io.turnstile.simulator;

import io.turnstile.events.RejectionReason;
import io.turnstile.events.Transaction;
import io.turnstile.simulator.SimulatedEvent.CustomerUpdate;
import io.turnstile.simulator.SimulatedEvent.ProductUpdate;
import io.turnstile.simulator.SimulatedEvent.Submission;
import io.turnstile.simulator.SimulatedEvent.Timing;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Makes an endless sequence of events with what is expected of each. Pure: the same options give
 * the same events. Not thread-safe.
 *
 * <p>What is allowed has to hold for every order in which the inputs of a group may be decided: a
 * transaction that waits for its product is overtaken by its repeat. So each group is changed in
 * one way only, and whichever of its inputs is decided first is the accepted one. No content comes
 * twice but on purpose: {@code occurred_at} rises with every new transaction of a customer.
 */
public final class Generator implements EventSource {

  /** Repeats follow within this many transactions and, as far as the rate allows, seconds. */
  private static final int MAX_DISTANCE = 1_000;

  private static final int MAX_DISTANCE_SECONDS = 60;

  /** The pace of {@code occurred_at} when the rate is unlimited. */
  private static final double UNLIMITED_PACE = 100_000;

  private static final int MAX_QUANTITY = 10;
  private static final double RETURNS = 0.02;
  private static final int TOKENS_SIGNED_AHEAD = 20_000;

  /** A repeat and the number of the transaction that it becomes at the earliest. */
  private record Repeat(long due, long order, Submission submission) {}

  private final GeneratorOptions options;
  private final String idPrefix;
  private final SplittableRandom random;
  private final SplittableRandom discounts;
  private final Zipf popularity;
  private final int maxDistance;
  private final double millisApart;
  private final long[] lastOccurredAt;
  private final KindDistribution kinds;

  private final Queue<SimulatedEvent> following = new ArrayDeque<>();
  private final PriorityQueue<Repeat> repeats =
      new PriorityQueue<>(Comparator.comparingLong(Repeat::due).thenComparing(Repeat::order));

  private int customersPublished;
  private int productsPublished;
  private long transactions;
  private long ids;
  private long groups;
  private long repeatsPlanned;
  private long productChanges;

  /**
   * @throws IllegalArgumentException if the shares leave no room for each other, or the rate is too
   *     low for repeats
   */
  public Generator(GeneratorOptions options) {
    this.options = options;
    idPrefix = options.runId() + "-" + options.seed() + "-";
    random = new SplittableRandom(options.seed());
    // Two runs with one seed differ in their contents too, not in their ids alone.
    discounts = new SplittableRandom(options.seed() * 31 + options.runId().hashCode());
    popularity = new Zipf(options.products(), options.zipfExponent());
    double rate = options.rate();
    maxDistance =
        rate == 0
            ? MAX_DISTANCE
            : (int) Math.max(1, Math.min(MAX_DISTANCE, rate * MAX_DISTANCE_SECONDS));
    millisApart = 1_000 / (rate == 0 ? UNLIMITED_PACE : rate);
    lastOccurredAt = new long[options.customers()];
    kinds = new KindDistribution(options);
    if (!options.publishReference()) {
      customersPublished = options.customers();
      productsPublished = options.products();
    }
  }

  @Override
  public void prepare(TokenIssuer tokens) {
    IntStream.range(0, Math.min(options.customers(), TOKENS_SIGNED_AHEAD))
        .parallel()
        .forEach(customer -> tokens.token(TokenKind.VALID, Catalog.customerId(customer)));
  }

  /** The next event; the sequence has no end. */
  @Override
  public SimulatedEvent next() {
    long version = options.startMillis();
    if (customersPublished < options.customers()) {
      return new CustomerUpdate(
          Kind.ORDINARY, Catalog.customer(customersPublished++, version, version), Timing.FIRST);
    }
    if (productsPublished < options.products()) {
      int number = productsPublished++;
      return new ProductUpdate(
          Kind.ORDINARY,
          Catalog.productId(number),
          Catalog.product(number, version, version),
          Timing.FIRST);
    }
    SimulatedEvent event = following.poll();
    if (event != null) {
      return event;
    }
    transactions++;
    Submission submission = nextSubmission();
    planProductChanges();
    return submission;
  }

  private Submission nextSubmission() {
    Repeat repeat = repeats.peek();
    if (repeat != null && repeat.due() <= transactions) {
      return repeats.remove().submission();
    }
    return start(kinds.sample(random));
  }

  /** A new group's first transaction; its repeats and its late product are planned. */
  private Submission start(Kind kind) {
    long group = groups++;
    Transaction transaction = transaction(kind);
    return switch (kind) {
      case DUPLICATE -> {
        for (int copies = random.nextInt(1, KindDistribution.MAX_COPIES + 1);
            copies > 0;
            copies--) {
          planRepeat(kind, transaction, RejectionReason.DUPLICATE_ID, group);
        }
        yield Submission.first(Kind.ORDINARY, transaction, group, RejectionReason.DUPLICATE_ID);
      }
      case CONFLICT -> {
        Transaction other = withAmount(transaction, transaction.amount() + 1);
        planRepeat(kind, other, RejectionReason.ID_CONFLICT, group);
        yield Submission.first(Kind.ORDINARY, transaction, group, RejectionReason.ID_CONFLICT);
      }
      case CONTENT_DUPLICATE -> {
        Transaction other = withId(transaction, nextId());
        planRepeat(kind, other, RejectionReason.DUPLICATE_CONTENT, group);
        yield Submission.first(
            Kind.ORDINARY, transaction, group, RejectionReason.DUPLICATE_CONTENT);
      }
      case LATE_PRODUCT -> {
        String product = transaction.productId();
        following.add(newProduct(kind, product, Timing.LATE));
        if (random.nextDouble() >= KindDistribution.REPEATED_LATE_PRODUCTS) {
          yield Submission.accepted(kind, transaction, group);
        }
        planRepeat(kind, transaction, RejectionReason.DUPLICATE_ID, group);
        yield Submission.first(kind, transaction, group, RejectionReason.DUPLICATE_ID);
      }
      case EXPIRED ->
          Submission.rejected(
              kind, transaction, TokenKind.EXPIRED, group, RejectionReason.TOKEN_EXPIRED);
      case NOT_YET_VALID ->
          Submission.rejected(
              kind,
              transaction,
              TokenKind.NOT_YET_VALID,
              group,
              RejectionReason.TOKEN_NOT_YET_VALID);
      case FORGED ->
          Submission.rejected(
              kind,
              transaction,
              random.nextBoolean() ? TokenKind.FORGED : TokenKind.UNSIGNED,
              group,
              RejectionReason.TOKEN_INVALID);
      case UNKNOWN_KEY ->
          Submission.rejected(
              kind, transaction, TokenKind.UNKNOWN_KEY, group, RejectionReason.TOKEN_INVALID);
      case WRONG_SUBJECT ->
          Submission.rejected(
              kind,
              transaction,
              TokenKind.WRONG_SUBJECT,
              group,
              RejectionReason.TOKEN_SUBJECT_MISMATCH);
      case UNKNOWN_PRODUCT ->
          Submission.rejected(
              kind, transaction, TokenKind.VALID, group, RejectionReason.UNKNOWN_PRODUCT);
      case MALFORMED ->
          Submission.deadLettered(
              kind,
              transaction,
              Shape.MALFORMED.get(random.nextInt(Shape.MALFORMED.size())),
              group);
      case TOO_LARGE -> Submission.deadLettered(kind, transaction, Shape.TOO_LARGE, group);
      default -> Submission.accepted(kind, transaction, group);
    };
  }

  private Transaction transaction(Kind kind) {
    int customer = hot(options.hotCustomer()) ? 0 : random.nextInt(options.customers());
    int product = hot(options.hotProduct()) ? 0 : popularity.sample(random);
    int quantity = random.nextInt(1, MAX_QUANTITY + 1);
    long price = Catalog.unitPrice(product) * quantity;
    long amount = price - discounts.nextLong(price / 2);
    if (random.nextDouble() < RETURNS) {
      quantity = -quantity;
      amount = -amount;
    }
    long occurredAt =
        Math.max(
            lastOccurredAt[customer] + 1,
            options.startMillis() + (long) (transactions * millisApart));
    lastOccurredAt[customer] = occurredAt;
    String id = nextId();
    return new Transaction(
        id,
        Catalog.customerId(customer),
        switch (kind) {
          case LATE_PRODUCT -> "late-" + id;
          case UNKNOWN_PRODUCT -> "unknown-" + id;
          default -> Catalog.productId(product);
        },
        quantity,
        amount,
        Catalog.currency(product),
        occurredAt,
        "");
  }

  /** Draws nothing where nothing is hot, so that such options do not change a seed's events. */
  private boolean hot(double share) {
    return share > 0 && random.nextDouble() < share;
  }

  private String nextId() {
    return idPrefix + ids++;
  }

  /** Adds changes of products between the transactions; none of them decides about one. */
  private void planProductChanges() {
    if (draw(Kind.REFERENCE_UPDATE)) {
      // Versions of this run rise from the one published first.
      following.add(productUpdate(Kind.REFERENCE_UPDATE, ++productChanges));
    }
    if (draw(Kind.STALE_UPDATE)) {
      following.add(productUpdate(Kind.STALE_UPDATE, -1 - random.nextInt(1_000)));
    }
    if (draw(Kind.PRODUCT_DELETE)) {
      String product = "retired-" + idPrefix + transactions;
      following.add(newProduct(Kind.PRODUCT_DELETE, product, Timing.IN_PLACE));
      following.add(new ProductUpdate(Kind.PRODUCT_DELETE, product, null, Timing.IN_PLACE));
    }
  }

  private boolean draw(Kind kind) {
    double share = options.share(kind);
    return share > 0 && random.nextDouble() < share;
  }

  private ProductUpdate productUpdate(Kind kind, long versionsOn) {
    int number = popularity.sample(random);
    String id = Catalog.productId(number);
    return new ProductUpdate(
        kind,
        id,
        Catalog.product(
            id,
            number,
            Catalog.unitPrice(number) + random.nextInt(100),
            options.startMillis() + versionsOn,
            options.startMillis()),
        Timing.IN_PLACE);
  }

  private ProductUpdate newProduct(Kind kind, String id, Timing timing) {
    int number = random.nextInt(options.products());
    return new ProductUpdate(
        kind,
        id,
        Catalog.product(
            id, number, Catalog.unitPrice(number), options.startMillis(), options.startMillis()),
        timing);
  }

  private void planRepeat(
      Kind kind, Transaction transaction, RejectionReason rejection, long group) {
    long due = transactions + 1 + random.nextInt(maxDistance);
    Shape shape = random.nextBoolean() ? Shape.PLAIN : Shape.REORDERED;
    repeats.add(
        new Repeat(
            due, repeatsPlanned++, Submission.repeat(kind, transaction, shape, group, rejection)));
  }

  private static Transaction withAmount(Transaction t, long amount) {
    return new Transaction(
        t.transactionId(),
        t.customerId(),
        t.productId(),
        t.quantity(),
        amount,
        t.currency(),
        t.occurredAt(),
        t.token());
  }

  private static Transaction withId(Transaction t, String id) {
    return new Transaction(
        id,
        t.customerId(),
        t.productId(),
        t.quantity(),
        t.amount(),
        t.currency(),
        t.occurredAt(),
        t.token());
  }
}

package io.turnstile.events;

import java.util.Map;
import java.util.random.RandomGenerator;

/** Records for tests. */
final class Samples {

  static final Transaction TRANSACTION =
      new Transaction("t-1", "c-1", "p-1", 2, 1998, "GBP", 1_290_000_000_000L, "head.body.sig");

  static final Product PRODUCT =
      new Product("p-1", "Lantern", "home", 999, "GBP", 40, 7, 1_289_000_000_000L);

  static final Customer CUSTOMER =
      new Customer("c-1", "Ada", "retail", "GB", 3, 1_288_000_000_000L);

  private Samples() {}

  static Transaction transaction(RandomGenerator random) {
    return new Transaction(
        id(random),
        id(random),
        id(random),
        random.nextInt(),
        random.nextLong(),
        currency(random),
        random.nextLong(),
        text(random, 2000));
  }

  static Product product(RandomGenerator random) {
    return new Product(
        id(random),
        text(random, RecordDecoder.MAX_TEXT_BYTES),
        text(random, 20),
        random.nextLong(),
        currency(random),
        random.nextLong(),
        random.nextLong(),
        random.nextLong());
  }

  static Customer customer(RandomGenerator random) {
    return new Customer(
        id(random),
        text(random, RecordDecoder.MAX_TEXT_BYTES),
        text(random, 20),
        text(random, 20),
        random.nextLong(),
        random.nextLong());
  }

  static Accepted accepted(RandomGenerator random) {
    Transaction transaction = transaction(random);
    return new Accepted(
        transaction,
        product(random),
        random.nextBoolean() ? customer(random) : null,
        ContentHash.of(transaction),
        random.nextLong(),
        random.nextLong(),
        new Additions("{\"channel\":\"web\"}", Map.of())
            .with("tariff", new ReferenceDocument("p", 1, "{\"product_id\":\"p\",\"version\":1}"))
            .with("risk", null));
  }

  static Rejected rejected(RandomGenerator random) {
    RejectionReason[] reasons = RejectionReason.values();
    RejectionReason reason = reasons[random.nextInt(reasons.length)];
    return new Rejected(
        id(random),
        id(random),
        reason,
        text(random, 100),
        random.nextLong(),
        random.nextLong(),
        reason == RejectionReason.DUPLICATE_ID && random.nextBoolean()
            ? priorAcceptance(random)
            : null);
  }

  static PriorAcceptance priorAcceptance(RandomGenerator random) {
    return new PriorAcceptance(
        random.nextInt(Integer.MAX_VALUE),
        random.nextLong(Long.MAX_VALUE),
        random.nextLong(),
        random.nextLong());
  }

  static String id(RandomGenerator random) {
    String id = text(random, RecordDecoder.MAX_ID_BYTES);
    return id.isEmpty() ? "x" : id;
  }

  /** Text of up to that many bytes of UTF-8, from every part of Unicode and the awkward corners. */
  static String text(RandomGenerator random, int maxBytes) {
    StringBuilder text = new StringBuilder();
    int left = random.nextInt(maxBytes + 1);
    while (left >= 4) {
      int codePoint =
          switch (random.nextInt(6)) {
            case 0 -> random.nextInt(0x20);
            case 1 -> "\"\\/{}[],:\u007f\u2028".codePointAt(random.nextInt(11));
            case 2 -> 0x80 + random.nextInt(0x780);
            case 3 -> 0xE000 + random.nextInt(0x2000);
            case 4 -> 0x10000 + random.nextInt(0x100000);
            default -> 'a' + random.nextInt(26);
          };
      text.appendCodePoint(codePoint);
      left -= codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    }
    return text.toString();
  }

  private static String currency(RandomGenerator random) {
    return random
        .ints(3, 'A', 'Z' + 1)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}

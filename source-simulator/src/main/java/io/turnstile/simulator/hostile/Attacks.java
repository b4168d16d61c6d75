package io.turnstile.simulator.hostile;

import static io.turnstile.events.DeadLetterCode.MALFORMED_JSON;
import static io.turnstile.events.DeadLetterCode.SCHEMA_VIOLATION;
import static io.turnstile.events.DeadLetterCode.TOO_LARGE;
import static io.turnstile.events.RejectionReason.TOKEN_INVALID;
import static io.turnstile.events.RejectionReason.UNKNOWN_PRODUCT;
import static io.turnstile.simulator.hostile.BadValues.bytes;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.turnstile.clients.Topics;
import io.turnstile.events.TopicNames;
import io.turnstile.events.TransactionCodec;
import io.turnstile.simulator.hostile.Attack.Delivery;
import io.turnstile.simulator.hostile.TokenForge.BadToken;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/**
 * All attacks. None of them needs more than the right to write to the input topics, and a token of
 * one's own. They touch no product and no customer but their own, so that whatever else is sent
 * must have its verdicts as if they were not.
 */
final class Attacks {

  private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

  /** Of two bytes each, in the largest record that the topic admits, and in one beyond it. */
  private static final int MOST_HEADERS = (Topics.MAX_INPUT_BYTES - 200) / 2;

  private static final int TOO_MANY_HEADERS = Topics.MAX_INPUT_BYTES / 2 + 1;

  private static final int LARGE_CLAIM = 4_000;
  private static final int HUGE_CLAIM = 200_000;

  /** Well within their lifetime. */
  private static final Duration TOKENS_KEPT = Duration.ofMinutes(2);

  private static final int CUSTOMERS = 100;
  private static final long TEN_YEARS_MILLIS = Duration.ofDays(3_650).toMillis();

  private final TopicNames topics;
  private final TokenForge tokens;
  private final RandomGenerator random;
  private final String run;
  private final List<Attack> all = new ArrayList<>();

  /**
   * @param run tells the ids of one run from those of another
   */
  private Attacks(TopicNames topics, TokenForge tokens, RandomGenerator random, String run) {
    this.topics = topics;
    this.tokens = tokens;
    this.random = random;
    this.run = run;
    records();
    jsonValues();
    goodTokens();
    badTokens();
    BadReferences references = new BadReferences(topics, run);
    add("malformed-products", 200, references::malformedProduct);
    add("malformed-customers", 100, references::malformedCustomer);
    add("large-products", 1, references::largeProduct);
    add("versions-and-deletes", 200, references::versionOrDelete);
    add("product-backlog", 1_000, references::product);
  }

  /** The attacks, in no order that matters. */
  static List<Attack> all(
      TopicNames topics, TokenForge tokens, RandomGenerator random, String run) {
    return List.copyOf(new Attacks(topics, tokens, random, run).all);
  }

  private void records() {
    add("header-bombs", 1, Delivery.COMPRESSED, n -> headersOnly(MOST_HEADERS));
    add(
        "header-bombs-refused",
        0.5,
        Delivery.COMPRESSED,
        n -> Shot.refused(headersOnly(TOO_MANY_HEADERS).record()));
    add("headers-of-verdicts", 20, n -> headersOfVerdicts());
    add("tiny-records", 1_000, n -> Shot.decided(record(null), MALFORMED_JSON));
    byte[] large = bytes("x".repeat(TransactionCodec.MAX_VALUE_BYTES + 1));
    add("large-values", 2, n -> Shot.decided(record(large), TOO_LARGE));
    byte[] tooLarge = bytes("x".repeat(Topics.MAX_INPUT_BYTES + 1));
    add("large-values-refused", 2, n -> Shot.refused(record(tooLarge)));
    add("times-of-the-sender", 50, this::timeOfTheSender);
    add(
        "aborted-transactions",
        10,
        Delivery.ABORTED,
        n -> Shot.undecided(record(transaction(n, "none", tokens.valid(customer(n), "")))));
  }

  private void jsonValues() {
    List<byte[]> notJson = BadValues.notJson();
    add("not-json", 100, n -> Shot.decided(record(pick(notJson, n)), MALFORMED_JSON));
    List<byte[]> notTransactions = BadValues.notTransactions();
    add(
        "not-transactions",
        20,
        n -> Shot.decided(record(pick(notTransactions, n)), SCHEMA_VIOLATION));
    byte[] deep = BadValues.deep();
    byte[] lessDeep = BadValues.lessDeep();
    add(
        "deep-nesting",
        2,
        n ->
            n % 2 == 0
                ? Shot.decided(record(deep), MALFORMED_JSON)
                : Shot.decided(record(lessDeep), SCHEMA_VIOLATION));
    List<byte[]> colliding =
        List.of(BadValues.collidingStrings(), BadValues.collidingQuads(random));
    add("colliding-names", 1, n -> Shot.decided(record(pick(colliding, n)), SCHEMA_VIOLATION));
  }

  /** What they buy never comes. */
  private void goodTokens() {
    Cache<String, String> signed =
        Caffeine.newBuilder().expireAfterWrite(TOKENS_KEPT).executor(Runnable::run).build();
    LongFunction<String> token =
        n -> signed.get(customer(n), customer -> tokens.valid(customer, ""));
    add("unknown-products", 50, n -> waiting(n, "none-" + run + "-" + n, token.apply(n)));
    add("hot-unknown-product", 100, n -> waiting(n, "none-" + run, token.apply(n)));
    add("large-tokens", 20, n -> waiting(n, "none-" + run, padded(n, LARGE_CLAIM)));
    add("huge-tokens", 4, n -> waiting(n, "none-" + run, padded(n, HUGE_CLAIM)));
  }

  private void badTokens() {
    add("forged-signatures", 300, n -> invalid(n, tokens.forged(customer(n))));
    String bad = tokens.forged(customer(0));
    add("one-bad-token-again", 500, n -> invalid(0, bad));
    add("unknown-key-ids", 0.5, n -> invalid(n, tokens.ofUnknownKey(customer(n), n)));
    add("no-key-id", 5, n -> invalid(n, tokens.withoutKeyId(customer(n))));
    add("token-tricks", 50, n -> refused(n, tokens.tricks(customer(n))));
    add("strange-times", 50, n -> refused(n, tokens.ofStrangeTimes(customer(n))));
    // If the job takes everybody's, that is for the job's options to mend.
    if (!tokens.forOthers(customer(0)).isEmpty()) {
      add("tokens-for-others", 50, n -> refused(n, tokens.forOthers(customer(n))));
    }
  }

  private void add(String name, double perSecond, LongFunction<Shot> shots) {
    add(name, perSecond, Delivery.PLAIN, shots);
  }

  private void add(String name, double perSecond, Delivery delivery, LongFunction<Shot> shots) {
    all.add(new Attack(name, perSecond, TEN_SECONDS, delivery, shots));
  }

  private Shot headersOnly(int count) {
    Header empty = new RecordHeader("", new byte[0]);
    return Shot.decided(
        new ProducerRecord<byte[], byte[]>(
            topics.transactions(), null, null, bytes("x"), Collections.nCopies(count, empty)),
        MALFORMED_JSON);
  }

  /** As if it were a verdict, or a dead letter sent anew. */
  private Shot headersOfVerdicts() {
    ProducerRecord<byte[], byte[]> record = record(bytes("x"));
    List.of("source-topic", "source-partition", "source-offset", "outcome", "lane-seq")
        .forEach(name -> record.headers().add(name, bytes("0")));
    List.of("error-code", "input.source-offset", "input-headers-dropped", "\ud83d\ude00")
        .forEach(name -> record.headers().add(name, new byte[] {0, -1}));
    record.headers().add("outcome", null).add("x".repeat(20_000), new byte[40_000]);
    return Shot.decided(record, MALFORMED_JSON);
  }

  private Shot timeOfTheSender(long n) {
    long now = System.currentTimeMillis();
    List<Long> times = List.of(0L, now - TEN_YEARS_MILLIS, now + TEN_YEARS_MILLIS, Long.MAX_VALUE);
    return Shot.decided(
        new ProducerRecord<>(
            topics.transactions(), null, pick(times, n), bytes(customer(n)), bytes("x")),
        MALFORMED_JSON);
  }

  private Shot waiting(long n, String product, String token) {
    return Shot.decided(record(transaction(n, product, token)), UNKNOWN_PRODUCT);
  }

  private Shot invalid(long n, String token) {
    return Shot.decided(record(transaction(n, "none", token)), TOKEN_INVALID);
  }

  private Shot refused(long n, List<Supplier<BadToken>> choice) {
    BadToken bad = pick(choice, n).get();
    return Shot.decided(record(transaction(n, "none", bad.token())), bad.reason());
  }

  /** Random, so that nothing can make it shorter. */
  private String padded(long n, int bytes) {
    StringBuilder claim = new StringBuilder(",\"roles\":\"");
    random.ints(bytes, 'a', 'z' + 1).forEach(letter -> claim.append((char) letter));
    return tokens.valid(customer(n), claim.append('"').toString());
  }

  private byte[] transaction(long n, String product, String token) {
    String id = "hostile-%s-%d-%x".formatted(run, n, random.nextLong());
    return bytes(BadValues.transaction(id, customer(n), product, token));
  }

  private ProducerRecord<byte[], byte[]> record(byte[] value) {
    return new ProducerRecord<>(topics.transactions(), value);
  }

  private static String customer(long n) {
    return "mallory-" + n % CUSTOMERS;
  }

  private static <T> T pick(List<T> choice, long n) {
    return choice.get((int) (n % choice.size()));
  }
}

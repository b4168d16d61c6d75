package io.turnstile.bench.peers;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.turnstile.decision.dedup.DedupPolicy;
import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.dedup.DedupStore;
import io.turnstile.decision.reference.ReferenceHistory;
import io.turnstile.decision.token.TokenCheck;
import io.turnstile.decision.token.TokenFault;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.Accepted;
import io.turnstile.events.Customer;
import io.turnstile.events.Decoded;
import io.turnstile.events.InputHeaders;
import io.turnstile.events.Outcome;
import io.turnstile.events.PriorAcceptance;
import io.turnstile.events.Product;
import io.turnstile.events.Rejected;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.events.VerdictCodec;
import io.turnstile.events.VerdictHeaders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.Function;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/** Decides the transactions of one partition, as Turnstile does, and writes their verdicts. */
final class TurnstileProcessor extends ContextualProcessor<byte[], byte[], byte[], byte[]> {

  /** Interval of asking for products that are waited for, and of forgetting. */
  private static final Duration TICK = Duration.ofMillis(50);

  /** A transaction without its token, which was good; received at its append time, epoch ms. */
  record Input(SourcePosition position, long receivedAt, Transaction transaction) {}

  private final TokenSettings tokenSettings;
  private final Duration productWait;
  private final DedupPolicy policy;

  /** Are called as their topics are. */
  private final TopicNames sinks;

  private final Function<ProcessorContext<?, ?>, Acceptances> openAcceptances;

  private TokenCheck tokens;
  private KeyValueStore<String, ReferenceHistory<Product>> products;
  private KeyValueStore<String, ReferenceHistory<Customer>> customers;
  private Acceptances acceptances;

  /** Inputs that wait for their product, by deadline and offset. */
  private KeyValueStore<byte[], Input> waiting;

  /**
   * @param openAcceptances opens the acceptances of a task
   */
  TurnstileProcessor(
      TokenSettings tokenSettings,
      DedupSettings dedup,
      Duration productWait,
      TopicNames sinks,
      Function<ProcessorContext<?, ?>, Acceptances> openAcceptances) {
    this.tokenSettings = tokenSettings;
    this.openAcceptances = openAcceptances;
    this.productWait = productWait;
    this.policy = new DedupPolicy(dedup);
    this.sinks = sinks;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    super.init(context);
    try {
      tokens = TokenCheck.open(tokenSettings);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    products = context.getStateStore(StreamsTopology.PRODUCTS);
    customers = context.getStateStore(StreamsTopology.CUSTOMERS);
    acceptances = openAcceptances.apply(context);
    waiting = context.getStateStore(StreamsTopology.WAITING);
    context.schedule(TICK, PunctuationType.WALL_CLOCK_TIME, this::tick);
  }

  @Override
  public void close() {
    if (acceptances != null) {
      acceptances.close();
    }
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    SourcePosition position = position(context());
    Decoded<Transaction> decoded = TransactionCodec.decode(record.value());
    if (decoded instanceof Decoded.Invalid<Transaction> invalid) {
      RecordHeaders headers = headers(position, Outcome.DEAD_LETTER);
      InputHeaders.toDeadLetter(record.headers()).forEach(headers::add);
      VerdictHeaders.add(headers, VerdictHeaders.ERROR_CODE, invalid.code().name());
      VerdictHeaders.add(headers, VerdictHeaders.ERROR_MESSAGE, invalid.message());
      forward(Outcome.DEAD_LETTER, record.key(), record.value(), headers);
      return;
    }
    Transaction transaction = ((Decoded.Valid<Transaction>) decoded).record();
    Input input = new Input(position, record.timestamp(), transaction.withoutToken());
    TokenFault fault = check(transaction, record.timestamp());
    if (fault != null) {
      reject(input, fault.reason(), fault.detail(), null);
    } else if (!settle(input, false)) {
      long deadline = context().currentSystemTimeMs() + productWait.toMillis();
      // One partition a task: an offset tells two of the same millisecond apart.
      waiting.put(
          ByteBuffer.allocate(2 * Long.BYTES).putLong(deadline).putLong(position.offset()).array(),
          input);
    }
  }

  /** Of the record that is being processed. */
  static SourcePosition position(ProcessorContext<?, ?> context) {
    RecordMetadata at = context.recordMetadata().orElseThrow();
    return new SourcePosition(at.topic(), at.partition(), at.offset());
  }

  private TokenFault check(Transaction transaction, long receivedAt) {
    try {
      return tokens.check(transaction.token(), transaction.customerId(), receivedAt);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void tick(long now) {
    try (KeyValueIterator<byte[], Input> all = waiting.all()) {
      while (all.hasNext()) {
        KeyValue<byte[], Input> next = all.next();
        if (settle(next.value, ByteBuffer.wrap(next.key).getLong() <= now)) {
          waiting.delete(next.key);
        }
      }
    }
    acceptances.forget(TICK.toMillis());
  }

  /** Decides if the product is there, or rejects what is due; false if there is no verdict yet. */
  private boolean settle(Input input, boolean due) {
    Product product = current(products, input.transaction().productId());
    if (product != null) {
      decide(input, product);
    } else if (due) {
      reject(
          input,
          RejectionReason.UNKNOWN_PRODUCT,
          "no product after waiting " + productWait.toMillis() + " ms",
          null);
    }
    return product != null || due;
  }

  private void decide(Input input, Product product) {
    Transaction transaction = input.transaction();
    Customer customer = current(customers, transaction.customerId());
    long decidedAt = context().currentSystemTimeMs();
    DedupStore known = acceptances.of(transaction.customerId());
    DedupPolicy.Decision decision;
    try {
      decision = policy.decide(transaction, input.position(), input.receivedAt(), known, decidedAt);
    } catch (Exception e) {
      throw new StreamsException("cannot decide " + input.position(), e);
    }
    if (decision instanceof DedupPolicy.Decision.Accept accept) {
      Accepted accepted =
          new Accepted(
              transaction, product, customer, accept.contentHash(), input.receivedAt(), decidedAt);
      forward(Outcome.ACCEPTED, input, VerdictCodec.encode(accepted));
    } else if (decision instanceof DedupPolicy.Decision.Reject reject) {
      reject(input, reject.reason(), reject.detail(), reject.acceptance());
    }
  }

  private void reject(
      Input input, RejectionReason reason, String detail, PriorAcceptance acceptance) {
    byte[] rejected =
        VerdictCodec.encode(
            new Rejected(
                input.transaction().transactionId(),
                input.transaction().customerId(),
                reason,
                detail,
                input.receivedAt(),
                context().currentSystemTimeMs(),
                acceptance));
    forward(Outcome.REJECTED, input, rejected);
  }

  private void forward(Outcome outcome, Input input, byte[] value) {
    byte[] key = input.transaction().customerId().getBytes(UTF_8);
    forward(outcome, key, value, headers(input.position(), outcome));
  }

  private void forward(Outcome outcome, byte[] key, byte[] value, RecordHeaders headers) {
    long now = context().currentSystemTimeMs();
    context().forward(new Record<>(key, value, now, headers), sinks.verdict(outcome));
  }

  /** Input headers are never copied: a forged position would speak of somebody else's input. */
  static RecordHeaders headers(SourcePosition position, Outcome outcome) {
    RecordHeaders headers = new RecordHeaders();
    VerdictHeaders.write(headers, position, outcome);
    return headers;
  }

  /** Null if there is none. */
  private static <T> T current(KeyValueStore<String, ReferenceHistory<T>> store, String key) {
    ReferenceHistory<T> history = store.get(key);
    return history == null ? null : history.value();
  }
}

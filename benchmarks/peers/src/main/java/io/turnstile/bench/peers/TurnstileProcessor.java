package io.turnstile.bench.peers;

import io.turnstile.decision.dedup.DedupPolicy;
import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.reference.ReferenceHistory;
import io.turnstile.decision.token.TokenCheck;
import io.turnstile.decision.token.TokenFault;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.Accepted;
import io.turnstile.events.Customer;
import io.turnstile.events.Decoded;
import io.turnstile.events.Outcome;
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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;

/** Decides the transactions of one partition, as Turnstile does, and writes their verdicts. */
final class TurnstileProcessor implements Processor<byte[], byte[], byte[], byte[]> {

  /** Interval of asking for products that are waited for, and of forgetting. */
  private static final Duration TICK = Duration.ofMillis(50);

  private final TokenSettings tokenSettings;
  private final DedupSettings dedup;
  private final long productWaitMillis;
  private final DedupPolicy policy;
  private final TopicNames sinks;

  private ProcessorContext<byte[], byte[]> context;
  private TokenCheck tokens;
  private KeyValueStore<byte[], byte[]> products;
  private KeyValueStore<byte[], byte[]> customers;
  private StreamsDedupStore store;
  private WaitingRoom waiting;

  /**
   * @param sinks are called as their topics are
   */
  TurnstileProcessor(
      TokenSettings tokenSettings, DedupSettings dedup, Duration productWait, TopicNames sinks) {
    this.tokenSettings = tokenSettings;
    this.dedup = dedup;
    this.productWaitMillis = productWait.toMillis();
    this.policy = new DedupPolicy(dedup);
    this.sinks = sinks;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    this.context = context;
    try {
      tokens = TokenCheck.open(tokenSettings);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    products = context.getStateStore(StreamsTopology.PRODUCTS);
    customers = context.getStateStore(StreamsTopology.CUSTOMERS);
    store =
        new StreamsDedupStore(
            context.getStateStore(StreamsTopology.IDS),
            context.getStateStore(StreamsTopology.CONTENTS),
            dedup);
    waiting = new WaitingRoom(context.getStateStore(StreamsTopology.WAITING));
    context.schedule(TICK, PunctuationType.WALL_CLOCK_TIME, this::tick);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    RecordMetadata at = context.recordMetadata().orElseThrow();
    SourcePosition position = new SourcePosition(at.topic(), at.partition(), at.offset());
    Decoded<Transaction> decoded = TransactionCodec.decode(record.value());
    if (decoded instanceof Decoded.Invalid<Transaction> invalid) {
      RecordHeaders headers = headers(position, Outcome.DEAD_LETTER);
      VerdictHeaders.add(headers, VerdictHeaders.ERROR_CODE, invalid.code().name());
      VerdictHeaders.add(headers, VerdictHeaders.ERROR_MESSAGE, invalid.message());
      forward(Outcome.DEAD_LETTER, record.key(), record.value(), headers);
      return;
    }
    Transaction transaction = ((Decoded.Valid<Transaction>) decoded).record();
    Input input = new Input(position, record.timestamp());
    TokenFault fault = check(transaction, record.timestamp());
    if (fault != null) {
      reject(input, transaction, fault.reason(), fault.detail());
      return;
    }
    Product product = product(transaction);
    if (product == null) {
      waiting.add(input, transaction, context.currentSystemTimeMs() + productWaitMillis);
    } else {
      decide(input, transaction.withoutToken(), product);
    }
  }

  private TokenFault check(Transaction transaction, long receivedAt) {
    try {
      return tokens.check(transaction.token(), transaction.customerId(), receivedAt);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void tick(long now) {
    waiting.forEach(
        (input, transaction, deadline) -> {
          Product product = product(transaction);
          if (product != null) {
            decide(input, transaction, product);
          } else if (deadline <= now) {
            reject(
                input,
                transaction,
                RejectionReason.UNKNOWN_PRODUCT,
                "no product after waiting " + productWaitMillis + " ms");
          } else {
            return false;
          }
          return true;
        });
    store.forget(TICK.toMillis());
  }

  private void decide(Input input, Transaction transaction, Product product) {
    Customer customer = customer(transaction);
    long decidedAt = context.currentSystemTimeMs();
    DedupPolicy.Decision decision;
    try {
      decision =
          policy.decide(
              transaction,
              input.position(),
              input.receivedAt(),
              store.of(transaction.customerId()),
              decidedAt);
    } catch (Exception e) {
      throw new StreamsException("cannot decide " + input.position(), e);
    }
    if (decision instanceof DedupPolicy.Decision.Reject reject) {
      reject(input, transaction, reject.reason(), reject.detail());
      return;
    }
    DedupPolicy.Decision.Accept accept = (DedupPolicy.Decision.Accept) decision;
    forward(
        Outcome.ACCEPTED,
        bytes(transaction.customerId()),
        VerdictCodec.encode(
            new Accepted(
                transaction,
                product,
                customer,
                accept.contentHash(),
                input.receivedAt(),
                decidedAt)),
        headers(input.position(), Outcome.ACCEPTED));
  }

  private void reject(Input input, Transaction transaction, RejectionReason reason, String detail) {
    forward(
        Outcome.REJECTED,
        bytes(transaction.customerId()),
        VerdictCodec.encode(
            new Rejected(
                transaction.transactionId(),
                transaction.customerId(),
                reason,
                detail,
                input.receivedAt(),
                context.currentSystemTimeMs())),
        headers(input.position(), Outcome.REJECTED));
  }

  private void forward(Outcome outcome, byte[] key, byte[] value, RecordHeaders headers) {
    context.forward(
        new Record<>(key, value, context.currentSystemTimeMs(), headers), sinks.verdict(outcome));
  }

  /** Input headers are never copied: a forged position would speak of somebody else's input. */
  private static RecordHeaders headers(SourcePosition position, Outcome outcome) {
    RecordHeaders headers = new RecordHeaders();
    VerdictHeaders.write(headers, position, outcome);
    return headers;
  }

  private Product product(Transaction transaction) {
    return inForce(ReferenceFormat.PRODUCT, products, transaction.productId());
  }

  private Customer customer(Transaction transaction) {
    return inForce(ReferenceFormat.CUSTOMER, customers, transaction.customerId());
  }

  /** Null if there is none. */
  private static <T> T inForce(
      ReferenceFormat<T> format, KeyValueStore<byte[], byte[]> store, String key) {
    ReferenceHistory<T> history = format.ofBytes(key, store.get(bytes(key)));
    return history == null ? null : history.value();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

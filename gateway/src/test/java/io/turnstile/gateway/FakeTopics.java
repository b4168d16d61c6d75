package io.turnstile.gateway;

import io.turnstile.events.Accepted;
import io.turnstile.events.ContentHash;
import io.turnstile.events.Decoded;
import io.turnstile.events.Outcome;
import io.turnstile.events.PriorAcceptance;
import io.turnstile.events.Product;
import io.turnstile.events.Rejected;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.events.VerdictCodec;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.gateway.stream.Appender;
import io.turnstile.gateway.stream.CommittedVerdict;
import io.turnstile.gateway.stream.PastVerdicts;
import io.turnstile.gateway.stream.VerdictFeed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/**
 * The topics of a deployment and its job, in memory: what is appended to {@code transactions} lies
 * in partition 3 and is judged at once, unless a test says otherwise.
 */
public final class FakeTopics implements Appender, VerdictFeed, PastVerdicts {

  public static final String TRANSACTIONS = "transactions";
  public static final int PARTITION = 3;

  /** Received and decided so much after the epoch, and an offset's milliseconds later. */
  private static final long RECEIVED_AT = 1_800_000_000_000L;

  private static final long DECISION_MILLIS = 7;

  private final List<ProducerRecord<byte[], byte[]>> appended = new ArrayList<>();
  private final List<ProducerRecord<byte[], byte[]>> inputs = new ArrayList<>();
  private final Map<SourcePosition, CommittedVerdict> verdicts = new HashMap<>();
  private final Map<String, Transaction> acceptedById = new HashMap<>();
  private final Map<String, Long> offsetById = new HashMap<>();
  private final List<Runnable> held = new ArrayList<>();
  private Consumer<CommittedVerdict> listener = verdict -> {};
  private BiFunction<Transaction, Long, CommittedVerdict> judge = this::acceptOnce;
  private Exception failure;
  private boolean hold;
  private boolean verdictFirst;
  private volatile boolean following = true;

  /** Every append fails like this; null for none. */
  public synchronized void failWith(Exception cause) {
    failure = cause;
  }

  /** No verdict comes, and no acknowledgement of a reference record, until {@link #release()}. */
  public synchronized void hold() {
    hold = true;
  }

  /** The verdicts that were held come, and later ones at once. */
  public void release() {
    List<Runnable> due;
    synchronized (this) {
      hold = false;
      due = new ArrayList<>(held);
      held.clear();
    }
    due.forEach(Runnable::run);
  }

  /** Verdicts come before the append is acknowledged. */
  public synchronized void verdictFirst() {
    verdictFirst = true;
  }

  /** Every transaction is rejected for this reason. */
  public synchronized void rejectFor(RejectionReason reason) {
    judge =
        (transaction, offset) ->
            rejected(
                offset,
                new Rejected(
                    transaction.transactionId(),
                    transaction.customerId(),
                    reason,
                    "because of " + reason,
                    receivedAt(offset),
                    receivedAt(offset) + DECISION_MILLIS));
  }

  /** Verdicts are read, or not. */
  public void following(boolean now) {
    following = now;
  }

  /** All that was appended. */
  public synchronized List<ProducerRecord<byte[], byte[]>> appended() {
    return List.copyOf(appended);
  }

  @Override
  public CompletableFuture<SourcePosition> append(ProducerRecord<byte[], byte[]> record) {
    SourcePosition position;
    Runnable verdict;
    synchronized (this) {
      if (failure != null) {
        return CompletableFuture.failedFuture(failure);
      }
      appended.add(record);
      if (!record.topic().equals(TRANSACTIONS)) {
        CompletableFuture<SourcePosition> stored = new CompletableFuture<>();
        SourcePosition at = new SourcePosition(record.topic(), 0, appended.size());
        if (hold) {
          held.add(() -> stored.complete(at));
        } else {
          stored.complete(at);
        }
        return stored;
      }
      position = new SourcePosition(TRANSACTIONS, PARTITION, inputs.size());
      inputs.add(record);
      Transaction transaction =
          ((Decoded.Valid<Transaction>) TransactionCodec.decode(record.value())).record();
      CommittedVerdict judged = judge.apply(transaction, position.offset());
      verdict =
          () -> {
            synchronized (this) {
              verdicts.put(position, judged);
            }
            listener.accept(judged);
          };
      if (hold) {
        held.add(verdict);
        return CompletableFuture.completedFuture(position);
      }
    }
    CompletableFuture<SourcePosition> acknowledged = new CompletableFuture<>();
    if (verdictFirst) {
      verdict.run();
      acknowledged.complete(position);
    } else {
      var unused =
          acknowledged.thenRunAsync(verdict); // As the reader does, on a thread of its own.
      acknowledged.complete(position);
    }
    return acknowledged;
  }

  private CommittedVerdict acceptOnce(Transaction transaction, long offset) {
    String id = transaction.customerId() + "/" + transaction.transactionId();
    Transaction earlier = acceptedById.putIfAbsent(id, transaction.withoutToken());
    if (earlier == null) {
      offsetById.put(id, offset);
      Product product = new Product(transaction.productId(), "", "", 1, "EUR", 1, 1, 1);
      return verdict(
          offset,
          Outcome.ACCEPTED,
          transaction.customerId(),
          VerdictCodec.encode(
              new Accepted(
                  transaction.withoutToken(),
                  product,
                  null,
                  ContentHash.of(transaction),
                  receivedAt(offset),
                  receivedAt(offset) + DECISION_MILLIS)));
    }
    boolean same = earlier.equals(transaction.withoutToken());
    long first = offsetById.get(id);
    return rejected(
        offset,
        new Rejected(
            transaction.transactionId(),
            transaction.customerId(),
            same ? RejectionReason.DUPLICATE_ID : RejectionReason.ID_CONFLICT,
            "seen before",
            receivedAt(offset),
            receivedAt(offset) + DECISION_MILLIS,
            same
                ? new PriorAcceptance(
                    PARTITION, first, receivedAt(first), receivedAt(first) + DECISION_MILLIS)
                : null));
  }

  private static long receivedAt(long offset) {
    return RECEIVED_AT + offset;
  }

  private static CommittedVerdict rejected(long offset, Rejected rejected) {
    return verdict(offset, Outcome.REJECTED, rejected.customerId(), VerdictCodec.encode(rejected));
  }

  /** A verdict about the input at this offset. */
  public static CommittedVerdict verdict(
      long offset, Outcome outcome, String customerId, byte[] value) {
    SourcePosition input = new SourcePosition(TRANSACTIONS, PARTITION, offset);
    RecordHeaders headers = new RecordHeaders();
    VerdictHeaders.write(headers, input, outcome);
    return CommittedVerdict.of(
        new ConsumerRecord<>(
            "verdicts." + outcome.headerValue(),
            0,
            offset,
            receivedAt(offset),
            TimestampType.LOG_APPEND_TIME,
            0,
            value.length,
            customerId.getBytes(java.nio.charset.StandardCharsets.UTF_8),
            value,
            headers,
            Optional.empty()));
  }

  @Override
  public void start(Consumer<CommittedVerdict> verdictListener) {
    listener = verdictListener;
  }

  @Override
  public boolean isFollowing() {
    return following;
  }

  @Override
  public synchronized CompletableFuture<Optional<Input>> input(int partition, long offset) {
    if (partition != PARTITION || offset >= inputs.size()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    return CompletableFuture.completedFuture(
        Optional.of(
            new Input(
                new SourcePosition(TRANSACTIONS, partition, offset),
                receivedAt(offset),
                inputs.get((int) offset).value())));
  }

  @Override
  public synchronized CompletableFuture<Optional<CommittedVerdict>> verdict(Input input) {
    return CompletableFuture.completedFuture(Optional.ofNullable(verdicts.get(input.position())));
  }

  @Override
  public void close() {}
}

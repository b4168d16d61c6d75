package io.turnstile.bench.jmeter;

import io.turnstile.bench.jmeter.Verdicts.Verdict;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.events.CustomerCodec;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.ProductCodec;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.Transaction;
import io.turnstile.simulator.Generator;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.LedgerWriter;
import io.turnstile.simulator.SimulatedEvent;
import io.turnstile.simulator.SimulatedEvent.CustomerUpdate;
import io.turnstile.simulator.SimulatedEvent.ProductUpdate;
import io.turnstile.simulator.SimulatedEvent.Submission;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.simulator.TokenKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/** State that all threads of a test share: the transactions of a scenario, one after the other. */
final class LoadSession implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /**
   * A transaction and its verdict.
   *
   * @param intendedNanos when it was meant to be sent
   * @param doneNanos when its verdict was there, or nobody waited any longer
   * @param outcome of the verdict; null if none came
   */
  record Exchange(long intendedNanos, long doneNanos, String outcome) {}

  private record Next(Submission submission, long seq, long intendedNanos) {}

  private final TopicNames topics;
  private final double rate;
  private final long lengthNanos;
  private final Generator generator;
  private final TokenIssuer tokens;
  private final LedgerWriter ledger;
  private final Producer<String, byte[]> producer;
  private final Verdicts verdicts;
  private Submission first;
  private long startNanos;
  private long taken;

  /**
   * Publishes customers and products.
   *
   * @param load its warm-up and length are how long the session lasts
   * @param rate transactions per second of all threads together; 0 for as many as they can
   * @param ledger new file
   */
  LoadSession(KafkaConnection kafka, LoadProfile load, double rate, TokenIssuer tokens, Path ledger)
      throws IOException, InterruptedException {
    topics = kafka.topics();
    this.rate = rate;
    lengthNanos = load.warmUp().plus(load.length()).toNanos();
    this.tokens = tokens;
    kafka.requireTopics(topics.inputs());
    generator =
        new Generator(
            load.generator(rate)
                .runId(Long.toString(System.currentTimeMillis(), Character.MAX_RADIX)));
    generator.prepare(tokens);
    this.ledger = new LedgerWriter(ledger);
    producer = kafka.newProducer();
    verdicts = new Verdicts(kafka.newConsumer(), topics);
    first = nextSubmission();
    producer.flush();
  }

  /**
   * Sends the next transaction when it is due, and waits for its committed verdict.
   *
   * @return null if the session is over
   */
  Exchange exchange() throws IOException, InterruptedException {
    Next next = next();
    if (next == null) {
      return null;
    }
    TimeUnit.NANOSECONDS.sleep(next.intendedNanos() - System.nanoTime());
    Transaction transaction = next.submission().transaction();
    ProducerRecord<String, byte[]> record =
        new ProducerRecord<>(
            topics.transactions(),
            transaction.customerId(),
            next.submission()
                .shape()
                .encode(withToken(transaction, next.submission().tokenKind())));
    record
        .headers()
        .add(LedgerEntry.HEADER, Long.toString(next.seq()).getBytes(StandardCharsets.US_ASCII));
    RecordMetadata sent;
    try {
      sent = producer.send(record).get();
    } catch (ExecutionException e) {
      throw new IOException("the transaction was not sent: " + e.getCause().getMessage(), e);
    }
    Verdict verdict =
        verdicts.await(new SourcePosition(sent.topic(), sent.partition(), sent.offset()), PATIENCE);
    return verdict == null
        ? new Exchange(next.intendedNanos(), System.nanoTime(), null)
        : new Exchange(next.intendedNanos(), verdict.nanos(), verdict.outcome());
  }

  private Transaction withToken(Transaction t, TokenKind kind) {
    return t.withToken(tokens.token(kind, t.customerId()));
  }

  /** Null if the session is over. */
  private synchronized Next next() throws IOException {
    long now = System.nanoTime();
    if (taken == 0) {
      startNanos = now;
    }
    long intended = rate == 0 ? now : startNanos + (long) (taken * 1e9 / rate);
    if (intended - startNanos >= lengthNanos) {
      return null;
    }
    taken++;
    Submission submission = first == null ? nextSubmission() : first;
    first = null;
    long seq = ledger.add(submission.group(), submission.acceptances(), submission.allowed());
    return new Next(submission, seq, intended);
  }

  /** Publishes what comes before it. */
  private Submission nextSubmission() {
    while (true) {
      SimulatedEvent event = generator.next();
      if (event instanceof Submission submission) {
        return submission;
      } else if (event instanceof CustomerUpdate update) {
        publish(
            topics.customers(),
            update.customer().customerId(),
            CustomerCodec.encode(update.customer()));
      } else if (event instanceof ProductUpdate update) {
        publish(
            topics.inventory(),
            update.productId(),
            update.product() == null ? null : ProductCodec.encode(update.product()));
      }
    }
  }

  private void publish(String topic, String key, byte[] value) {
    Future<RecordMetadata> unused = producer.send(new ProducerRecord<>(topic, key, value));
  }

  @Override
  public void close() throws IOException {
    try (ledger;
        producer) {
      verdicts.close();
    }
  }
}

package io.turnstile.bench.jmeter;

import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.simulator.Generator;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.LedgerWriter;
import io.turnstile.simulator.SimulatedEvent;
import io.turnstile.simulator.SimulatedEvent.ReferenceUpdate;
import io.turnstile.simulator.SimulatedEvent.Submission;
import io.turnstile.simulator.TokenIssuer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * State that all threads of a test share: the transactions of a scenario, one after the other, and
 * a reader of committed verdicts. Thread-safe. Verdicts that nobody waits for, as of somebody
 * else's inputs, are kept until the end.
 */
final class LoadSession implements AutoCloseable {

  /**
   * A transaction and its verdict.
   *
   * @param intendedNanos when it was meant to be sent
   * @param doneNanos when its verdict was there, or nobody waited any longer
   * @param outcome of the verdict; null if none came
   */
  record Exchange(long intendedNanos, long doneNanos, String outcome) {}

  private record Next(Submission submission, long seq, long intendedNanos) {}

  /** At the nanos, the poll that gave it returned. */
  private record Verdict(String outcome, long nanos) {}

  private final TopicNames topics;
  private final double rate;
  private final long lengthNanos;
  private final Generator generator;
  private final TokenIssuer tokens;
  private final LedgerWriter ledger;
  private final Producer<String, byte[]> producer;
  private final CommittedVerdicts<byte[]> verdicts;
  private final Map<SourcePosition, CompletableFuture<Verdict>> awaited = new ConcurrentHashMap<>();
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
    verdicts = kafka.verdicts(topics.verdicts());
    verdicts.seekToEnd();
    verdicts.start("verdicts", this::take);
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
    ProducerRecord<String, byte[]> record =
        next.submission().toRecord(topics.transactions(), tokens);
    VerdictHeaders.add(record.headers(), LedgerEntry.HEADER, Long.toString(next.seq()));
    try {
      RecordMetadata sent = producer.send(record).get();
      SourcePosition input = new SourcePosition(sent.topic(), sent.partition(), sent.offset());
      try {
        Verdict verdict = verdict(input).get(30, TimeUnit.SECONDS);
        return new Exchange(next.intendedNanos(), verdict.nanos(), verdict.outcome());
      } finally {
        awaited.remove(input);
      }
    } catch (TimeoutException e) {
      verdicts.requireReading();
      return new Exchange(next.intendedNanos(), System.nanoTime(), null);
    } catch (ExecutionException e) {
      throw new IOException("the transaction was not sent: " + e.getCause().getMessage(), e);
    }
  }

  /** Whoever comes first makes it, the reader or the one who waits. */
  private CompletableFuture<Verdict> verdict(SourcePosition input) {
    return awaited.computeIfAbsent(input, position -> new CompletableFuture<>());
  }

  private void take(ConsumerRecord<byte[], byte[]> record, long polledNanos) {
    verdict(VerdictHeaders.position(record.headers()))
        .complete(
            new Verdict(
                VerdictHeaders.required(record.headers(), VerdictHeaders.OUTCOME), polledNanos));
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
      } else if (event instanceof ReferenceUpdate update) {
        Future<RecordMetadata> unused = producer.send(update.toRecord(topics));
      }
    }
  }

  @Override
  public void close() throws IOException {
    try (ledger;
        producer) {
      verdicts.close();
    }
  }
}

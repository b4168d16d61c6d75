package io.turnstile.simulator;

import io.turnstile.events.CustomerCodec;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.ProductCodec;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.Transaction;
import io.turnstile.simulator.RetryClient.Retry;
import io.turnstile.simulator.SimulatedEvent.CustomerUpdate;
import io.turnstile.simulator.SimulatedEvent.Pause;
import io.turnstile.simulator.SimulatedEvent.ProductUpdate;
import io.turnstile.simulator.SimulatedEvent.Submission;
import io.turnstile.simulator.SimulatedEvent.Timing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * Sends the events of a source to Kafka: transactions in an open loop at their intended times,
 * inventory and customers around them. {@link #run()} is called once, by one thread; the other
 * methods by any.
 */
public final class Simulation {

  /** How long after its transaction a late product comes. */
  public static final Duration LATE_BY = Duration.ofSeconds(1);

  /** Events taken from the source before they are due; a ledger is flushed once for all. */
  private static final int READ_AHEAD = 256;

  private static final int REMEMBERED_TRANSACTIONS = 100_000;
  private static final long MAX_PARK_NANOS = 5_000_000;

  /**
   * Waking for each transaction would cost more than sending it: those due meanwhile go together.
   */
  private static final long MIN_BETWEEN_WAKES_NANOS = 500_000;

  /**
   * An event in its turn.
   *
   * @param seq a transaction's number
   * @param published of a record that was sent ahead, else null
   */
  private record Step(SimulatedEvent event, long seq, CountDownLatch published) {}

  private record Late(ProductUpdate update, long dueNanos) {}

  private final KafkaClients clients;
  private final TopicNames topics;
  private final EventSource source;
  private final TokenIssuer tokens;
  private final SimulationOptions options;
  private final SimulationListener listener;
  private final LongSupplier nanoTime;

  private final LongAdder referenceRecords = new LongAdder();
  private final LongAdder acknowledged = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final AtomicReference<String> firstFailure = new AtomicReference<>();
  private volatile long behindNanos;
  private volatile boolean stopped;

  // From here on: only the thread that runs.
  private final Queue<Step> steps = new ArrayDeque<>();
  private final Queue<Late> late = new ArrayDeque<>();
  private final SortedMap<String, Long> sentByKind = new TreeMap<>();
  private final SortedMap<String, Long> expected = new TreeMap<>();
  private final SortedMap<String, Long> referenceByKind = new TreeMap<>();
  private Producer<String, byte[]> producer;
  private RetryClient retries;
  private LedgerWriter ledger;
  private IOException sourceFailure;
  private boolean sourceEnded;
  private long firstGroup;
  private long seqWithoutLedger;
  private long taken;
  private long sent;
  private long retriesSent;
  private long retriesAwaited;
  private long wokeNanos;

  /**
   * @param tokens null if the source gives no transactions
   */
  public Simulation(
      KafkaConnection connection,
      EventSource source,
      TokenIssuer tokens,
      SimulationOptions options,
      SimulationListener listener) {
    this(connection, source, tokens, options, listener, System::nanoTime);
  }

  Simulation(
      KafkaClients clients,
      EventSource source,
      TokenIssuer tokens,
      SimulationOptions options,
      SimulationListener listener,
      LongSupplier nanoTime) {
    this.clients = clients;
    this.topics = clients.topics();
    this.source = source;
    this.tokens = tokens;
    this.options = options;
    this.listener = listener;
    this.nanoTime = nanoTime;
  }

  /**
   * Sends until the source, the count or the duration ends or {@link #stop()} is called, and waits
   * for all acknowledgements. What cannot be sent is counted and does not end the run.
   *
   * @throws IOException if Kafka or a topic is not there, or source or ledger fail; what was taken
   *     from the source before has been sent
   * @throws IllegalArgumentException if the file of the ledger is another one
   */
  public SimulationSummary run() throws IOException, InterruptedException {
    clients.requireTopics(
        options.retry()
            ? List.of(
                topics.transactions(), topics.inventory(), topics.customers(), topics.rejected())
            : topics.inputs());
    source.prepare(tokens);
    try (LedgerWriter openedLedger =
            options.ledger() == null ? null : new LedgerWriter(options.ledger());
        Producer<String, byte[]> openedProducer = clients.newProducer();
        RetryClient openedRetries =
            options.retry()
                ? new RetryClient(clients.newConsumer(), topics.rejected(), REMEMBERED_TRANSACTIONS)
                : null) {
      ledger = openedLedger;
      firstGroup = ledger == null ? 0 : ledger.nextGroup();
      producer = openedProducer;
      retries = openedRetries;
      return send();
    }
  }

  /** Ends the run soon: what was sent is still waited for. */
  public void stop() {
    stopped = true;
  }

  /** Where the run stands. */
  public SimulationProgress progress() {
    return new SimulationProgress(
        referenceRecords.sum(), acknowledged.sum(), failures.sum(), behindNanos);
  }

  private SimulationSummary send() throws IOException, InterruptedException {
    RateLimiter limiter =
        options.stages().isEmpty()
            ? new UniformRateLimiter(options.rate(), nanoTime)
            : new StagedRateLimiter(options.stages(), nanoTime);
    long start = nanoTime.getAsLong();
    wokeNanos = start;
    boolean started = false;
    for (Step step = nextStep(); step != null; step = nextStep()) {
      if (step.published() != null) {
        await(step.published());
      } else if (isPaced(step.event())) {
        long intended = limiter.nextIntendedNanos();
        if (!started) {
          start = intended;
          started = true;
        }
        if (intended == Long.MAX_VALUE
            || intended - start >= durationNanos()
            || !waitUntil(intended)) {
          break;
        }
        behindNanos = Math.max(0, nanoTime.getAsLong() - intended);
        if (step.event() instanceof Submission submission) {
          submit(submission, step.seq(), 1, intended);
        } else {
          publish(step.event());
        }
      } else if (step.event() instanceof Pause pause) {
        producer.flush();
        waitUntil(nanoTime.getAsLong() + pause.length().toNanos());
      } else if (timing(step.event()) == Timing.LATE) {
        late.add(new Late((ProductUpdate) step.event(), nanoTime.getAsLong() + LATE_BY.toNanos()));
      } else {
        publish(step.event());
      }
    }
    late.forEach(product -> publish(product.update()));
    awaitRejections();
    producer.flush();
    if (sourceFailure != null) {
      throw sourceFailure;
    }
    return summary((nanoTime.getAsLong() - start) / 1e9);
  }

  private long durationNanos() {
    try {
      return options.duration().toNanos();
    } catch (ArithmeticException e) {
      return Long.MAX_VALUE;
    }
  }

  private static boolean isPaced(SimulatedEvent event) {
    return event instanceof Submission || timing(event) == Timing.PACED;
  }

  private static Timing timing(SimulatedEvent event) {
    if (event instanceof ProductUpdate update) {
      return update.timing();
    }
    return event instanceof CustomerUpdate update ? update.timing() : Timing.IN_PLACE;
  }

  private Step nextStep() throws IOException {
    if (steps.size() < READ_AHEAD / 2) {
      takeAhead();
    }
    return steps.poll();
  }

  private void takeAhead() throws IOException {
    while (!sourceEnded && !stopped && steps.size() < READ_AHEAD) {
      SimulatedEvent event = nextEvent();
      if (event == null) {
        sourceEnded = true;
      } else if (event instanceof Submission submission) {
        steps.add(new Step(event, note(submission, firstGroup + 2 * submission.group()), null));
      } else if (timing(event) == Timing.FIRST) {
        CountDownLatch done = new CountDownLatch(1);
        publish(event, done);
        steps.add(new Step(event, 0, done));
      } else {
        steps.add(new Step(event, 0, null));
      }
    }
    if (ledger != null) {
      ledger.flush();
    }
  }

  private SimulatedEvent nextEvent() {
    SimulatedEvent event;
    try {
      event = source.next();
    } catch (IOException e) {
      // What came before is sent first.
      sourceFailure = e;
      return null;
    }
    if (event != null && isPaced(event) && ++taken > options.count()) {
      return null;
    }
    return event;
  }

  /** Gives a transaction its number, and writes down what is expected of it. */
  private long note(Submission submission, long group) throws IOException {
    return ledger == null
        ? seqWithoutLedger++
        : ledger.add(group, submission.acceptances(), submission.allowed());
  }

  private void submit(Submission submission, long seq, int attempt, long intendedNanos) {
    Transaction transaction = submission.transaction();
    boolean rejectionExpected =
        submission.kind() == Kind.EXPIRED || submission.kind() == Kind.NOT_YET_VALID;
    if (retries != null && submission.shape().deadLetter().isEmpty()) {
      retries.remember(transaction, attempt, rejectionExpected);
    }
    ProducerRecord<String, byte[]> record =
        new ProducerRecord<>(
            topics.transactions(),
            transaction.customerId(),
            submission.shape().encode(withToken(transaction, submission.tokenKind())));
    if (ledger != null) {
      record
          .headers()
          .add(LedgerEntry.HEADER, Long.toString(seq).getBytes(StandardCharsets.US_ASCII));
    }
    sent++;
    sentByKind.merge(submission.kind().name(), 1L, Long::sum);
    expected.merge(submission.expected(), 1L, Long::sum);
    if (retries != null && rejectionExpected) {
      retriesAwaited++;
    }
    produce(
        record,
        (metadata, exception) -> {
          if (exception == null) {
            acknowledged.increment();
            listener.onSent(
                seq,
                intendedNanos,
                new SourcePosition(metadata.topic(), metadata.partition(), metadata.offset()));
          } else {
            failed(exception);
            listener.onFailure(seq, exception);
          }
        });
  }

  private Transaction withToken(Transaction t, TokenKind kind) {
    return t.withToken(tokens.token(kind, t.customerId()));
  }

  private void publish(SimulatedEvent event) {
    publish(event, new CountDownLatch(0));
  }

  /**
   * @param done counted down when the record was sent or has failed
   */
  private void publish(SimulatedEvent event, CountDownLatch done) {
    Kind kind;
    ProducerRecord<String, byte[]> record;
    if (event instanceof CustomerUpdate update) {
      kind = update.kind();
      String id = update.customer().customerId();
      record =
          new ProducerRecord<>(topics.customers(), id, CustomerCodec.encode(update.customer()));
    } else {
      ProductUpdate update = (ProductUpdate) event;
      kind = update.kind();
      byte[] value = update.product() == null ? null : ProductCodec.encode(update.product());
      record = new ProducerRecord<>(topics.inventory(), update.productId(), value);
    }
    referenceRecords.increment();
    referenceByKind.merge(kind.name(), 1L, Long::sum);
    produce(
        record,
        (metadata, exception) -> {
          done.countDown();
          if (exception != null) {
            failed(exception);
          }
        });
  }

  /** The callback hears of every failure, the future is not needed. */
  private void produce(ProducerRecord<String, byte[]> record, Callback callback) {
    Future<RecordMetadata> unused = producer.send(record, callback);
  }

  private void publishLate(long nowNanos) {
    while (!late.isEmpty() && late.element().dueNanos() - nowNanos <= 0) {
      publish(late.remove().update());
    }
  }

  /** Sends again what was turned away for its token's time. */
  private void sendAgain() throws IOException {
    if (retries == null) {
      return;
    }
    for (Retry retry = retries.poll(); retry != null; retry = retries.poll()) {
      Submission again =
          Submission.accepted(Kind.RETRY, retry.transaction(), firstGroup + 2 * retriesSent + 1);
      retriesSent++;
      long seq = note(again, again.group());
      if (ledger != null) {
        ledger.flush();
      }
      if (retry.expected()) {
        retriesAwaited--;
      }
      submit(again, seq, retry.attempt(), nanoTime.getAsLong());
    }
  }

  /** Waits, while late products and retries go out; false if the run was stopped meanwhile. */
  private boolean waitUntil(long nanos) throws IOException, InterruptedException {
    while (true) {
      long now = nanoTime.getAsLong();
      publishLate(now);
      sendAgain();
      if (stopped || nanos - now <= 0) {
        return !stopped;
      }
      park(Math.max(nanos, wokeNanos + MIN_BETWEEN_WAKES_NANOS) - now);
      wokeNanos = nanoTime.getAsLong();
    }
  }

  private void awaitRejections() throws IOException, InterruptedException {
    if (retries == null) {
      return;
    }
    producer.flush();
    long deadline = nanoTime.getAsLong() + options.retryWait().toNanos();
    while (retriesAwaited > retries.forgotten()
        && !stopped
        && nanoTime.getAsLong() - deadline < 0) {
      sendAgain();
      park(MAX_PARK_NANOS);
    }
  }

  private static void park(long nanos) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("interrupted while sending");
    }
    LockSupport.parkNanos(Math.min(nanos, MAX_PARK_NANOS));
  }

  private void await(CountDownLatch done) throws InterruptedException {
    while (!stopped && !done.await(MAX_PARK_NANOS, TimeUnit.NANOSECONDS)) {
      // Looks again whether the run was stopped.
    }
  }

  private void failed(Exception exception) {
    failures.increment();
    firstFailure.compareAndSet(null, exception.toString());
  }

  private SimulationSummary summary(double seconds) {
    return new SimulationSummary(
        sent,
        acknowledged.sum(),
        seconds,
        sentByKind,
        expected,
        referenceByKind,
        stopped ? 0 : Math.max(0, retriesAwaited),
        failures.sum(),
        firstFailure.get());
  }
}

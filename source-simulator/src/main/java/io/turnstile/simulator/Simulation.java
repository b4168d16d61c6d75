package io.turnstile.simulator;

import io.turnstile.events.LedgerEntry;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.Transaction;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.simulator.RetryClient.Retry;
import io.turnstile.simulator.SimulatedEvent.Pause;
import io.turnstile.simulator.SimulatedEvent.ProductUpdate;
import io.turnstile.simulator.SimulatedEvent.ReferenceUpdate;
import io.turnstile.simulator.SimulatedEvent.Submission;
import io.turnstile.simulator.SimulatedEvent.Timing;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * Sends the events of a source to Kafka: transactions in an open loop at their intended times,
 * inventory and customers around them. {@link #run()} is called once, by one thread; the other
 * methods may be called by any.
 */
public final class Simulation {

  /** The delay of a late product after its transaction. */
  public static final Duration LATE_BY = Duration.ofSeconds(1);

  /** Events taken from the source before they are due; a ledger is flushed once for all. */
  private static final int READ_AHEAD = 256;

  private static final int REMEMBERED_TRANSACTIONS = 100_000;

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
  private TransactionTransport transport;

  private final SimulationCounters counters = new SimulationCounters();
  private final Pacer pacer;

  // From here on: only the thread that runs.
  private final Queue<Step> steps = new ArrayDeque<>();
  private final Queue<Late> late = new ArrayDeque<>();
  private Producer<String, byte[]> producer;
  private RetryClient retries;
  private LedgerWriter ledger;
  private IOException sourceFailure;
  private boolean sourceEnded;
  private long firstGroup;
  private long seqWithoutLedger;
  private long taken;
  private long retriesSent;
  private long retriesAwaited;

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
    this.pacer = new Pacer(nanoTime, this::sendMeanwhile);
  }

  /**
   * Has transactions sent by another way than their topic; to be called before the run. There is no
   * ledger then, and the listener hears nothing.
   */
  public Simulation over(TransactionTransport other) {
    if (options.ledger() != null) {
      throw new IllegalArgumentException("only a record of the topic carries a ledger's number");
    }
    transport = other;
    return this;
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
                ? new RetryClient(
                    clients.verdicts(List.of(topics.rejected())), REMEMBERED_TRANSACTIONS)
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
    pacer.stop();
  }

  /** The counts so far. */
  public SimulationProgress progress() {
    return counters.progress(pacer.behindNanos());
  }

  private SimulationSummary send() throws IOException, InterruptedException {
    pacer.start(options);
    for (Step step = nextStep(); step != null; step = nextStep()) {
      SimulatedEvent event = step.event();
      if (step.published() != null) {
        pacer.await(step.published());
      } else if (event.timing() == Timing.PACED) {
        long intended = pacer.awaitNext();
        if (intended == Pacer.END) {
          break;
        }
        if (event instanceof Submission submission) {
          submit(submission, step.seq(), 1, intended);
        } else {
          publish(event);
        }
      } else if (event instanceof Pause pause) {
        producer.flush();
        pacer.pause(pause.length());
      } else if (event.timing() == Timing.LATE) {
        late.add(new Late((ProductUpdate) event, nanoTime.getAsLong() + LATE_BY.toNanos()));
      } else {
        publish(event);
      }
    }
    while (!late.isEmpty()) {
      publish(late.remove().update());
    }
    awaitRejections();
    producer.flush();
    if (sourceFailure != null) {
      throw sourceFailure;
    }
    return counters.summary(
        pacer.elapsedSeconds(), pacer.stopped() ? 0 : Math.max(0, retriesAwaited));
  }

  private Step nextStep() throws IOException {
    if (steps.size() < READ_AHEAD / 2) {
      takeAhead();
    }
    return steps.poll();
  }

  private void takeAhead() throws IOException {
    while (!sourceEnded && !pacer.stopped() && steps.size() < READ_AHEAD) {
      SimulatedEvent event = nextEvent();
      if (event == null) {
        sourceEnded = true;
      } else if (event instanceof Submission submission) {
        steps.add(new Step(event, note(submission, firstGroup + 2 * submission.group()), null));
      } else if (event.timing() == Timing.FIRST) {
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
    if (event != null && event.timing() == Timing.PACED && ++taken > options.count()) {
      return null;
    }
    return event;
  }

  /** Gives a transaction its number, and writes down what is expected of it. */
  private long note(Submission submission, long group) throws IOException {
    if (ledger == null) {
      return seqWithoutLedger++;
    }
    return source.isRepeatable()
        ? ledger.addRepeatable(
            submission.transaction(), submission.acceptances(), submission.allowed())
        : ledger.add(group, submission.acceptances(), submission.allowed());
  }

  private void submit(Submission submission, long seq, int attempt, long intendedNanos)
      throws InterruptedException {
    Transaction transaction = submission.transaction();
    boolean rejectionExpected =
        submission.kind() == Kind.EXPIRED || submission.kind() == Kind.NOT_YET_VALID;
    if (retries != null && submission.shape().deadLetter().isEmpty()) {
      retries.remember(transaction, attempt, rejectionExpected);
    }
    counters.sent(submission);
    if (retries != null && rejectionExpected) {
      retriesAwaited++;
    }
    if (transport != null) {
      counters.acknowledged();
      transport.send(submission, tokens, intendedNanos);
      return;
    }
    ProducerRecord<String, byte[]> record = submission.toRecord(topics.transactions(), tokens);
    if (ledger != null) {
      VerdictHeaders.add(record.headers(), LedgerEntry.HEADER, Long.toString(seq));
    }
    produce(
        record,
        (metadata, exception) -> {
          if (exception == null) {
            counters.acknowledged();
            listener.onSent(
                seq,
                intendedNanos,
                new SourcePosition(metadata.topic(), metadata.partition(), metadata.offset()));
          } else {
            counters.failed(exception);
            listener.onFailure(seq, exception);
          }
        });
  }

  private void publish(SimulatedEvent event) {
    publish(event, new CountDownLatch(0));
  }

  /**
   * @param event an update
   * @param done counted down when the record was sent or has failed
   */
  private void publish(SimulatedEvent event, CountDownLatch done) {
    ReferenceUpdate update = (ReferenceUpdate) event;
    counters.sentReference(update.kind());
    produce(
        update.toRecord(topics),
        (metadata, exception) -> {
          done.countDown();
          if (exception != null) {
            counters.failed(exception);
          }
        });
  }

  /** The callback hears of every failure, the future is not needed. */
  private void produce(ProducerRecord<String, byte[]> record, Callback callback) {
    Future<RecordMetadata> unused = producer.send(record, callback);
  }

  /** Sends what is due between the transactions: late products and retries. */
  private void sendMeanwhile(long nowNanos) throws IOException, InterruptedException {
    while (!late.isEmpty() && late.element().dueNanos() - nowNanos <= 0) {
      publish(late.remove().update());
    }
    sendAgain();
  }

  /** Sends again what was turned away for its token's time. */
  private void sendAgain() throws IOException, InterruptedException {
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

  private void awaitRejections() throws IOException, InterruptedException {
    if (retries != null) {
      producer.flush();
      pacer.awaitCondition(() -> retriesAwaited <= retries.forgotten(), options.retryWait());
    }
  }
}

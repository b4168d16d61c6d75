package io.turnstile.bench.jmeter;

import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.VerdictHeaders;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Reads committed verdicts from now on, and hands each to the thread that waits for it.
 * Thread-safe. Verdicts that nobody waits for, as of somebody else's inputs, are kept until the
 * end.
 */
final class Verdicts implements AutoCloseable {

  /**
   * A verdict that was read.
   *
   * @param outcome as the verdict's header says
   * @param nanos when the poll that gave it returned
   */
  record Verdict(String outcome, long nanos) {}

  private final Map<SourcePosition, CompletableFuture<Verdict>> awaited = new ConcurrentHashMap<>();
  private final CommittedVerdicts<byte[]> verdicts;

  /**
   * @param consumer of committed records, closed with this
   */
  Verdicts(Consumer<byte[], byte[]> consumer, TopicNames topics) {
    verdicts = new CommittedVerdicts<>(consumer, topics.verdicts());
    verdicts.seekToEnd();
    verdicts.start("verdicts", this::take);
  }

  /**
   * Waits for the verdict of an input.
   *
   * @return null if it did not come in time
   * @throws IllegalStateException if verdicts cannot be read any more
   */
  Verdict await(SourcePosition input, Duration patience) throws InterruptedException {
    try {
      return slot(input).get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      requireReading();
      return null;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } finally {
      awaited.remove(input);
    }
  }

  private void requireReading() {
    try {
      verdicts.requireReading();
    } catch (RuntimeException e) {
      throw new IllegalStateException("verdicts cannot be read: " + e.getMessage(), e);
    }
  }

  /** Whoever comes first makes it, the reader or the one who waits. */
  private CompletableFuture<Verdict> slot(SourcePosition input) {
    return awaited.computeIfAbsent(input, position -> new CompletableFuture<>());
  }

  private void take(ConsumerRecord<byte[], byte[]> record, long polledNanos) {
    slot(VerdictHeaders.position(record.headers()))
        .complete(
            new Verdict(
                VerdictHeaders.required(record.headers(), VerdictHeaders.OUTCOME), polledNanos));
  }

  @Override
  public void close() {
    verdicts.close();
  }
}

package io.turnstile.bench.jmeter;

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
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;

/**
 * Reads committed verdicts from now on, and hands each to the thread that waits for it.
 * Thread-safe. Verdicts that nobody waits for, as of somebody else's inputs, are kept until the
 * end.
 */
final class Verdicts implements AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(100);

  /**
   * A verdict that was read.
   *
   * @param outcome as the verdict's header says
   * @param nanos when the poll that gave it returned
   */
  record Verdict(String outcome, long nanos) {}

  private final Map<SourcePosition, CompletableFuture<Verdict>> awaited = new ConcurrentHashMap<>();
  private final Consumer<byte[], byte[]> consumer;
  private final Thread reader = new Thread(this::read, "verdicts");
  private volatile RuntimeException failure;

  /**
   * @param consumer of committed records, closed with this
   */
  Verdicts(Consumer<byte[], byte[]> consumer, TopicNames topics) {
    this.consumer = consumer;
    consumer.assign(
        topics.verdicts().stream()
            .flatMap(topic -> consumer.partitionsFor(topic).stream())
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList());
    consumer.seekToEnd(consumer.assignment());
    // Seeking is lazy: without this, what comes before the first poll would be left out.
    consumer.assignment().forEach(consumer::position);
    reader.setDaemon(true);
    reader.start();
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
      if (failure != null) {
        throw new IllegalStateException(
            "verdicts cannot be read: " + failure.getMessage(), failure);
      }
      return null;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } finally {
      awaited.remove(input);
    }
  }

  /** Whoever comes first makes it, the reader or the one who waits. */
  private CompletableFuture<Verdict> slot(SourcePosition input) {
    return awaited.computeIfAbsent(input, position -> new CompletableFuture<>());
  }

  private void read() {
    try (consumer) {
      while (true) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          slot(VerdictHeaders.position(record.headers()))
              .complete(
                  new Verdict(
                      VerdictHeaders.required(record.headers(), VerdictHeaders.OUTCOME),
                      System.nanoTime()));
        }
      }
    } catch (WakeupException e) {
      // close() was called.
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  @Override
  public void close() {
    consumer.wakeup();
    try {
      reader.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

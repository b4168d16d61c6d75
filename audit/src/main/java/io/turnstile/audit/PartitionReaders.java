package io.turnstile.audit;

import io.turnstile.audit.CommittedLog.Cursor;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads partitions in parallel: several at a time, each in order of offset by one thread. Used by
 * one thread at a time; blocks it until all partitions are read. To be closed.
 */
final class PartitionReaders implements AutoCloseable {

  /** The timeout of a poll. */
  static final Duration POLL = Duration.ofMillis(200);

  private static final Duration STALLED = Duration.ofSeconds(60);
  private static final long REPORT_EVERY_NANOS = Duration.ofSeconds(1).toNanos();

  private final CommittedLog log;
  private final AuditProgress progress;
  private final ExecutorService threads;
  private final AtomicLong reportedAt = new AtomicLong(System.nanoTime());

  /**
   * @param threads partitions read at the same time
   */
  PartitionReaders(CommittedLog log, int threads, AuditProgress progress) {
    this.log = log;
    this.progress = progress;
    this.threads =
        Executors.newFixedThreadPool(
            threads,
            task -> {
              Thread thread = new Thread(task, "audit-reader");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Reads committed records.
   *
   * @param phase the name of this reading, for the progress listener
   * @param starts the first offset to read, for each partition
   * @param ends the offset to stop at, for at least the same partitions
   * @param receiver takes the records; called by several threads, for one partition by one of them
   * @return the offset behind the last record read, for each partition
   * @throws AuditException if a partition cannot be read, or nothing comes from it for 60 s
   */
  Map<TopicPartition, Long> read(
      String phase,
      Map<TopicPartition, Long> starts,
      Map<TopicPartition, Long> ends,
      Consumer<ConsumerRecord<byte[], byte[]>> receiver) {
    return read(new Reading(phase, total(starts, ends), log::open, receiver), starts, ends);
  }

  /** Reads like {@link #read}, records included that were never committed. */
  void readUncommitted(
      String phase,
      Map<TopicPartition, Long> starts,
      Map<TopicPartition, Long> ends,
      Consumer<ConsumerRecord<byte[], byte[]>> receiver) {
    read(new Reading(phase, total(starts, ends), log::openUncommitted, receiver), starts, ends);
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }

  private static long total(Map<TopicPartition, Long> starts, Map<TopicPartition, Long> ends) {
    return starts.entrySet().stream().mapToLong(s -> ends.get(s.getKey()) - s.getValue()).sum();
  }

  private Map<TopicPartition, Long> read(
      Reading reading, Map<TopicPartition, Long> starts, Map<TopicPartition, Long> ends) {
    Map<TopicPartition, Future<Long>> futures = new HashMap<>();
    starts.forEach(
        (partition, start) ->
            futures.put(
                partition,
                threads.submit(() -> reading.read(partition, start, ends.get(partition)))));
    Map<TopicPartition, Long> positions = new HashMap<>();
    futures.forEach((partition, future) -> positions.put(partition, result(future)));
    return positions;
  }

  private static long result(Future<Long> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AuditException known) {
        throw known;
      }
      throw new IllegalStateException("reading failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AuditException("interrupted", e);
    }
  }

  /** One reading of some partitions. */
  private final class Reading {

    private final String phase;
    private final long total;
    private final Function<Map<TopicPartition, Long>, Cursor> opening;
    private final Consumer<ConsumerRecord<byte[], byte[]>> receiver;
    private final AtomicLong done = new AtomicLong();

    Reading(
        String phase,
        long total,
        Function<Map<TopicPartition, Long>, Cursor> opening,
        Consumer<ConsumerRecord<byte[], byte[]>> receiver) {
      this.phase = phase;
      this.total = total;
      this.opening = opening;
      this.receiver = receiver;
    }

    long read(TopicPartition partition, long start, long end) {
      if (start >= end) {
        return start;
      }
      try (Cursor cursor = opening.apply(Map.of(partition, start))) {
        long position = start;
        long movedAt = System.nanoTime();
        while (position < end) {
          for (ConsumerRecord<byte[], byte[]> record : cursor.poll(POLL)) {
            receiver.accept(record);
          }
          long before = position;
          position = cursor.position(partition);
          if (position > before) {
            movedAt = System.nanoTime();
            report(done.addAndGet(position - before));
          } else if (System.nanoTime() - movedAt > STALLED.toNanos()) {
            throw new AuditException(
                "%s has not moved from offset %d of %d for %d s: is its leader available?"
                    .formatted(partition, position, end, STALLED.toSeconds()));
          }
        }
        return position;
      }
    }

    private void report(long offsets) {
      long last = reportedAt.get();
      long now = System.nanoTime();
      if (now - last > REPORT_EVERY_NANOS && reportedAt.compareAndSet(last, now)) {
        progress.at(phase, Math.min(offsets, total), total);
      }
    }
  }
}

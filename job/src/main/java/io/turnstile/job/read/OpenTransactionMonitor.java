package io.turnstile.job.read;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log when a sender's open transaction holds back what came behind it in an input
 * topic: nobody may read past it, so that the job waits and, for all that it shows, is idle. Not
 * thread-safe.
 */
final class OpenTransactionMonitor {

  private static final Logger LOG = LoggerFactory.getLogger(OpenTransactionMonitor.class);

  /** Senders who use transactions at all hold back others for a moment with each. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Whoever looks for new partitions waits for it. */
  private static final int TIMEOUT_MILLIS = 2_000;

  private final Map<TopicPartition, Held> held = new HashMap<>();

  /** Since when readers stop at an offset, and when to say so next. */
  private record Held(long stable, long sinceNanos, Duration nextReport) {}

  /** Checks how far the partitions can be read, and logs what is to be said. */
  void look(AdminClient admin, Collection<TopicPartition> partitions) {
    try {
      Map<TopicPartition, Long> stable = ends(admin, partitions, IsolationLevel.READ_COMMITTED);
      Map<TopicPartition, Long> ends = ends(admin, partitions, IsolationLevel.READ_UNCOMMITTED);
      look(stable, ends, System.nanoTime()).forEach(LOG::warn);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Of those partitions that have a leader to ask. */
  private static Map<TopicPartition, Long> ends(
      AdminClient admin, Collection<TopicPartition> partitions, IsolationLevel isolation)
      throws InterruptedException {
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    partitions.forEach(partition -> latest.put(partition, OffsetSpec.latest()));
    ListOffsetsResult result =
        admin.listOffsets(latest, new ListOffsetsOptions(isolation).timeoutMs(TIMEOUT_MILLIS));
    Map<TopicPartition, Long> ends = new HashMap<>();
    for (TopicPartition partition : partitions) {
      try {
        ends.put(partition, result.partitionResult(partition).get().offset());
      } catch (ExecutionException e) {
        LOG.debug("Could not ask for the end of {}", partition, e);
      }
    }
    return ends;
  }

  /**
   * The same without Kafka and log.
   *
   * @param stable where readers of committed records have to stop
   * @param ends asked for after that, where the partitions end
   * @return what is to be said
   */
  List<String> look(
      Map<TopicPartition, Long> stable, Map<TopicPartition, Long> ends, long nowNanos) {
    List<String> reports = new ArrayList<>();
    stable.forEach(
        (partition, offset) -> {
          Held before = held.remove(partition);
          if (offset >= ends.getOrDefault(partition, offset)) {
            return;
          }
          if (before == null || before.stable() != offset) {
            held.put(partition, new Held(offset, nowNanos, PATIENCE));
            return;
          }
          Duration age = Duration.ofNanos(nowNanos - before.sinceNanos());
          if (age.compareTo(before.nextReport()) < 0) {
            held.put(partition, before);
            return;
          }
          reports.add(
              partition
                  + " is held back at offset "
                  + offset
                  + " for "
                  + age.toSeconds()
                  + " s by a sender's open transaction: what is behind it waits;"
                  + " kafka-transactions.sh describe-producers tells whose it is");
          held.put(partition, new Held(offset, before.sinceNanos(), age.multipliedBy(2)));
        });
    return reports;
  }
}

package io.turnstile.job.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
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
final class HeldBackPartitions {

  private static final Logger LOG = LoggerFactory.getLogger(HeldBackPartitions.class);

  /** Senders who use transactions at all hold back others for a moment with each. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Map<TopicPartition, Held> held = new HashMap<>();

  /** Since when readers stop at an offset, and when to say so next. */
  private record Held(long stable, long sinceNanos, Duration nextReport) {}

  /** Looks how far the partitions can be read, and logs what is to be said. */
  void look(AdminClient admin, Collection<TopicPartition> partitions) {
    try {
      Map<TopicPartition, Long> stable = ends(admin, partitions, IsolationLevel.READ_COMMITTED);
      Map<TopicPartition, Long> ends = ends(admin, partitions, IsolationLevel.READ_UNCOMMITTED);
      look(stable, ends, System.nanoTime()).forEach(LOG::warn);
    } catch (ExecutionException e) {
      LOG.debug("Could not ask for the ends of {}", partitions, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Map<TopicPartition, Long> ends(
      AdminClient admin, Collection<TopicPartition> partitions, IsolationLevel isolation)
      throws ExecutionException, InterruptedException {
    Map<TopicPartition, ListOffsetsResultInfo> ends =
        admin
            .listOffsets(
                partitions.stream()
                    .collect(Collectors.toMap(Function.identity(), each -> OffsetSpec.latest())),
                new ListOffsetsOptions(isolation))
            .all()
            .get();
    return ends.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, end -> end.getValue().offset()));
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
              "%s is held back at offset %d for %d s by a sender's open transaction: what is behind it waits; kafka-transactions.sh find-hanging tells whose it is"
                  .formatted(partition, offset, age.toSeconds()));
          held.put(partition, new Held(offset, before.sinceNanos(), age.multipliedBy(2)));
        });
    return reports;
  }
}

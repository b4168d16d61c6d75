package io.turnstile.job.commit.journal.kafka;

import io.turnstile.job.commit.journal.JournalException;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a producer the only one of its lane: fences the earlier owners, and ends what they left
 * open, before it asks where the lane ends.
 */
final class KafkaLaneFencing {

  private static final Logger LOG = LoggerFactory.getLogger(KafkaLaneFencing.class);

  private final String at;
  private final KafkaLaneProducer producer;
  private final KafkaLaneLog log;

  /**
   * @param at begins every message
   */
  KafkaLaneFencing(String at, KafkaLaneProducer producer, KafkaLaneLog log) {
    this.at = at;
    this.producer = producer;
    this.log = log;
  }

  /**
   * Becomes the owner.
   *
   * @param settled what is before it must not be aborted; null if everything may be
   * @return where the lane ends; no earlier owner writes any more
   */
  LaneOffsets becomeOwner(LaneOffsets settled) throws JournalException, InterruptedException {
    producer.fence();
    LaneOffsets end = log.end();
    LaneOffsets visible = log.visibleEnd();
    List<TopicPartition> unended = log.behind(visible, end);
    if (unended.isEmpty()) {
      return end;
    }
    requireVisible(settled, visible);
    endTransactionsOn(unended);
    return log.end();
  }

  /** A checkpoint must not rely on what is about to be aborted: all that readers do not see. */
  private void requireVisible(LaneOffsets settled, LaneOffsets visible)
      throws JournalException.Refused {
    if (settled != null && !log.behind(visible, settled).isEmpty()) {
      throw new JournalException.Refused(
          at
              + log.visibleUpTo(visible)
              + ", the checkpoint relies on what stands before "
              + settled.offsets()
              + ": restore an older checkpoint or savepoint");
    }
  }

  /**
   * Ends what an earlier owner began, and what nobody else can end: the coordinator believes it
   * ended (KAFKA-20734). A record that never gets committed makes it a transaction of ours again,
   * and fencing ourselves aborts that and waits until it is done.
   */
  private void endTransactionsOn(List<TopicPartition> unended)
      throws JournalException, InterruptedException {
    LOG.warn("{}aborts what was begun and not ended on {}", at, unended);
    producer.abandonTransactionOn(unended);
    producer.fence();
  }
}

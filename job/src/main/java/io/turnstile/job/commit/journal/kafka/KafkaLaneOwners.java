package io.turnstile.job.commit.journal.kafka;

import io.turnstile.clients.Generation;
import io.turnstile.clients.OwnersTopic;
import io.turnstile.job.commit.journal.JournalException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;

/** The {@link OwnersTopic}'s account of one lane. Thread-safe, except for {@link #claim}. */
final class KafkaLaneOwners {

  private final KafkaJournalSettings settings;
  private final Admin admin;
  private final String at;
  private final TopicPartition partition;
  private final KafkaLaneProducer producer;
  private final KafkaLaneOwnership ownership;

  /** The owner in what is before {@link #knownEnd}. */
  private Optional<Generation> known = Optional.empty();

  private long knownEnd;

  /** Made known by this owner; null before that. */
  private volatile Generation claimed;

  /**
   * @param at begins every message
   * @param producer of the lane: it writes here too
   */
  KafkaLaneOwners(
      KafkaJournalSettings settings,
      Admin admin,
      String at,
      int lane,
      KafkaLaneProducer producer,
      KafkaLaneOwnership ownership) {
    this.settings = settings;
    this.admin = admin;
    this.at = at;
    this.producer = producer;
    this.ownership = ownership;
    partition = new TopicPartition(settings.topics().owners(), lane);
  }

  /** See {@link io.turnstile.job.commit.journal.LaneJournal#owner}. */
  synchronized Optional<Generation> owner() throws JournalException, InterruptedException {
    // Costs next to nothing while nobody has made himself known since.
    long end = end(IsolationLevel.READ_COMMITTED);
    if (end != knownEnd) {
      known =
          Optional.ofNullable(
              read(
                      at + "reading who owns the lane",
                      () ->
                          OwnersTopic.read(
                              settings.client(), List.of(partition), settings.takeOverTimeout()))
                  .get(partition.partition()));
      knownEnd = end;
    }
    return known;
  }

  /**
   * See {@link io.turnstile.job.commit.journal.LaneJournal#claim}. It also ends what a commit of an
   * earlier owner has left open here (KAFKA-20734): that is committed with it, and stands before
   * it.
   */
  void claim(Generation generation) throws JournalException, InterruptedException {
    long behind =
        producer.commitAlone(
            "making generation " + generation.number() + " known",
            OwnersTopic.record(partition.topic(), partition.partition(), generation));
    claimed = generation;
    // If it is given up: the next attempt makes it known again.
    ownership.awaitVisible(() -> missing(generation, behind), settings.takeOverTimeout());
    synchronized (this) {
      known = Optional.of(generation);
      knownEnd = behind;
    }
  }

  private String missing(Generation generation, long behind)
      throws JournalException, InterruptedException {
    return end(IsolationLevel.READ_COMMITTED) >= behind
        ? null
        : "generation "
            + generation.number()
            + " is committed in "
            + partition
            + " and not visible";
  }

  /** An owner that has nothing to commit does not notice otherwise that it was replaced. */
  void requireStillMine() throws JournalException, InterruptedException {
    Generation mine = claimed;
    if (mine == null) {
      return;
    }
    Optional<Generation> owner = owner();
    if (owner.isPresent() && mine.yieldsTo(owner.get())) {
      throw JournalException.Refused.superseded(at, mine, owner.get());
    }
  }

  private long end(IsolationLevel isolation) throws JournalException, InterruptedException {
    return KafkaJournal.get(
            at + "asking where " + partition + " ends",
            admin
                .listOffsets(
                    Map.of(partition, OffsetSpec.latest()), new ListOffsetsOptions(isolation))
                .partitionResult(partition),
            settings.takeOverTimeout().toMillis())
        .offset();
  }

  /** Reads owners, and explains what goes wrong. */
  static Map<Integer, Generation> read(String what, Supplier<Map<Integer, Generation>> reading)
      throws JournalException, InterruptedException {
    try {
      return reading.get();
    } catch (InterruptException e) {
      throw KafkaFailures.interrupted();
    } catch (KafkaException e) {
      throw KafkaFailures.explain(what, e);
    } catch (IllegalArgumentException e) {
      throw new JournalException.Refused(
          what + " failed: " + e.getMessage() + "; another program writes to it", e);
    }
  }
}

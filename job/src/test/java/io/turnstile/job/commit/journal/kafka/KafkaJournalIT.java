package io.turnstile.job.commit.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.turnstile.clients.Topics;
import io.turnstile.events.TopicNames;
import io.turnstile.job.commit.journal.JournalEntry;
import io.turnstile.job.commit.journal.JournalException;
import io.turnstile.job.commit.journal.LaneJournal;
import io.turnstile.job.commit.journal.LanePosition;
import io.turnstile.job.commit.journal.LaneRange;
import io.turnstile.job.commit.journal.Verdicts;
import io.turnstile.job.decide.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Checks on a real broker what the protocol assumes of a journal; each test has its own topics. */
@Timeout(120)
class KafkaJournalIT {

  private static final int LANES = 2;
  private static final int LANE = 1;
  private static final byte[] NOTHING = {};

  @RegisterExtension static final TestBroker BROKER = new TestBroker(brokerConfig());

  private Admin admin;
  private KafkaJournalSettings settings;

  private static Map<String, String> brokerConfig() {
    Map<String, String> config = new HashMap<>(ForgottenCommit.BROKER_CONFIG);
    config.put("transaction.abort.timed.out.transaction.cleanup.interval.ms", "500");
    return config;
  }

  @BeforeEach
  void createTopics() throws Exception {
    admin = BROKER.admin();
    settings = BROKER.createTopics(LANES);
  }

  private KafkaJournal connect() throws Exception {
    return BROKER.closing(KafkaJournal.connect(settings, LANES, Duration.ofMillis(500)));
  }

  private LaneJournal lane() throws Exception {
    return BROKER.closing(connect().lane(LANE, () -> {}));
  }

  /** A lane that is taken over, and from where on it may append. */
  private LaneJournal owner() throws Exception {
    LaneJournal lane = lane();
    readAll(lane, lane.takeOver(null));
    return lane;
  }

  private static List<JournalEntry> readAll(LaneJournal lane, LaneRange range) throws Exception {
    List<JournalEntry> entries = new ArrayList<>();
    lane.read(range, entries::add);
    return entries;
  }

  private List<Long> committed() throws Exception {
    LaneJournal reader = lane();
    return readAll(reader, reader.takeOver(null)).stream()
        .map(e -> e.source().offset())
        .sorted()
        .toList();
  }

  private static Verdict accepted(long offset) {
    return Verdicts.accepted(LANE, LANES, offset);
  }

  @Test
  void tailOfThreeTopicsIsReadBackAsItWasCommitted() throws Exception {
    LaneJournal lane = owner();
    lane.append(accepted(0), 1);
    lane.append(Verdicts.rejected(LANE, 1), 2);
    lane.commit();
    lane.append(Verdicts.deadLetter(LANE, 2, NOTHING), 3);
    lane.append(accepted(3), 4);
    LanePosition end = lane.commit();

    LaneJournal next = lane();
    LaneRange range = next.takeOver(null);
    assertThat(range).isEqualTo(new LaneRange(LaneOffsets.start(3).position(), end));
    List<JournalEntry> entries = readAll(next, range);
    TreeMap<Long, JournalEntry> bySeq = new TreeMap<>();
    entries.forEach(entry -> bySeq.put(entry.laneSeq().orElseThrow(), entry));
    assertThat(bySeq.keySet()).containsExactly(1L, 2L, 3L, 4L);
    assertThat(bySeq.values().stream().map(entry -> entry.source().offset()))
        .containsExactly(0L, 1L, 2L, 3L);
    assertThat(bySeq.get(2L).acceptance()).isNull();
    assertThat(bySeq.get(3L).acceptance()).isNull();
    assertThat(bySeq.get(4L).acceptance().routingKey()).isEqualTo(Verdicts.customerIn(LANE, LANES));
    assertThat(bySeq.get(4L).acceptance().acceptance().transactionId()).isEqualTo("id-3");
    assertThat(bySeq.get(4L).acceptance().acceptance().offset()).isEqualTo(3);
  }

  /** Each take-over costs a new producer: that is for lanes that the brokers may forget. */
  @Test
  void busyLaneIsNotTakenOverAgainAtACheckpoint() throws Exception {
    LaneJournal lane = owner();
    lane.append(accepted(0), 1);
    LanePosition end = lane.commit();
    lane.awaitVisible(end);
    TransactionDescription before = producer();
    lane.awaitVisible(end);
    TransactionDescription after = producer();
    assertThat(after.producerId()).isEqualTo(before.producerId());
    assertThat(after.producerEpoch()).isEqualTo(before.producerEpoch());
  }

  private TransactionDescription producer() throws Exception {
    String id = settings.topics().accepted() + "-lane-" + LANE;
    return admin.describeTransactions(List.of(id)).description(id).get();
  }

  /** Two would have to be fenced in one order, committed in one order, and never change. */
  @Test
  void laneHasOneTransactionalIdMadeOfTopicAndLane() throws Exception {
    LaneJournal lane = owner();
    for (int seq = 1; seq <= 3; seq++) {
      lane.append(accepted(seq), seq);
      lane.commit();
    }
    assertThat(admin.listTransactions().all().get())
        .extracting(TransactionListing::transactionalId)
        .filteredOn(id -> id.startsWith(settings.topics().accepted()))
        .containsExactly(settings.topics().accepted() + "-lane-1");
  }

  @Test
  void whatAnEarlierOwnerLeftOpenIsAborted() throws Exception {
    LaneJournal lane = owner();
    lane.append(accepted(0), 1);
    lane.commit();
    lane.append(accepted(1), 2);
    lane.append(Verdicts.rejected(LANE, 2), 3);
    // It has certainly reached the broker.
    awaitEnd(settings.topics().rejected(), 1);
    lane.close();
    assertThat(committed()).containsExactly(0L);
  }

  /** KAFKA-20734; readers would never get past it. */
  @Test
  void whatKafkaForgotToCommitIsAborted() throws Exception {
    LaneJournal lane = owner();
    lane.append(accepted(0), 1);
    lane.awaitVisible(lane.commit());
    ForgottenCommit.leave(
        BROKER,
        settings.topics().accepted() + "-lane-" + LANE,
        new ProducerRecord<>(settings.topics().accepted(), LANE, NOTHING, NOTHING));
    LaneJournal next = owner();
    next.append(accepted(1), 2);
    next.awaitVisible(next.commit());
    assertThat(committed()).containsExactly(0L, 1L);
  }

  private void awaitEnd(String topic, long offset) {
    TopicPartition partition = new TopicPartition(topic, LANE);
    await()
        .until(
            () ->
                admin
                        .listOffsets(Map.of(partition, OffsetSpec.latest()))
                        .partitionResult(partition)
                        .get()
                        .offset()
                    >= offset);
  }

  @Test
  void zombieCannotCommitAfterTakeOver() throws Exception {
    LaneJournal zombie = owner();
    zombie.append(accepted(0), 1);
    owner();
    JournalException failure = catchThrowableOfType(JournalException.class, zombie::commit);
    assertThat(failure).hasMessageContaining("transactional id");
    // Whoever took over does nothing: that may be a process of this job that is about to end.
    assertThat(zombie.diagnose(failure)).isNotInstanceOf(JournalException.Refused.class);
    assertThat(committed()).isEmpty();
  }

  @Test
  void loserAgainstAnotherJobSaysWhoTookOver() throws Exception {
    LaneJournal loser = owner();
    LaneJournal other = owner();
    loser.append(accepted(0), 1);
    JournalException failure = catchThrowableOfType(JournalException.class, loser::commit);
    AtomicBoolean done = new AtomicBoolean();
    CompletableFuture<Void> otherGoesOn =
        CompletableFuture.runAsync(
            () -> {
              try {
                for (long n = 1; !done.get(); n++) {
                  other.append(accepted(n), n);
                  other.commit();
                }
              } catch (JournalException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    JournalException diagnosis = loser.diagnose(failure);
    done.set(true);
    otherGoesOn.get();
    assertThat(diagnosis)
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("another job")
        .hasMessageContaining(settings.topics().accepted() + "-lane-1")
        .hasMessageMatching("(?s).*as producer \\d+ epoch \\d+.*");
  }

  /** The assumption that carries the protocol. */
  @Test
  void takeOverThatRacesWithACommitSeesAllOfItOrNothing() throws Exception {
    LaneJournal owner = owner();
    long offset = 0;
    int committed = 0;
    for (int round = 0; round < 20; round++) {
      LaneJournal before = owner;
      for (int i = 0; i < 3; i++) {
        before.append(i == 1 ? Verdicts.rejected(LANE, offset) : accepted(offset), ++offset);
      }
      CountDownLatch start = new CountDownLatch(1);
      CompletableFuture<Boolean> commit =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  start.await();
                  before.commit();
                  return true;
                } catch (JournalException e) {
                  return false;
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      owner = lane();
      start.countDown();
      TimeUnit.MICROSECONDS.sleep(500L * round);
      int read = readAll(owner, owner.takeOver(null)).size();
      assertThat(read).isIn(committed, committed + 3);
      if (commit.get()) {
        assertThat(read).isEqualTo(committed + 3);
      }
      committed = read;
      LaneJournal fenced = before;
      assertThatThrownBy(
              () -> {
                fenced.append(accepted(1_000), 1_000);
                fenced.commit();
              })
          .isInstanceOf(JournalException.class);
    }
    assertThat(committed()).hasSize(committed);
  }

  @Test
  void transactionThatTimedOutIsNoOtherOwner() throws Exception {
    settings =
        KafkaTestSettings.withTimeouts(settings, Duration.ofSeconds(1), Duration.ofSeconds(60));
    KafkaJournal journal =
        BROKER.closing(KafkaJournal.connect(settings, LANES, Duration.ofHours(1)));
    LaneJournal lane = BROKER.closing(journal.lane(LANE, () -> {}));
    readAll(lane, lane.takeOver(null));
    lane.append(accepted(0), 1);
    String id = settings.topics().accepted() + "-lane-" + LANE;
    await()
        .until(
            () ->
                admin.describeTransactions(List.of(id)).description(id).get().state()
                    == TransactionState.COMPLETE_ABORT);
    JournalException failure = catchThrowableOfType(JournalException.class, lane::commit);
    assertThat(failure)
        .isNotInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("after 1 s the broker aborts it");
    // Without waiting to see whether there is one.
    assertThat(lane.diagnose(failure)).isSameAs(failure);
    assertThat(committed()).isEmpty();
  }

  @Test
  void openTransactionOfAnotherProgramIsReportedWithPositions() throws Exception {
    LaneJournal lane = owner();
    lane.append(accepted(0), 1);
    lane.commit();
    try (KafkaProducer<byte[], byte[]> producer = BROKER.foreignTransaction()) {
      producer
          .send(new ProducerRecord<>(settings.topics().accepted(), LANE, NOTHING, NOTHING))
          .get();
      settings =
          KafkaTestSettings.withTimeouts(settings, Duration.ofSeconds(60), Duration.ofSeconds(1));
      assertThatThrownBy(this::committed)
          .isInstanceOf(JournalException.class)
          .hasMessageContaining(settings.topics().accepted() + "/1 at offset 2 of 5")
          .hasMessageContaining("last stable offset is 2");
      producer.abortTransaction();
    }
  }

  @Test
  void recordOfAnotherProgramIsFoundAtACheckpoint() throws Exception {
    LaneJournal lane = owner();
    try (KafkaProducer<byte[], byte[]> producer = BROKER.foreignTransaction()) {
      lane.append(accepted(0), 1);
      LanePosition end = lane.commit();
      lane.awaitVisible(end);
      producer
          .send(new ProducerRecord<>(settings.topics().accepted(), LANE, NOTHING, NOTHING))
          .get();
      lane.awaitVisible(end);
      producer.commitTransaction();
      assertThatThrownBy(
              () -> {
                while (true) {
                  lane.awaitVisible(end);
                }
              })
          .isInstanceOf(JournalException.class)
          .hasMessageContaining(
              "up to [4, 0, 0], what was committed ends at [2, 0, 0]: another program");
    }
  }

  @Test
  void fencedOwnerWithNothingToCommitNoticesBeforeACheckpoint() throws Exception {
    LaneJournal fenced = owner();
    fenced.append(accepted(0), 1);
    LanePosition end = fenced.commit();
    LaneJournal other = owner();
    other.append(accepted(1), 2);
    other.awaitVisible(other.commit());
    assertThatThrownBy(() -> fenced.awaitVisible(end)).isInstanceOf(JournalException.class);
  }

  @Test
  void recordOfAnotherProgramIsFoundBeforeTheNextCommit() throws Exception {
    LaneJournal lane = owner();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            settings.client(), new ByteArraySerializer(), new ByteArraySerializer())) {
      producer
          .send(new ProducerRecord<>(settings.topics().accepted(), LANE, NOTHING, NOTHING))
          .get();
    }
    lane.append(accepted(0), 1);
    assertThatThrownBy(lane::commit)
        .isInstanceOf(JournalException.class)
        .hasMessageContaining("offset 1 of " + settings.topics().accepted() + "/1 instead of 0");
    assertThatThrownBy(this::committed)
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("is no verdict");
  }

  /** Retention empties the partition of a lane that rests: nothing that counts is gone. */
  @Test
  void partEmptiedUpToItsLastCommitCanBeTakenOver() throws Exception {
    LaneJournal lane = owner();
    lane.append(accepted(0), 1);
    LanePosition end = lane.commit();
    // A commit is acknowledged before its marker is written, which is to be deleted too.
    lane.awaitVisible(end);
    TopicPartition partition = new TopicPartition(settings.topics().accepted(), LANE);
    admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(-1))).all().get();
    LaneJournal next = lane();
    assertThat(next.takeOver(end)).isEqualTo(new LaneRange(end, end));
    assertThatThrownBy(() -> lane().takeOver(null))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("begins at offset 2");
  }

  @Test
  void largestDeadLetterIsWrittenAndALargerOneRefused() throws Exception {
    LaneJournal lane = owner();
    lane.append(Verdicts.deadLetter(LANE, 0, new byte[Topics.MAX_INPUT_BYTES]), 1);
    lane.commit();
    assertThatThrownBy(
            () ->
                lane.append(
                    Verdicts.deadLetter(LANE, 1, new byte[Topics.MAX_DEAD_LETTER_BYTES]), 2))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("transactions/0/1")
        .hasMessageContaining("max.message.bytes");
  }

  @Test
  void closingDoesNotWaitForTheBroker() throws Exception {
    LaneJournal lane = owner();
    lane.append(accepted(0), 1);
    lane.close();
    assertThatThrownBy(lane::commit).isInstanceOf(JournalException.class);
    assertThat(committed()).isEmpty();
  }

  @Test
  void otherNumberOfPartitionsIsRefused() {
    assertThatThrownBy(() -> KafkaJournal.connect(settings, LANES + 1))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("has 2 partitions and the job 3 lanes");
  }

  @Test
  void missingTopicIsRefused() {
    settings =
        KafkaTestSettings.withTimeouts(
            KafkaTestSettings.of(settings.client(), TopicNames.withPrefix("no-such-")),
            Duration.ofSeconds(60),
            Duration.ofSeconds(1));
    assertThatThrownBy(() -> KafkaJournal.connect(settings, LANES))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("no-such-verdicts.accepted");
  }

  @Test
  void recreatedTopicHasAnotherIdentity() throws Exception {
    Map<String, String> before = connect().identity();
    String topic = settings.topics().rejected();
    admin.deleteTopics(List.of(topic)).all().get();
    await()
        .ignoreExceptionsMatching(e -> e instanceof ExecutionException)
        .until(
            () -> {
              new Topics(settings.topics(), 1, LANES).create(admin, (short) 1);
              return new Topics(settings.topics(), 1, LANES).problems(admin).isEmpty();
            });
    Map<String, String> after = connect().identity();
    assertThat(after.keySet()).isEqualTo(before.keySet());
    assertThat(after.get("id of topic " + topic)).isNotEqualTo(before.get("id of topic " + topic));
    assertThat(after.get("cluster id")).isEqualTo(before.get("cluster id"));
  }
}

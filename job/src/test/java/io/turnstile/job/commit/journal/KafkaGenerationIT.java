package io.turnstile.job.commit.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.turnstile.clients.Generation;
import io.turnstile.clients.OwnersTopic;
import io.turnstile.events.TopicNames;
import io.turnstile.job.commit.journal.kafka.ForgottenCommit;
import io.turnstile.job.commit.journal.kafka.KafkaJournal;
import io.turnstile.job.commit.journal.kafka.KafkaJournalSettings;
import io.turnstile.job.commit.journal.kafka.KafkaTestSettings;
import io.turnstile.job.commit.journal.kafka.TestBroker;
import io.turnstile.job.decide.RecoveredAcceptance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two generations of a job on a real broker; each test has its own topics. */
@Timeout(120)
class KafkaGenerationIT {

  private static final int LANES = 2;
  private static final int LANE = 1;
  private static final int OTHER_LANE = 0;
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final Generation OLD = new Generation(1, "old");
  private static final Generation NEW = new Generation(2, "new");

  @RegisterExtension static final TestBroker BROKER = new TestBroker(ForgottenCommit.BROKER_CONFIG);

  private Admin admin;
  private KafkaJournalSettings settings;
  private String owners;

  @BeforeEach
  void createTopics() throws Exception {
    admin = BROKER.admin();
    settings = BROKER.createTopics(LANES);
    owners = settings.topics().owners();
    OwnersTopic.create(admin, owners, LANES);
  }

  private KafkaJournal connect() throws Exception {
    return BROKER.closing(KafkaJournal.connect(settings, LANES));
  }

  private Lane lane(Generation generation) throws Exception {
    return lane(connect(), LANE, generation);
  }

  private static Lane lane(KafkaJournal journal, int number, Generation generation) {
    return BROKER.closing(
        new Lane(number, LANES, journal.identity(), journal.lane(number, () -> {}), generation));
  }

  private Lane owner(Generation generation) throws Exception {
    Lane lane = lane(generation);
    lane.takeOver(null, null, acceptance -> {});
    return lane;
  }

  private static void accept(Lane lane, long offset) throws Exception {
    lane.write(Verdicts.accepted(LANE, LANES, offset));
  }

  private static void commit(Lane lane) throws Exception {
    lane.beginCommit();
    lane.endCommit(lane.commit());
  }

  private Map<Integer, Generation> known() {
    return OwnersTopic.read(settings.client(), owners, TIMEOUT);
  }

  /** Hands over what is followed. */
  private static final class Reader implements Journal.Follower {
    private final BlockingQueue<JournalEntry> found = new LinkedBlockingQueue<>();
    private final CountDownLatch caughtUp = new CountDownLatch(1);
    private volatile boolean enough;

    @Override
    public boolean goesOn() {
      return !enough;
    }

    @Override
    public void read(int lane, JournalEntry entry) {
      assertThat(lane).isEqualTo(LANE);
      found.add(entry);
    }

    @Override
    public void endOfBatch(boolean hasCaughtUp) {
      if (hasCaughtUp) {
        caughtUp.countDown();
      }
    }

    JournalEntry next() throws InterruptedException {
      return found.poll(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    }
  }

  @Test
  void newJobFollowsTheOldOneUntilItTakesOver() throws Exception {
    Lane old = owner(OLD);
    LaneCheckpoint savepoint = old.snapshot();
    accept(old, 0);
    commit(old);
    old.awaitVisible();

    KafkaJournal journal = connect();
    Lane successor = lane(journal, LANE, NEW);
    Lane idle = lane(journal, OTHER_LANE, NEW);
    Map<Integer, LaneRange> ranges =
        Map.of(
            LANE,
            successor.beginFollowing(savepoint, null),
            OTHER_LANE,
            idle.beginFollowing(null, null));
    Reader reader = new Reader();
    CompletableFuture<Map<Integer, LanePosition>> following =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return journal.follow(ranges, reader);
              } catch (JournalException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    assertThat(reader.caughtUp.await(TIMEOUT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    List<RecoveredAcceptance> accepted = new ArrayList<>();
    successor.learn(reader.next(), accepted::add);
    accept(old, 1);
    commit(old);
    successor.learn(reader.next(), accepted::add);
    assertThat(accepted).hasSize(2);
    assertThat(successor.isDecided(Verdicts.source(0))).isTrue();
    reader.enough = true;
    Map<Integer, LanePosition> reached = following.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    successor.followedTo(reached.get(LANE));
    idle.followedTo(reached.get(OTHER_LANE));
    // Committed after the last reading, and not committed at all.
    accept(old, 2);
    commit(old);
    accept(old, 3);

    assertThat(successor.takeOver(savepoint, null, accepted::add)).isEqualTo(3);
    assertThat(idle.takeOver(null, null, accepted::add)).isZero();
    assertThat(known()).containsExactlyInAnyOrderEntriesOf(Map.of(LANE, NEW, OTHER_LANE, NEW));
    assertThat(accepted).hasSize(3);
    assertThat(successor.isDecided(Verdicts.source(1))).isTrue();
    assertThat(successor.isDecided(Verdicts.source(2))).isTrue();
    assertThat(successor.isDecided(Verdicts.source(3))).isFalse();
    assertThatThrownBy(() -> commit(old)).isInstanceOf(JournalException.Fenced.class);
    accept(successor, 3);
    commit(successor);
    successor.awaitVisible();
    assertThat(successor.snapshot().lastSeq()).isEqualTo(4);
  }

  @Test
  void oldJobThatRestartsStopsForGoodAndDisturbsNobody() throws Exception {
    LaneCheckpoint savepoint = owner(OLD).snapshot();
    Lane successor = owner(NEW);
    accept(successor, 0);
    Lane again = lane(OLD);
    assertThatThrownBy(() -> again.takeOver(savepoint, null, acceptance -> {}))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("lane 1: generation 2 (job new) is the owner")
        .hasMessageContaining("stops for good");
    commit(successor);
  }

  @Test
  void ownerThatRestartsTakesOverAgain() throws Exception {
    LaneCheckpoint checkpoint = owner(NEW).snapshot();
    Lane again = lane(NEW);
    again.takeOver(checkpoint, null, acceptance -> {});
    accept(again, 0);
    commit(again);
    assertThat(known()).containsExactlyEntriesOf(Map.of(LANE, NEW));
  }

  /** It looked when nobody else was known yet. */
  @Test
  void whoFencesASuccessorFindsItAfterwards() throws Exception {
    owner(OLD);
    LaneJournal old = BROKER.closing(connect().lane(LANE, () -> {}));
    assertThat(old.owner()).contains(OLD);
    owner(NEW);
    old.takeOver(null);
    assertThat(old.owner()).contains(NEW);
  }

  @Test
  void replacedOwnerWithNothingToCommitNoticesAtACheckpoint() throws Exception {
    Lane old = owner(OLD);
    old.awaitVisible();
    owner(NEW);
    assertThatThrownBy(old::awaitVisible)
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("stops for good");
  }

  /** KAFKA-20734: for the new job it is committed, and nobody can read it or what is behind it. */
  @Test
  void claimThatKafkaForgetsIsMadeAgain() throws Exception {
    owner(OLD);
    ForgottenCommit.leave(
        BROKER,
        settings.topics().accepted() + "-lane-" + LANE,
        OwnersTopic.record(owners, LANE, NEW));
    assertThat(known()).containsExactlyEntriesOf(Map.of(LANE, OLD));

    // It comes to light with the next claim, and before that one.
    owner(OLD);
    assertThat(known()).containsExactlyEntriesOf(Map.of(LANE, OLD));
    Lane again = owner(NEW);
    assertThat(known()).containsExactlyEntriesOf(Map.of(LANE, NEW));
    accept(again, 0);
    commit(again);
    again.awaitVisible();
  }

  /** Verdicts pause meanwhile: it is not waited for until the take-over has to be over. */
  @Test
  void claimThatIsNotGoingToBeVisibleFailsAtOnce() throws Exception {
    settings = KafkaTestSettings.withTimeouts(settings, Duration.ofMinutes(1), Duration.ofHours(1));
    try (KafkaProducer<byte[], byte[]> other = BROKER.foreignTransaction()) {
      other.send(OwnersTopic.record(owners, LANE, OLD)).get();
      Lane lane = lane(NEW);
      assertThatThrownBy(() -> lane.takeOver(null, null, acceptance -> {}))
          .isInstanceOf(JournalException.class)
          .isNotInstanceOf(JournalException.Refused.class)
          .hasMessageContaining("not visible, and the transaction is CompleteCommit");
      other.abortTransaction();
    }
    owner(NEW);
    assertThat(known()).containsExactlyEntriesOf(Map.of(LANE, NEW));
  }

  @Test
  void ownersOfAllLanesAreKnownToEverybody() throws Exception {
    assertThat(connect().owners()).isEmpty();
    owner(OLD);
    KafkaJournal journal = connect();
    lane(journal, OTHER_LANE, NEW).takeOver(null, null, acceptance -> {});
    assertThat(journal.owners())
        .containsExactlyInAnyOrderEntriesOf(Map.of(OTHER_LANE, NEW, LANE, OLD));
  }

  @Test
  void readerThatIsKeptSeesEachNewOwner() throws Exception {
    admin.deleteTopics(List.of(owners)).all().get();
    try (OwnersTopic.Reader reader = new OwnersTopic.Reader(settings.client(), owners)) {
      assertThat(reader.read(TIMEOUT)).isEmpty();
      await()
          .ignoreException(ExecutionException.class)
          .untilAsserted(() -> OwnersTopic.create(admin, owners, LANES));
      owner(OLD);
      await().until(() -> reader.read(TIMEOUT).equals(Map.of(LANE, OLD)));
      owner(NEW);
      assertThat(reader.read(TIMEOUT)).isEqualTo(Map.of(LANE, NEW));
      assertThat(reader.read(TIMEOUT)).isEqualTo(Map.of(LANE, NEW));
    }
  }

  @Test
  void jobWithoutGenerationNeedsNoTopic() throws Exception {
    admin.deleteTopics(List.of(owners)).all().get();
    Lane lane = owner(null);
    accept(lane, 0);
    commit(lane);
    lane.awaitVisible();
    assertThat(OwnersTopic.read(settings.client(), owners, TIMEOUT)).isEmpty();
    assertThat(admin.listTopics().names().get()).doesNotContain(owners);
  }

  @Test
  void otherNumberOfPartitionsIsRefusedBeforeAnybodyIsFenced() throws Exception {
    settings = BROKER.createTopics(TopicNames.withPrefix("otherNumber."), LANES);
    OwnersTopic.create(admin, settings.topics().owners(), LANES + 1);
    KafkaJournal journal = connect();
    assertThatThrownBy(journal::owners)
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("has 3 partitions and the job 2 lanes");
  }
}

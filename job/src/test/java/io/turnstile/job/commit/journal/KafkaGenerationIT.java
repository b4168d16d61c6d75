package io.turnstile.job.commit.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.clients.Generation;
import io.turnstile.clients.OwnersTopic;
import io.turnstile.events.TopicNames;
import io.turnstile.job.commit.journal.kafka.KafkaJournal;
import io.turnstile.job.commit.journal.kafka.KafkaJournalSettings;
import io.turnstile.job.commit.journal.kafka.TestBroker;
import io.turnstile.job.decide.RecoveredAcceptance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/** Two generations of a job on a real broker; each test has its own topics. */
@Timeout(120)
class KafkaGenerationIT {

  private static final int LANES = 2;
  private static final int LANE = 1;
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final Generation OLD = new Generation(1, "old");
  private static final Generation NEW = new Generation(2, "new");

  private static TestBroker broker;
  private static Admin admin;

  private final List<AutoCloseable> open = new ArrayList<>();
  private KafkaJournalSettings settings;
  private String owners;

  @BeforeAll
  static void startBroker() {
    broker = TestBroker.start(Map.of());
    admin = broker.admin();
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @BeforeEach
  void createTopics(TestInfo test) throws Exception {
    TopicNames topics = TopicNames.withPrefix(test.getTestMethod().orElseThrow().getName() + ".");
    settings = broker.createTopics(topics, LANES);
    owners = topics.owners();
    OwnersTopic.create(admin, owners, LANES);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable closeable : open) {
      closeable.close();
    }
  }

  private KafkaJournal connect() throws Exception {
    KafkaJournal journal = KafkaJournal.connect(settings, LANES);
    open.add(journal);
    return journal;
  }

  private Lane lane(Generation generation) throws Exception {
    KafkaJournal journal = connect();
    Lane lane = new Lane(LANE, LANES, journal.identity(), journal.lane(LANE, () -> {}), generation);
    open.add(lane);
    return lane;
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

  /** Hands over what a lane follows. */
  private static final class Reader implements LaneTakeOver.Follower {
    private final BlockingQueue<JournalEntry> found = new LinkedBlockingQueue<>();
    private volatile boolean enough;

    @Override
    public boolean goesOn() {
      return !enough;
    }

    @Override
    public void add(JournalEntry entry) {
      found.add(entry);
    }

    @Override
    public void endOfBatch(boolean caughtUp) {}

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

    Lane successor = lane(NEW);
    successor.beginFollowing(savepoint, null);
    Reader reader = new Reader();
    CompletableFuture<Void> following =
        CompletableFuture.runAsync(
            () -> {
              try {
                successor.follow(reader);
              } catch (JournalException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    List<RecoveredAcceptance> accepted = new ArrayList<>();
    successor.learn(reader.next(), accepted::add);
    accept(old, 1);
    commit(old);
    successor.learn(reader.next(), accepted::add);
    assertThat(accepted).hasSize(2);
    assertThat(successor.isDecided(Verdicts.source(0))).isTrue();
    reader.enough = true;
    following.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    // Committed after the last reading, and not committed at all.
    accept(old, 2);
    commit(old);
    accept(old, 3);

    assertThat(successor.takeOver(savepoint, null, accepted::add)).isEqualTo(3);
    assertThat(known()).containsExactlyEntriesOf(Map.of(LANE, NEW));
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
    LaneJournal old = connect().lane(LANE, () -> {});
    open.add(old);
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

  @Test
  void ownersOfAllLanesAreKnownToEverybody() throws Exception {
    assertThat(connect().owners()).isEmpty();
    owner(OLD);
    KafkaJournal journal = connect();
    Lane other = new Lane(0, LANES, journal.identity(), journal.lane(0, () -> {}), NEW);
    open.add(other);
    other.takeOver(null, null, acceptance -> {});
    assertThat(journal.owners()).containsExactlyInAnyOrderEntriesOf(Map.of(0, NEW, LANE, OLD));
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
    settings = broker.createTopics(TopicNames.withPrefix("otherNumber."), LANES);
    OwnersTopic.create(admin, settings.topics().owners(), LANES + 1);
    KafkaJournal journal = connect();
    assertThatThrownBy(journal::owners)
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("has 3 partitions and the job 2 lanes");
  }
}

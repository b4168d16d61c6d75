package io.turnstile.job.commit.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.turnstile.job.commit.journal.JournalException;
import io.turnstile.job.commit.journal.LaneJournal;
import io.turnstile.job.commit.journal.LanePosition;
import io.turnstile.job.commit.journal.LaneRange;
import io.turnstile.job.commit.journal.Verdicts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.TransactionListing;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** On a broker that forgets a transactional id after five idle seconds, not after a week. */
@Timeout(120)
@Tag("extended")
class IdleLaneIT {

  @RegisterExtension
  static final TestBroker BROKER =
      new TestBroker(
          Map.of(
              "transactional.id.expiration.ms", "5000",
              "transaction.remove.expired.transaction.cleanup.interval.ms", "500"));

  private KafkaJournalSettings settings;

  @BeforeEach
  void createTopics() throws Exception {
    settings = BROKER.createTopics(1);
  }

  private LaneJournal lane() throws Exception {
    KafkaJournal journal = BROKER.closing(KafkaJournal.connect(settings, 1));
    return BROKER.closing(journal.lane(0, () -> {}));
  }

  private static LanePosition takeOver(LaneJournal lane, List<Long> committed) throws Exception {
    LaneRange range = lane.takeOver(null);
    lane.read(range, entry -> committed.add(entry.source().offset()));
    return range.end();
  }

  /** A lane that is taken over. */
  private LaneJournal owner() throws Exception {
    LaneJournal lane = lane();
    LanePosition unused = takeOver(lane, new ArrayList<>());
    return lane;
  }

  private static LanePosition commit(LaneJournal lane, long offset) throws Exception {
    lane.append(Verdicts.accepted(0, 1, offset), offset + 1);
    return lane.commit();
  }

  private boolean isForgotten() throws Exception {
    String id = settings.topics().accepted() + "-lane-0";
    return BROKER.admin().listTransactions().all().get().stream()
        .map(TransactionListing::transactionalId)
        .noneMatch(id::equals);
  }

  private void awaitForgotten() {
    await().atMost(Duration.ofSeconds(30)).until(this::isForgotten);
  }

  private List<Long> committed() throws Exception {
    List<Long> committed = new ArrayList<>();
    LanePosition unused = takeOver(lane(), committed);
    return committed;
  }

  @Test
  void laneThatTheBrokerHasForgottenGoesOnAfterACheckpoint() throws Exception {
    LaneJournal lane = owner();
    LanePosition end = commit(lane, 0);
    awaitForgotten();
    lane.awaitVisible(end);
    lane.awaitVisible(commit(lane, 1));
    lane.awaitVisible(commit(lane, 2));
    assertThat(committed()).containsExactly(0L, 1L, 2L);
  }

  @Test
  void laneThatNeverCommittedAnythingGoesOnToo() throws Exception {
    LaneJournal lane = lane();
    LanePosition end = takeOver(lane, new ArrayList<>());
    awaitForgotten();
    lane.awaitVisible(end);
    lane.awaitVisible(commit(lane, 0));
    assertThat(committed()).containsExactly(0L);
  }

  /** An attempt that is cut off gets no barrier, and may still have inputs. */
  @Test
  void idleOwnerThatWasReplacedCannotFenceItsSuccessorWithAVerdict() throws Exception {
    LaneJournal idle = owner();
    commit(idle, 0);
    LaneJournal successor = lane();
    LanePosition end = takeOver(successor, new ArrayList<>());
    awaitForgotten();
    assertThatThrownBy(() -> commit(idle, 1))
        .isInstanceOf(JournalException.class)
        .isNotInstanceOf(JournalException.Refused.class);
    assertThat(isForgotten()).isTrue();
    successor.awaitVisible(end);
    successor.awaitVisible(commit(successor, 1));
    assertThat(committed()).containsExactly(0L, 1L);
  }

  /** Its state does not know what the other has decided; and the other is not disturbed. */
  @Test
  void idleOwnerGivesUpWhenAnotherHasWrittenMeanwhile() throws Exception {
    LaneJournal idle = owner();
    LanePosition end = commit(idle, 0);
    commit(owner(), 1);
    awaitForgotten();
    assertThatThrownBy(() -> idle.awaitVisible(end))
        .isInstanceOf(JournalException.class)
        .isNotInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("another owner has taken over");
    assertThat(isForgotten()).isTrue();
    assertThat(committed()).containsExactly(0L, 1L);
  }
}

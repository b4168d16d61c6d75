package io.turnstile.job.commit.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.job.commit.journal.kafka.KafkaJournal;
import io.turnstile.job.commit.journal.kafka.KafkaJournalSettings;
import io.turnstile.job.commit.journal.kafka.TestBroker;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Every commit takes an epoch of the transactional id; after 32,767 the producer gets a new id. At
 * 100 commits a second that is every five and a half minutes.
 */
@Tag("long")
class EpochRollOverIT {

  private static final int COMMITS = 40_000;
  private static final int COMMITS_PER_CHECKPOINT = 50;
  private static final int COMMITS_PER_LOOK = 10;

  @RegisterExtension static final TestBroker BROKER = new TestBroker();

  private KafkaJournalSettings settings;
  private KafkaJournal journal;
  private final Set<Long> producerIds = new HashSet<>();

  @Test
  @Timeout(1_800)
  void ownersMayDieAroundTheEndOfTheEpochs() throws Exception {
    settings = BROKER.createTopics(1);
    journal = BROKER.closing(KafkaJournal.connect(settings, 1));
    long seed = new Random().nextLong();
    System.out.println("ownersMayDieAroundTheEndOfTheEpochs: seed " + seed);
    Random random = new Random(seed);
    LaneCheckpoint checkpoint = null;
    long checkpointed = 0;
    long next = 0;
    int deaths = 0;
    boolean dangerous = false;
    Lane lane = takeOver(null);
    for (int commits = 0; commits < COMMITS; ) {
      if (!lane.isDecided(Verdicts.source(next))) {
        lane.write(next % 3 == 0 ? Verdicts.rejected(0, next) : Verdicts.accepted(0, 1, next));
      }
      next++;
      if (!lane.beginCommit()) {
        continue;
      }
      if (dangerous && random.nextInt(4) == 0) {
        deaths++;
        die(lane, random);
        lane = takeOver(checkpoint);
        next = checkpointed;
        continue;
      }
      lane.endCommit(lane.commit());
      commits++;
      if (commits % COMMITS_PER_CHECKPOINT == 0) {
        checkpoint = lane.snapshot();
        checkpointed = next;
      }
      if (commits % COMMITS_PER_LOOK == 0) {
        dangerous = isNearEndOfEpochs();
      }
    }
    lane.journal().close();
    assertThat(producerIds).hasSizeGreaterThan(1);
    assertThat(deaths).isPositive();

    // Reading it all back finds what is missing, doubled or foreign.
    Lane reader = new Lane(0, 1, journal.identity(), journal.lane(0, () -> {}));
    assertThat(reader.takeOver(null, null, acceptance -> {})).isEqualTo(next);
    for (long offset = 0; offset < next; offset++) {
      assertThat(reader.isDecided(Verdicts.source(offset))).isTrue();
    }
    reader.close();
  }

  private Lane takeOver(LaneCheckpoint checkpoint) throws Exception {
    Lane lane = new Lane(0, 1, journal.identity(), journal.lane(0, () -> {}));
    lane.takeOver(checkpoint, null, acceptance -> {});
    return lane;
  }

  /** Before its commit, or while it is in flight. */
  private static void die(Lane lane, Random random) throws Exception {
    CompletableFuture<Void> commit = CompletableFuture.completedFuture(null);
    if (random.nextBoolean()) {
      commit =
          CompletableFuture.runAsync(
              () -> {
                try {
                  LanePosition unused = lane.commit();
                } catch (JournalException | InterruptedException e) {
                  // It was cut off.
                }
              });
      TimeUnit.MICROSECONDS.sleep(random.nextInt(3_000));
    }
    lane.journal().close();
    commit.get();
  }

  private boolean isNearEndOfEpochs() throws Exception {
    String id = settings.topics().accepted() + "-lane-0";
    TransactionDescription now =
        BROKER.admin().describeTransactions(List.of(id)).description(id).get();
    producerIds.add(now.producerId());
    int left = Short.MAX_VALUE - now.producerEpoch();
    return left < 100 || (producerIds.size() > 1 && now.producerEpoch() < 50);
  }
}

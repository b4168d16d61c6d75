package io.turnstile.job.commit.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.turnstile.job.commit.journal.kafka.KafkaJournal;
import io.turnstile.job.commit.journal.kafka.KafkaJournalSettings;
import io.turnstile.job.commit.journal.kafka.TestBroker;
import io.turnstile.testbed.TestbedProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A broker that is taken for dead for a moment forgets to mark some commits that it acknowledged
 * (KAFKA-20734): partitions without a leader are taken for deleted. This happens when a broker
 * resumes that was frozen for longer than its session lasts.
 */
@Tag("extended")
class UnmarkedCommitIT {

  @RegisterExtension
  static final TestBroker BROKER = new TestBroker(Map.of(TestBroker.SESSION_TIMEOUT, "2000"));

  private static final int LANES = 16;
  private static final int COMMITS_PER_CHECKPOINT = 5;
  private static final Duration LONGER_THAN_SESSION = Duration.ofMillis(2_600);
  private static final int ENOUGH = 2;
  private static final int MAX_ROUNDS = 6;
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final AtomicInteger unmarked = new AtomicInteger();
  private final AtomicInteger checkpoints = new AtomicInteger();
  private volatile boolean enough;

  @Test
  @Timeout(300)
  void noInputLosesItsVerdictWithTheMarkerOfACommit() throws Exception {
    KafkaJournalSettings settings = BROKER.createTopics(LANES);
    KafkaJournal journal = BROKER.closing(KafkaJournal.connect(settings, LANES));
    ExecutorService threads = Executors.newFixedThreadPool(LANES);
    try {
      List<Future<Long>> runs = new ArrayList<>();
      for (int lane = 0; lane < LANES; lane++) {
        runs.add(threads.submit(new LaneOwner(journal, lane)::run));
      }
      for (int round = 0; unmarked.get() < ENOUGH && round < MAX_ROUNDS; round++) {
        awaitCheckpoints(10 * LANES, runs);
        BROKER.testbed().pause(TestbedProcess.BROKER);
        TimeUnit.MILLISECONDS.sleep(LONGER_THAN_SESSION.toMillis());
        BROKER.testbed().resume(TestbedProcess.BROKER);
        awaitCheckpoints(20 * LANES, runs);
      }
      enough = true;
      for (int lane = 0; lane < LANES; lane++) {
        requireEveryInputOnce(journal, lane, runs.get(lane).get());
      }
      assumeThat(unmarked).as("commits that the broker forgot").hasPositiveValue();
    } finally {
      threads.shutdownNow();
    }
  }

  private void awaitCheckpoints(int more, List<Future<Long>> runs) {
    int until = checkpoints.get() + more;
    await()
        .atMost(PATIENCE)
        .until(() -> checkpoints.get() >= until || runs.stream().anyMatch(Future::isDone));
  }

  private static void requireEveryInputOnce(KafkaJournal journal, int number, long inputs)
      throws Exception {
    Lane reader = new Lane(number, LANES, journal.identity(), journal.lane(number, () -> {}));
    // Refuses second verdicts.
    reader.takeOver(null, null, acceptance -> {});
    for (long offset = 0; offset < inputs; offset++) {
      assertThat(reader.isDecided(Verdicts.source(offset)))
          .as("lane %s, %s", number, offset)
          .isTrue();
    }
    reader.close();
  }

  /** Does with one lane what the job does, restarts included. */
  private final class LaneOwner {
    private final KafkaJournal journal;
    private final int number;
    private LaneCheckpoint checkpoint;
    private long checkpointed;

    LaneOwner(KafkaJournal journal, int number) {
      this.journal = journal;
      this.number = number;
    }

    /** Returns how many inputs the last checkpoint covers. */
    long run() throws Exception {
      while (!enough) {
        Lane lane = new Lane(number, LANES, journal.identity(), journal.lane(number, () -> {}));
        try {
          lane.takeOver(checkpoint, null, acceptance -> {});
          attempt(lane);
        } catch (JournalException.Refused e) {
          throw e;
        } catch (JournalException e) {
          if (e.getMessage().contains("KAFKA-20734")) {
            unmarked.incrementAndGet();
          }
        } finally {
          lane.close();
        }
      }
      return checkpointed;
    }

    private void attempt(Lane lane) throws Exception {
      long next = checkpointed;
      for (int commits = 1; !enough; commits++) {
        // Alternating, so that not every transaction is on the same partitions.
        for (int i = 0; i < 1 + commits % 2; i++, next++) {
          if (!lane.isDecided(Verdicts.source(next))) {
            lane.write(
                next % 3 == 0
                    ? Verdicts.rejected(number, next)
                    : Verdicts.accepted(number, LANES, next));
          }
        }
        if (lane.beginCommit()) {
          lane.endCommit(lane.commit());
        }
        if (commits % COMMITS_PER_CHECKPOINT == 0) {
          lane.awaitVisible();
          checkpoint = lane.snapshot();
          checkpointed = next;
          checkpoints.incrementAndGet();
        }
      }
    }
  }
}

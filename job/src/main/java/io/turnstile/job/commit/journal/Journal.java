package io.turnstile.job.commit.journal;

import io.turnstile.clients.Generation;
import java.io.Serializable;
import java.util.Map;
import java.util.SortedMap;
import org.apache.flink.metrics.MetricGroup;

/**
 * The store of committed verdicts, cut into lanes that have one owner each. Thread-safe.
 *
 * <p>An implementation promises: a committed verdict stays, under the number it was appended with;
 * and once {@link LaneJournal#takeOver} has returned, no earlier owner of that lane appends or
 * commits anything.
 */
public interface Journal extends AutoCloseable {

  /** How many lanes a subtask takes over at a time: each take-over has clients of its own. */
  int MAX_TAKE_OVERS_AT_ONCE = 16;

  /**
   * The facts that tell this store from every other, by name: a checkpoint that was taken with
   * another one cannot be restored.
   */
  SortedMap<String, String> identity();

  /**
   * The generations that own lanes, by lane; those that no generation ever owned are missing.
   *
   * @throws JournalException.Refused if this store cannot keep them, or not with what the job may
   *     do
   */
  default Map<Integer, Generation> owners() throws JournalException, InterruptedException {
    throw new JournalException.Refused(
        "--generation needs --journal-store kafka: this store keeps no generations");
  }

  /**
   * A lane, not taken over yet.
   *
   * @param failed called, from any thread and without blocking, when something has failed in the
   *     background; {@link LaneJournal#check} then throws the failure
   */
  LaneJournal lane(int number, Runnable failed);

  /**
   * Reads committed verdicts of some lanes as they come, without becoming the owner of any: until
   * the follower has enough.
   *
   * @param lanes what {@link LaneJournal#beginFollowing} has returned, by lane
   * @return where it got to in each lane; {@link LaneJournal#takeOver} may begin there
   */
  default Map<Integer, LanePosition> follow(Map<Integer, LaneRange> lanes, Follower follower)
      throws JournalException, InterruptedException {
    throw new UnsupportedOperationException("this store has no generations");
  }

  /** Takes entries of several lanes, in any order. */
  interface Follower {

    /** Returns whether more is wanted; asked often. */
    boolean goesOn();

    void read(int lane, JournalEntry entry) throws JournalException, InterruptedException;

    /**
     * What was read since the last call is handed over.
     *
     * @param caughtUp whether all lanes are read to the ends that {@link #follow} was called with
     */
    void endOfBatch(boolean caughtUp) throws InterruptedException;
  }

  /** Frees resources at once; commits nothing. */
  @Override
  void close();

  /** Connects to the store on the cluster. */
  @FunctionalInterface
  interface Connector extends Serializable {

    /**
     * Connects.
     *
     * @param lanes how many lanes the deployment has
     * @param metrics gets the store's own
     * @throws JournalException.Refused if the store does not suit
     */
    Journal connect(int lanes, MetricGroup metrics) throws JournalException, InterruptedException;
  }
}

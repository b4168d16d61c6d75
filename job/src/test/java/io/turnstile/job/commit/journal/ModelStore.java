package io.turnstile.job.commit.journal;

import io.turnstile.clients.Generation;

/** One lane's store for the model: one thread, no waiting. Outlives its owners. */
interface ModelStore {

  /**
   * Makes one who will take over.
   *
   * @param number of the attempt
   * @param generation of its job; null for none
   * @param meanwhile runs where others may get in between
   */
  Owner owner(int number, Generation generation, Runnable meanwhile);

  /** Returns whether a greater generation than this has taken over; never without generations. */
  default boolean isSuperseded(Generation generation) {
    return false;
  }

  /** The generation that has made itself known as owner; null if none has. */
  default Generation known() {
    return null;
  }

  /** Where the lane ends for those who write. */
  LanePosition end();

  /** Up to where a reader of committed verdicts gets. */
  LanePosition stableEnd();

  /** The number of the last committed verdict. */
  long lastSeq();

  /** Returns whether a commit that was acknowledged is not marked on a part. */
  boolean hasUnmarked();

  /** Adds all that tells its state from others. */
  void describe(StringBuilder text);

  /** One who took over the lane, or is about to. */
  interface Owner extends LaneJournal {

    /**
     * Reads what another owner has committed, as {@link Journal#follow} does.
     *
     * @return where it got to
     */
    default LanePosition follow(LanePosition from, Reader reader)
        throws JournalException, InterruptedException {
      throw new UnsupportedOperationException("this store has no generations");
    }

    /** The take-over begins now. */
    default void beginTakeOver() {}

    /** As an owner does it that has committed nothing for long. */
    void takeOverAgain() throws JournalException;

    /** Returns whether the next commit has verdicts on this part. */
    boolean touches(int part);

    /** The next commit is acknowledged, and not marked on a part: Kafka's bug. */
    void leaveUnmarked(int part);

    /** Acknowledges a commit that is still to be done. */
    LanePosition promiseCommit() throws JournalException;

    /** Adds all that tells its state from others. */
    void describe(StringBuilder text);
  }
}

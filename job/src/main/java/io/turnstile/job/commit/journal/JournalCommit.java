package io.turnstile.job.commit.journal;

import io.turnstile.job.commit.PendingLatencies;
import io.turnstile.job.commit.journal.JournalEntry.Recollection;
import io.turnstile.job.decide.CommitStrategy;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.read.InputMetadata;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.execution.Environment;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.io.network.partition.ResultPartitionType;
import org.apache.flink.runtime.io.network.partition.consumer.IndexedInputGate;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.util.function.ThrowingRunnable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commit mode <em>journal</em>: commits verdicts every few milliseconds, whatever the checkpoint
 * interval. What a checkpoint does not know of them, the next owner of a lane reads back.
 *
 * <p>This class is the threads and the time around {@link Lane}, which is the protocol: each lane
 * has a thread of its own that takes over and commits; all else happens in the task thread, timers
 * and the ends of commits included, as mails.
 */
public final class JournalCommit implements CommitStrategy {

  private static final Logger LOG = LoggerFactory.getLogger(JournalCommit.class);
  private static final int CHUNK = 1_000;
  private static final int MAX_CHUNKS = 64;
  private static final int MAX_TAKE_OVERS_AT_ONCE = 16;
  private static final long CLOSE_TIMEOUT_MILLIS = 5_000;

  private final JournalSettings settings;
  private final Journal.Connector connector;
  private final MailboxExecutor mailbox;
  private final ProcessingTimeService time;
  private final Environment environment;
  private final MetricGroup metricGroup;
  private final int lanes;
  private final KeyGroupRange range;

  private ListState<LaneState> checkpointed;
  private final Map<Integer, LaneState> restored = new HashMap<>();
  private Journal journal;
  private final List<OwnedLane> ownedLanes = new ArrayList<>();
  private CommitInterval cadence;
  private JournalMetrics metrics;

  /** Where something has failed in the background. */
  private volatile OwnedLane failed;

  private JournalCommit(
      JournalSettings settings,
      Journal.Connector connector,
      StreamOperatorParameters<?> parameters,
      MetricGroup metricGroup) {
    this.settings = settings;
    this.connector = connector;
    this.mailbox = parameters.getMailboxExecutor();
    this.time = parameters.getProcessingTimeService();
    this.environment = parameters.getContainingTask().getEnvironment();
    this.metricGroup = metricGroup;
    TaskInfo task = environment.getTaskInfo();
    lanes = task.getMaxNumberOfParallelSubtasks();
    range =
        KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
            lanes, task.getNumberOfParallelSubtasks(), task.getIndexOfThisSubtask());
  }

  /** Commits to the verdict topics in Kafka. */
  public static CommitStrategy.Factory factory(JournalSettings settings) {
    return factory(settings, lanes -> KafkaJournal.connect(settings, lanes));
  }

  static CommitStrategy.Factory factory(JournalSettings settings, Journal.Connector connector) {
    return (parameters, output, metrics) ->
        new JournalCommit(settings, connector, parameters, metrics);
  }

  /** A lane with its thread. The fields belong to the task thread. */
  private final class OwnedLane {
    private final Lane lane;
    private final ExecutorService thread;
    private Future<LaneOffsets> commit;
    private long commitBegan = Long.MIN_VALUE;
    private long commitBeganNanos;
    private long newestInput = Long.MIN_VALUE;
    private boolean timerSet;
    private final PendingLatencies awaiting = new PendingLatencies(metrics.latency());
    private long committingBatch;

    OwnedLane(int number) {
      LaneJournal laneJournal = journal.lane(number, () -> failedInBackground(this));
      lane = new Lane(number, lanes, journal.identity(), laneJournal);
      String name = environment.getTaskInfo().getTaskNameWithSubtasks() + " lane " + number;
      thread =
          Executors.newSingleThreadExecutor(
              work -> {
                Thread made = new Thread(work, name);
                made.setDaemon(true);
                return made;
              });
    }
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    requireExactlyOnce();
    // Union: plain list state is dealt out without regard to who owns the lane.
    checkpointed =
        context
            .getOperatorStateStore()
            .getUnionListState(
                new ListStateDescriptor<>(JOURNAL_STATE, LaneState.Serializer.INSTANCE));
    for (LaneState state : checkpointed.get()) {
      if (range.contains(state.lane()) && restored.put(state.lane(), state) != null) {
        throw new IllegalStateException("the checkpoint holds lane " + state.lane() + " twice");
      }
    }
  }

  private void requireExactlyOnce() {
    CheckpointingMode mode =
        CheckpointingOptions.getCheckpointingMode(environment.getJobConfiguration());
    List<ResultPartitionType> exchanges =
        Arrays.stream(environment.getAllInputGates())
            .map(IndexedInputGate::getConsumedPartitionType)
            .toList();
    String problem = problem(mode, exchanges);
    if (problem != null) {
      throw new SuppressRestartsException(new IllegalStateException(problem));
    }
  }

  /**
   * Why verdicts could be lost or come twice with such a job; null if they cannot.
   *
   * @param mode at least once also means that there are no checkpoints
   */
  static String problem(CheckpointingMode mode, List<ResultPartitionType> exchanges) {
    if (mode != CheckpointingMode.EXACTLY_ONCE) {
      return "--commit journal needs exactly-once checkpoints, and this job has none: set"
          + " execution.checkpointing.interval, and execution.checkpointing.mode to EXACTLY_ONCE";
    }
    for (ResultPartitionType exchange : exchanges) {
      if (!exchange.isPipelinedOrPipelinedBoundedResultPartition()) {
        return "--commit journal needs pipelined exchanges, and this job has one that is "
            + exchange
            + ": set execution.runtime-mode to STREAMING and execution.batch-shuffle-mode to"
            + " ALL_EXCHANGES_PIPELINED";
      }
    }
    return null;
  }

  @Override
  public void open(Recall recall) throws Exception {
    metrics = new JournalMetrics(metricGroup, this);
    long began = System.nanoTime();
    try {
      journal = connector.connect(lanes);
      for (int number : range) {
        ownedLanes.add(new OwnedLane(number));
      }
    } catch (JournalException e) {
      throw asTaskFailure(e);
    }
    cadence = new CommitInterval(settings, ownedLanes.size());
    long verdicts = takeOver(recall);
    restored.clear();
    metrics.tookOver(millisSince(began), verdicts);
    LOG.info(
        "Took over lanes {} in {} ms, {} verdicts were committed since the checkpoint",
        range,
        millisSince(began),
        verdicts);
  }

  /** What a lane's thread has for the task thread. */
  private record Learned(List<Recollection> acceptances, OwnedLane from, Long total, Throwable e) {}

  /**
   * Takes over all owned lanes, each in its own thread; what they read is put into state here.
   *
   * @return how many verdicts were read
   */
  private long takeOver(Recall recall) throws Exception {
    BlockingQueue<Learned> queue = new ArrayBlockingQueue<>(MAX_CHUNKS);
    Semaphore atOnce = new Semaphore(MAX_TAKE_OVERS_AT_ONCE);
    for (OwnedLane owned : ownedLanes) {
      owned.thread.execute(() -> takeOver(owned, atOnce, queue));
    }
    long verdicts = 0;
    for (int left = ownedLanes.size(); left > 0; ) {
      Learned learned = queue.take();
      if (learned.e() != null) {
        throw failure(learned.from(), learned.e());
      }
      for (Recollection acceptance : learned.acceptances()) {
        recall.remember(acceptance.routingKey(), acceptance.acceptance());
      }
      if (learned.total() != null) {
        verdicts += learned.total();
        left--;
      }
    }
    return verdicts;
  }

  private void takeOver(OwnedLane owned, Semaphore atOnce, BlockingQueue<Learned> queue) {
    try {
      atOnce.acquire();
      try {
        List<Recollection> chunk = new ArrayList<>();
        long total =
            owned.lane.takeOver(
                restored.get(owned.lane.number()),
                givenStart(owned.lane.journal()),
                acceptance -> {
                  chunk.add(acceptance);
                  if (chunk.size() == CHUNK) {
                    queue.put(new Learned(List.copyOf(chunk), owned, null, null));
                    chunk.clear();
                  }
                });
        queue.put(new Learned(chunk, owned, total, null));
      } catch (JournalException | RuntimeException | Error e) {
        queue.put(new Learned(List.of(), owned, null, e));
      } finally {
        atOnce.release();
      }
    } catch (InterruptedException e) {
      // The task is being closed: nobody takes from the queue any more.
      Thread.currentThread().interrupt();
    }
  }

  private LaneOffsets givenStart(LaneJournal laneJournal) throws JournalException {
    StartOffsets given = settings.startOffsets();
    return given == null ? null : given.of(laneJournal.parts());
  }

  @Override
  public boolean isDecided(int lane, InputMetadata metadata) throws Exception {
    check();
    boolean decided = owned(lane).lane.isDecided(metadata.position());
    if (decided) {
      metrics.suppressed();
    }
    return decided;
  }

  @Override
  public void write(Verdict verdict) throws Exception {
    check();
    OwnedLane owned = owned(verdict.lane());
    if (owned.lane.isCommitting() && heldBytes() + Lane.sizeOf(verdict) > settings.maxHeldBytes()) {
      // Not by yielding to the mailbox: a checkpoint must not come in between.
      awaitCommit(owned);
    }
    try {
      owned.lane.write(verdict);
    } catch (JournalException e) {
      throw commitFailure(owned, e);
    }
    owned.newestInput = Math.max(owned.newestInput, verdict.receivedAt());
    owned.awaiting.add(verdict.receivedAt());
    scheduleCommit(owned);
  }

  private OwnedLane owned(int lane) {
    return ownedLanes.get(lane - range.getStartKeyGroup());
  }

  private void scheduleCommit(OwnedLane owned) {
    if (!owned.timerSet && !owned.lane.isCommitting() && !owned.lane.isSettled()) {
      owned.timerSet = true;
      ScheduledFuture<?> unused =
          time.registerTimer(nextCommit(owned), timestamp -> commitIfDue(owned));
    }
  }

  private long nextCommit(OwnedLane owned) {
    return cadence.nextCommit(
        time.getCurrentProcessingTime(), owned.commitBegan, owned.newestInput);
  }

  private void commitIfDue(OwnedLane owned) throws Exception {
    owned.timerSet = false;
    check();
    if (nextCommit(owned) > time.getCurrentProcessingTime()) {
      // A backlog showed since the timer was set.
      scheduleCommit(owned);
    } else if (!owned.lane.isCommitting()) {
      beginCommit(owned);
    }
  }

  private void beginCommit(OwnedLane owned) {
    if (!owned.lane.beginCommit()) {
      return;
    }
    owned.committingBatch = owned.awaiting.close();
    owned.commitBegan = time.getCurrentProcessingTime();
    owned.commitBeganNanos = System.nanoTime();
    owned.newestInput = Long.MIN_VALUE;
    FutureTask<LaneOffsets> commit =
        new FutureTask<>(() -> commit(owned)) {
          @Override
          protected void done() {
            mail(() -> endCommit(owned, this));
          }
        };
    owned.commit = commit;
    owned.thread.execute(commit);
  }

  /** In the lane's thread. */
  private LaneOffsets commit(OwnedLane owned) throws JournalException, InterruptedException {
    try {
      return owned.lane.commit();
    } catch (JournalException | InterruptedException | RuntimeException e) {
      failed = owned;
      throw e;
    }
  }

  /** Does nothing if the end of that commit was already seen to by somebody who waited for it. */
  private void endCommit(OwnedLane owned, Future<LaneOffsets> commit) throws Exception {
    if (owned.commit == commit) {
      awaitCommit(owned);
      scheduleCommit(owned);
    }
  }

  /** Waits for the commit in flight, if there is one, and opens the next transaction. */
  private void awaitCommit(OwnedLane owned) throws Exception {
    if (owned.commit == null) {
      return;
    }
    try {
      LaneOffsets end = owned.commit.get();
      owned.commit = null;
      owned.lane.endCommit(end);
      metrics.committed(millisSince(owned.commitBeganNanos));
      owned.awaiting.committed(owned.committingBatch, time.getCurrentProcessingTime());
    } catch (ExecutionException e) {
      throw commitFailure(owned, e.getCause());
    } catch (CancellationException e) {
      throw failure(owned, e);
    } catch (JournalException e) {
      throw commitFailure(owned, e);
    }
  }

  @Override
  public void prepareSnapshot() throws Exception {
    commitAll();
  }

  @Override
  public void finish() throws Exception {
    commitAll();
  }

  private void commitAll() throws Exception {
    check();
    for (OwnedLane owned : ownedLanes) {
      awaitCommit(owned);
      beginCommit(owned);
    }
    for (OwnedLane owned : ownedLanes) {
      awaitCommit(owned);
    }
    awaitAllVisible();
    check();
  }

  /** Asks in the threads of the lanes, so that the answers come together. */
  private void awaitAllVisible() throws Exception {
    List<Future<Void>> visible = new ArrayList<>(ownedLanes.size());
    for (OwnedLane owned : ownedLanes) {
      visible.add(
          owned.thread.submit(
              () -> {
                owned.lane.awaitVisible();
                return null;
              }));
    }
    for (int i = 0; i < visible.size(); i++) {
      try {
        visible.get(i).get();
      } catch (ExecutionException e) {
        throw commitFailure(ownedLanes.get(i), e.getCause());
      }
    }
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    check();
    List<LaneState> states = new ArrayList<>(ownedLanes.size());
    for (OwnedLane owned : ownedLanes) {
      states.add(owned.lane.snapshot());
    }
    checkpointed.update(states);
  }

  /** From any thread: the task fails now, also if no input ever comes. */
  private void failedInBackground(OwnedLane owned) {
    failed = owned;
    mail(this::check);
  }

  private void mail(ThrowingRunnable<Exception> action) {
    try {
      mailbox.execute(action, "journal");
    } catch (RejectedExecutionException e) {
      // The task ends; whoever still waits for a commit waits for its future.
    }
  }

  private void check() throws Exception {
    OwnedLane owned = failed;
    if (owned != null) {
      try {
        owned.lane.journal().check();
      } catch (JournalException e) {
        throw commitFailure(owned, e);
      }
      awaitCommit(owned);
    }
  }

  /** Of what was written and can no longer be committed. */
  private Exception commitFailure(OwnedLane owned, Throwable e) throws InterruptedException {
    metrics.commitFailed();
    return failure(owned, e);
  }

  private static Exception failure(OwnedLane owned, Throwable e) throws InterruptedException {
    if (e instanceof JournalException known) {
      return asTaskFailure(owned.lane.journal().diagnose(known));
    }
    return new IllegalStateException("lane " + owned.lane.number() + " failed", e);
  }

  private static Exception asTaskFailure(JournalException e) {
    return e instanceof JournalException.Refused ? new SuppressRestartsException(e) : e;
  }

  @Override
  public void close() throws InterruptedException {
    // First the connections: that ends what the threads are waiting for.
    for (OwnedLane owned : ownedLanes) {
      owned.lane.journal().close();
      owned.thread.shutdownNow();
    }
    if (journal != null) {
      journal.close();
    }
    for (OwnedLane owned : ownedLanes) {
      boolean unused = owned.thread.awaitTermination(CLOSE_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private static long millisSince(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
  }

  long uncommittedVerdicts() {
    return ownedLanes.stream().mapToLong(owned -> owned.lane.pending()).sum();
  }

  long heldBytes() {
    long bytes = 0;
    for (OwnedLane owned : ownedLanes) {
      bytes += owned.lane.heldBytes();
    }
    return bytes;
  }

  long commitsInFlight() {
    return ownedLanes.stream().filter(owned -> owned.lane.isCommitting()).count();
  }

  long decidedAhead() {
    return ownedLanes.stream().mapToLong(owned -> owned.lane.decidedAhead()).sum();
  }
}

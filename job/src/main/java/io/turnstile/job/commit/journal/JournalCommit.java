package io.turnstile.job.commit.journal;

import io.turnstile.clients.Generation;
import io.turnstile.job.decide.AcceptanceSink;
import io.turnstile.job.decide.CommitStrategy;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.read.PositionSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.execution.Environment;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.function.ThrowingRunnable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commit mode <em>journal</em>: commits verdicts every few milliseconds, independent of the
 * checkpoint interval. The next owner of a lane reads back the verdicts that its checkpoint does
 * not know.
 *
 * <p>Runs {@link Lane}, which is the protocol, in Flink: {@link ParallelTakeOver} at the start, or
 * after it has been {@link Following} another job's verdicts, until that one is to be replaced;
 * then one {@link LaneThread} for each owned lane. All methods are for the task thread.
 */
public final class JournalCommit implements CommitStrategy {

  private static final Logger LOG = LoggerFactory.getLogger(JournalCommit.class);

  private final JournalSettings settings;
  private final Journal.Connector connector;
  private final MailboxExecutor mailbox;
  private final ProcessingTimeService time;
  private final Environment environment;
  private final MetricGroup metricGroup;
  private final int lanes;
  private final KeyGroupRange range;
  private final LaneThread.Task task = new Task();

  private ListState<LaneCheckpoint> checkpointed;
  private final Map<Integer, LaneCheckpoint> restored = new HashMap<>();
  private Journal journal;
  private final List<LaneThread> ownedLanes = new ArrayList<>();
  private CommitInterval interval;
  private JournalMetrics metrics;
  private AcceptanceSink<Exception> sink;
  private ThrowingRunnable<Exception> learned = () -> {};

  /** While another job owns the lanes; else null. */
  private Following following;

  /** A lane that has failed in its own thread or in the store's. */
  private volatile LaneThread failed;

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
    TaskInfo info = environment.getTaskInfo();
    lanes = info.getMaxNumberOfParallelSubtasks();
    range =
        KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
            lanes, info.getNumberOfParallelSubtasks(), info.getIndexOfThisSubtask());
  }

  /** Commits to a store. */
  public static CommitStrategy.Factory factory(
      JournalSettings settings, Journal.Connector connector) {
    return new Factory(settings, connector);
  }

  private record Factory(JournalSettings settings, Journal.Connector connector)
      implements CommitStrategy.Factory {

    @Override
    public CommitStrategy create(
        StreamOperatorParameters<Verdict> parameters,
        Output<StreamRecord<Verdict>> output,
        MetricGroup metrics) {
      return new JournalCommit(settings, connector, parameters, metrics);
    }

    @Override
    public boolean mayStandBy() {
      return settings.generation() != null;
    }
  }

  private final class Task implements LaneThread.Task {

    @Override
    public void mail(ThrowingRunnable<Exception> action) {
      try {
        mailbox.execute(action, "journal");
      } catch (RejectedExecutionException e) {
        // The task ends; whoever still waits for a commit waits for its future.
      }
    }

    @Override
    public void failed(LaneThread lane) {
      failed = lane;
    }

    @Override
    public void checkLanes() throws Exception {
      LaneThread lane = failed;
      if (lane != null) {
        lane.check();
      }
    }

    @Override
    public ProcessingTimeService time() {
      return time;
    }

    @Override
    public CommitInterval interval() {
      return interval;
    }

    @Override
    public JournalMetrics metrics() {
      return metrics;
    }
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    ExactlyOnceGuard.require(environment);
    // Union: plain list state is dealt out without regard to who owns the lane.
    checkpointed =
        context
            .getOperatorStateStore()
            .getUnionListState(
                new ListStateDescriptor<>(JOURNAL_STATE, LaneCheckpoint.Serializer.INSTANCE));
    for (LaneCheckpoint lane : checkpointed.get()) {
      if (range.contains(lane.lane()) && restored.put(lane.lane(), lane) != null) {
        throw new IllegalStateException("the checkpoint holds lane " + lane.lane() + " twice");
      }
    }
  }

  @Override
  public void open(AcceptanceSink<Exception> acceptances) throws Exception {
    sink = acceptances;
    metrics = new JournalMetrics(metricGroup, ownedLanes);
    long began = System.nanoTime();
    Generation generation =
        settings.generation() == null
            ? null
            : new Generation(settings.generation(), environment.getJobID().toHexString());
    boolean standBy;
    try {
      journal = connector.connect(lanes, metricGroup);
      standBy = generation != null && hasOtherOwner(generation);
    } catch (JournalException e) {
      throw LaneThread.taskFailure(e);
    }
    interval = new CommitInterval(settings, range.getNumberOfKeyGroups());
    String subtask = environment.getTaskInfo().getTaskNameWithSubtasks();
    for (int number : range) {
      String name = subtask + " lane " + number;
      ownedLanes.add(new LaneThread(journal, number, lanes, generation, name, task));
    }
    if (standBy) {
      following = new Following(journal, ownedLanes, sink, task, () -> learned.run());
      following.start(restored);
      following.awaitCaughtUp();
      LOG.info("Stands by for lanes {}: reads what their owner commits", range);
    } else {
      takeOverLanes(began);
    }
  }

  /**
   * Returns whether another job may own lanes: one that is named as owner, or without a name the
   * one whose checkpoint was restored. Once any lane is this job's, it goes on with the take-over.
   */
  private boolean hasOtherOwner(Generation mine) throws JournalException, InterruptedException {
    Map<Integer, Generation> owners = journal.owners();
    if (owners.containsValue(mine)) {
      return false;
    }
    for (Map.Entry<Integer, Generation> owner : owners.entrySet()) {
      if (mine.isNotAbove(owner.getValue())) {
        throw JournalException.Refused.superseded(
            "lane " + owner.getKey() + ": ", mine, owner.getValue());
      }
    }
    return !owners.isEmpty() || !restored.isEmpty();
  }

  private void takeOverLanes(long began) throws Exception {
    long verdicts = new ParallelTakeOver(ownedLanes, restored).run(sink);
    restored.clear();
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    metrics.tookOver(time.getCurrentProcessingTime(), millis, verdicts);
    LOG.info(
        "Took over lanes {} in {} ms, {} verdicts were committed since the checkpoint",
        range,
        millis,
        verdicts);
  }

  @Override
  public boolean standsBy() {
    return following != null;
  }

  @Override
  public void whenLearned(ThrowingRunnable<Exception> listener) {
    learned = listener;
  }

  @Override
  public long behind() {
    return ownedLanes.stream().map(LaneThread::lane).mapToLong(Lane::decidedAhead).sum();
  }

  @Override
  public void takeOver() throws Exception {
    long began = System.nanoTime();
    following.stop();
    following = null;
    takeOverLanes(began);
  }

  @Override
  public Map<Integer, PositionSet> decidedAhead() {
    Map<Integer, PositionSet> byLane = new HashMap<>();
    ownedLanes.forEach(owned -> byLane.put(owned.lane().number(), owned.lane().decided()));
    return byLane;
  }

  @Override
  public boolean isDecided(int lane, InputMetadata metadata) throws Exception {
    task.checkLanes();
    boolean decided = owned(lane).lane().isDecided(metadata.position());
    if (decided) {
      metrics.suppressed();
    }
    return decided;
  }

  @Override
  public void write(Verdict verdict) throws Exception {
    task.checkLanes();
    LaneThread owned = owned(verdict.lane());
    if (owned.lane().isCommitting()
        && heldBytes() + HeldVerdicts.sizeOf(verdict) > settings.maxHeldBytes()) {
      // Not by yielding to the mailbox: a checkpoint must not come in between.
      owned.awaitCommit();
    }
    owned.write(verdict);
  }

  private long heldBytes() {
    long bytes = 0;
    for (LaneThread owned : ownedLanes) {
      bytes += owned.lane().heldBytes();
    }
    return bytes;
  }

  private LaneThread owned(int lane) {
    return ownedLanes.get(lane - range.getStartKeyGroup());
  }

  @Override
  public void prepareSnapshot() throws Exception {
    commitAll();
  }

  @Override
  public void finish() throws Exception {
    commitAll();
  }

  /** Waits for the commits in flight, commits what is left, and waits until readers see it. */
  private void commitAll() throws Exception {
    task.checkLanes();
    for (LaneThread owned : ownedLanes) {
      owned.awaitCommit();
      owned.beginCommit();
    }
    for (LaneThread owned : ownedLanes) {
      owned.awaitCommit();
    }
    // Asked in the threads of the lanes, so that the answers come together.
    List<Future<Void>> visible = ownedLanes.stream().map(LaneThread::beginAwaitVisible).toList();
    for (int i = 0; i < visible.size(); i++) {
      ownedLanes.get(i).awaitVisible(visible.get(i));
    }
    task.checkLanes();
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    task.checkLanes();
    checkpointed.update(ownedLanes.stream().map(owned -> owned.lane().snapshot()).toList());
  }

  @Override
  public void close() throws InterruptedException {
    for (LaneThread owned : ownedLanes) {
      owned.close();
    }
    if (journal != null) {
      journal.close();
    }
    for (LaneThread owned : ownedLanes) {
      owned.awaitEnd();
    }
  }
}

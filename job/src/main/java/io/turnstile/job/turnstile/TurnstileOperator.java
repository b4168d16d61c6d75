package io.turnstile.job.turnstile;

import io.turnstile.events.Accepted;
import io.turnstile.events.Customer;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Outcome;
import io.turnstile.events.Rejected;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.VerdictCodec;
import io.turnstile.job.reference.Reference;
import io.turnstile.job.reference.ReferenceJoinOperator;
import io.turnstile.job.reference.ReferenceKind;
import io.turnstile.job.reference.ReferenceTopic;
import io.turnstile.job.stream.Arrival;
import io.turnstile.job.stream.RoutingKey;
import io.turnstile.job.stream.Submission;
import io.turnstile.job.stream.Verdict;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperatorFactory;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * The turnstile: decides every input and writes its verdict. Keyed by routing key, joined with the
 * customers; its maximum parallelism is the number of lanes.
 */
public final class TurnstileOperator extends ReferenceJoinOperator<Submission, Customer, Verdict> {

  private static final long NO_CHECKPOINT = 0;

  private final TurnstileSettings settings;
  private final VerdictWriter writer;
  private final Decider decider;

  private transient Memory memory;
  private transient VerdictMetrics verdictMetrics;
  private transient ListState<Long> checkpointedAt;
  private transient int lanes;

  /** When snapshots were taken, by the checkpoint that is not complete yet. */
  private transient NavigableMap<Long, Long> snapshots;

  /** When the newest complete checkpoint was taken; without one, when this attempt began. */
  private transient volatile long restartsFrom;

  private TurnstileOperator(
      StreamOperatorParameters<Verdict> parameters,
      TurnstileSettings settings,
      ReferenceTopic<Customer> customers,
      VerdictWriter.Factory writerFactory) {
    super(
        parameters,
        ReferenceKind.CUSTOMER,
        customers,
        settings.customerWait(),
        Submission.Serializer.INSTANCE);
    this.settings = settings;
    this.decider = new Decider(settings.dedup());
    this.writer = writerFactory.create(parameters, output, getMetricGroup());
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    TaskInfo task = getRuntimeContext().getTaskInfo();
    lanes = task.getMaxNumberOfParallelSubtasks();
    memory = new KeyedMemory(context.getKeyedStateStore(), settings.dedup(), this::now);
    verdictMetrics =
        new VerdictMetrics(
            getMetricGroup(),
            KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
                lanes, task.getNumberOfParallelSubtasks(), task.getIndexOfThisSubtask()));
    checkpointedAt =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("checkpointed-at", Types.LONG));
    long newest = newestCheckpoint();
    refuseStaleCheckpoint(newest);
    snapshots = new TreeMap<>();
    restartsFrom = newest == NO_CHECKPOINT ? now() : newest;
    getMetricGroup().gauge("checkpointTimeMillis", () -> restartsFrom);
    writer.initializeState(context);
  }

  @Override
  public void open() throws Exception {
    // First, for it may take seconds: the waits that go on count from the end of super.open().
    writer.open(
        (routingKey, acceptance) -> {
          setCurrentKey(routingKey);
          memory.remember(acceptance);
        });
    super.open();
  }

  @Override
  public void processElement1(StreamRecord<Submission> record) throws Exception {
    if (!isDecided(record.getValue())) {
      super.processElement1(record);
    }
  }

  @Override
  protected boolean needsReference(Submission submission) {
    return settings.customersRequired() && submission instanceof Submission.Enriched;
  }

  @Override
  protected void processAfterWait(Submission submission, Customer customer) throws Exception {
    // It may have been decided by an earlier attempt, after the checkpoint that it waited in.
    if (!isDecided(submission)) {
      process(submission, customer);
    }
  }

  @Override
  protected void process(Submission submission, Customer customer) throws Exception {
    writer.write(verdict(submission, customer));
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
    super.prepareSnapshotPreBarrier(checkpointId);
    writer.prepareSnapshot();
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    long takenAt = now();
    snapshots.put(context.getCheckpointId(), takenAt);
    checkpointedAt.update(List.of(takenAt));
    writer.snapshotState(context);
  }

  @Override
  public void notifyCheckpointComplete(long checkpointId) throws Exception {
    super.notifyCheckpointComplete(checkpointId);
    Map.Entry<Long, Long> completed = snapshots.floorEntry(checkpointId);
    if (completed != null) {
      restartsFrom = completed.getValue();
      snapshots.headMap(checkpointId, true).clear();
    }
    writer.checkpointCompleted(checkpointId);
  }

  @Override
  public void finish() throws Exception {
    super.finish();
    writer.finish();
  }

  @Override
  public void close() throws Exception {
    try {
      writer.close();
    } finally {
      super.close();
    }
  }

  private boolean isDecided(Submission submission) throws Exception {
    Arrival arrival = submission.arrival();
    return writer.isDecided(lane(arrival), arrival);
  }

  private int lane(Arrival arrival) {
    return RoutingKey.lane(arrival.routingKey(), lanes);
  }

  private Verdict verdict(Submission submission, Customer customer) throws Exception {
    long decidedAt = now();
    Arrival arrival = submission.arrival();
    if (submission instanceof Submission.Unreadable unreadable) {
      return deadLetter(unreadable, decidedAt);
    }
    if (submission instanceof Submission.Refused refused) {
      return rejected(
          arrival,
          refused.transactionId(),
          refused.customerId(),
          refused.reason(),
          refused.detail(),
          decidedAt);
    }
    Submission.Enriched enriched = (Submission.Enriched) submission;
    String id = enriched.transaction().transactionId();
    String customerId = enriched.transaction().customerId();
    if (customer == null && settings.customersRequired()) {
      return rejected(
          arrival,
          id,
          customerId,
          RejectionReason.UNKNOWN_CUSTOMER,
          "no customer after waiting " + settings.customerWait().toMillis() + " ms",
          decidedAt);
    }
    Decider.Decision decision = decider.decide(enriched, customer, memory, decidedAt);
    if (decision instanceof Decider.Decision.Reject reject) {
      return rejected(arrival, id, customerId, reject.reason(), reject.detail(), decidedAt);
    }
    Decider.Decision.Accept accept = (Decider.Decision.Accept) decision;
    verdictMetrics.accepted(lane(arrival), decidedAt - arrival.receivedAt());
    return verdict(
        arrival,
        Outcome.ACCEPTED,
        customerId,
        VerdictCodec.encode(
            new Accepted(
                enriched.transaction(),
                enriched.product(),
                accept.customer(),
                accept.contentHash(),
                arrival.receivedAt(),
                decidedAt)));
  }

  private Verdict rejected(
      Arrival arrival,
      String transactionId,
      String customerId,
      RejectionReason reason,
      String detail,
      long decidedAt) {
    verdictMetrics.rejected(reason, lane(arrival), decidedAt - arrival.receivedAt());
    return verdict(
        arrival,
        Outcome.REJECTED,
        customerId,
        VerdictCodec.encode(
            new Rejected(
                transactionId, customerId, reason, detail, arrival.receivedAt(), decidedAt)));
  }

  private Verdict verdict(Arrival arrival, Outcome outcome, String customerId, byte[] value) {
    return new Verdict(
        lane(arrival),
        arrival.position(),
        outcome,
        arrival.receivedAt(),
        customerId.getBytes(StandardCharsets.UTF_8),
        value,
        null,
        null);
  }

  private Verdict deadLetter(Submission.Unreadable unreadable, long decidedAt) {
    Arrival arrival = unreadable.arrival();
    DeadLetterCode code = unreadable.code();
    verdictMetrics.deadLettered(code, lane(arrival), decidedAt - arrival.receivedAt());
    return new Verdict(
        lane(arrival),
        arrival.position(),
        Outcome.DEAD_LETTER,
        arrival.receivedAt(),
        unreadable.key(),
        unreadable.value(),
        code.name(),
        unreadable.message());
  }

  private long newestCheckpoint() throws Exception {
    long newest = NO_CHECKPOINT;
    for (long time : checkpointedAt.get()) {
      newest = Math.max(newest, time);
    }
    return newest;
  }

  /** State older than the longest outage may have forgotten what is still inside the window. */
  private void refuseStaleCheckpoint(long newest) {
    if (newest == NO_CHECKPOINT || settings.allowStaleCheckpoint()) {
      return;
    }
    Duration age = Duration.ofMillis(now() - newest);
    if (age.compareTo(settings.maxCheckpointAge()) > 0) {
      throw new SuppressRestartsException(
          new IllegalStateException(
              "the checkpoint is %d s old and may not be older than %d s (--max-outage, in checkpoint mode also --transaction-timeout): ids may be forgotten or verdicts timed out; restore a newer one, or take the risk with --allow-stale-checkpoint"
                  .formatted(age.toSeconds(), settings.maxCheckpointAge().toSeconds())));
    }
  }

  /** Makes the operator on the cluster. */
  public static final class Factory extends AbstractStreamOperatorFactory<Verdict>
      implements TwoInputStreamOperatorFactory<Submission, Reference<Customer>, Verdict> {

    private final TurnstileSettings settings;
    private final ReferenceTopic<Customer> customers;
    private final VerdictWriter.Factory writerFactory;

    Factory(
        TurnstileSettings settings,
        ReferenceTopic<Customer> customers,
        VerdictWriter.Factory writerFactory) {
      this.settings = settings;
      this.customers = customers;
      this.writerFactory = writerFactory;
    }

    /** Commit mode <em>checkpoint</em>: emits the verdicts, for a two-phase committing sink. */
    public static Factory committingWithCheckpoints(
        TurnstileSettings settings, ReferenceTopic<Customer> customers) {
      return new Factory(settings, customers, CheckpointWriter::new);
    }

    /**
     * Commit mode <em>journal</em>: commits the verdicts itself and emits nothing.
     *
     * @param journal {@code JournalWriter.factory(…)}
     */
    public static Factory committingToJournal(
        TurnstileSettings settings,
        ReferenceTopic<Customer> customers,
        VerdictWriter.Factory journal) {
      return new Factory(settings, customers, journal);
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    public <T extends StreamOperator<Verdict>> T createStreamOperator(
        StreamOperatorParameters<Verdict> parameters) {
      return (T) new TurnstileOperator(parameters, settings, customers, writerFactory);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
      return TurnstileOperator.class;
    }
  }
}

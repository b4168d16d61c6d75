package io.turnstile.job.decide;

import io.turnstile.decision.dedup.DedupPolicy;
import io.turnstile.decision.dedup.DedupStore;
import io.turnstile.decision.reference.Reference;
import io.turnstile.events.Accepted;
import io.turnstile.events.Customer;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Outcome;
import io.turnstile.events.Rejected;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.VerdictCodec;
import io.turnstile.job.enrich.ReferenceJoinOperator;
import io.turnstile.job.failure.PermanentFailure;
import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.read.ReferenceTopic;
import io.turnstile.job.read.RoutingKey;
import io.turnstile.job.validate.DecisionInput;
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
public final class DecisionOperator
    extends ReferenceJoinOperator<DecisionInput, Customer, Verdict> {

  private static final long NO_CHECKPOINT = 0;

  private final DecisionSettings settings;
  private final CommitStrategy writer;
  private final DedupPolicy dedup;

  private transient DedupStore store;
  private transient VerdictMetrics verdictMetrics;
  private transient ListState<Long> checkpointedAt;
  private transient int lanes;

  /** When snapshots were taken, by the checkpoint that is not complete yet. */
  private transient NavigableMap<Long, Long> snapshots;

  /** When the newest complete checkpoint was taken; without one, when this attempt began. */
  private transient volatile long restartsFrom;

  private DecisionOperator(
      StreamOperatorParameters<Verdict> parameters,
      DecisionSettings settings,
      ReferenceTopic<Customer> customers,
      CommitStrategy.Factory writerFactory) {
    super(
        parameters,
        ReferenceKind.CUSTOMER,
        customers,
        settings.customerWait(),
        DecisionInput.Serializer.INSTANCE);
    this.settings = settings;
    this.dedup = new DedupPolicy(settings.dedup());
    this.writer = writerFactory.create(parameters, output, getMetricGroup());
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    TaskInfo task = getRuntimeContext().getTaskInfo();
    lanes = task.getMaxNumberOfParallelSubtasks();
    store = new FlinkDedupStore(context.getKeyedStateStore(), settings.dedup(), this::now);
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
        recovered -> {
          setCurrentKey(recovered.routingKey());
          store.remember(recovered.acceptance());
        });
    super.open();
  }

  @Override
  public void processElement1(StreamRecord<DecisionInput> record) throws Exception {
    if (!isDecided(record.getValue())) {
      super.processElement1(record);
    }
  }

  @Override
  protected boolean needsReference(DecisionInput decisionInput) {
    return settings.customersRequired() && decisionInput instanceof DecisionInput.Enriched;
  }

  @Override
  protected void processAfterWait(DecisionInput decisionInput, Customer customer) throws Exception {
    // It may have been decided by an earlier attempt, after the checkpoint that it waited in.
    if (!isDecided(decisionInput)) {
      process(decisionInput, customer);
    }
  }

  @Override
  protected void process(DecisionInput decisionInput, Customer customer) throws Exception {
    writer.write(verdict(decisionInput, customer));
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

  private boolean isDecided(DecisionInput decisionInput) throws Exception {
    InputMetadata metadata = decisionInput.metadata();
    return writer.isDecided(lane(metadata), metadata);
  }

  private int lane(InputMetadata metadata) {
    return RoutingKey.lane(metadata.routingKey(), lanes);
  }

  private Verdict verdict(DecisionInput decisionInput, Customer customer) throws Exception {
    long decidedAt = now();
    InputMetadata metadata = decisionInput.metadata();
    if (decisionInput instanceof DecisionInput.Unreadable unreadable) {
      return deadLetter(unreadable, decidedAt);
    }
    if (decisionInput instanceof DecisionInput.Refused refused) {
      return rejected(
          metadata,
          refused.transactionId(),
          refused.customerId(),
          refused.reason(),
          refused.detail(),
          decidedAt);
    }
    DecisionInput.Enriched enriched = (DecisionInput.Enriched) decisionInput;
    String id = enriched.transaction().transactionId();
    String customerId = enriched.transaction().customerId();
    if (customer == null && settings.customersRequired()) {
      return rejected(
          metadata,
          id,
          customerId,
          RejectionReason.UNKNOWN_CUSTOMER,
          "no customer after waiting " + settings.customerWait().toMillis() + " ms",
          decidedAt);
    }
    DedupPolicy.Decision decision =
        dedup.decide(
            enriched.transaction(), metadata.position(), metadata.receivedAt(), store, decidedAt);
    if (decision instanceof DedupPolicy.Decision.Reject reject) {
      return rejected(metadata, id, customerId, reject.reason(), reject.detail(), decidedAt);
    }
    DedupPolicy.Decision.Accept accept = (DedupPolicy.Decision.Accept) decision;
    verdictMetrics.accepted(lane(metadata), decidedAt - metadata.receivedAt());
    return verdict(
        metadata,
        Outcome.ACCEPTED,
        customerId,
        VerdictCodec.encode(
            new Accepted(
                enriched.transaction(),
                enriched.product(),
                customer,
                accept.contentHash(),
                metadata.receivedAt(),
                decidedAt)));
  }

  private Verdict rejected(
      InputMetadata metadata,
      String transactionId,
      String customerId,
      RejectionReason reason,
      String detail,
      long decidedAt) {
    verdictMetrics.rejected(reason, lane(metadata), decidedAt - metadata.receivedAt());
    return verdict(
        metadata,
        Outcome.REJECTED,
        customerId,
        VerdictCodec.encode(
            new Rejected(
                transactionId, customerId, reason, detail, metadata.receivedAt(), decidedAt)));
  }

  private Verdict verdict(
      InputMetadata metadata, Outcome outcome, String customerId, byte[] value) {
    return new Verdict(
        lane(metadata),
        metadata.position(),
        outcome,
        metadata.receivedAt(),
        customerId.getBytes(StandardCharsets.UTF_8),
        value,
        null,
        null);
  }

  private Verdict deadLetter(DecisionInput.Unreadable unreadable, long decidedAt) {
    InputMetadata metadata = unreadable.metadata();
    DeadLetterCode code = unreadable.code();
    verdictMetrics.deadLettered(code, lane(metadata), decidedAt - metadata.receivedAt());
    return new Verdict(
        lane(metadata),
        metadata.position(),
        Outcome.DEAD_LETTER,
        metadata.receivedAt(),
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
      throw PermanentFailure.of(
          "the checkpoint is %d s old and may not be older than %d s (--max-outage, in checkpoint mode also --transaction-timeout): ids may be forgotten or verdicts timed out; restore a newer one, or take the risk with --allow-stale-checkpoint"
              .formatted(age.toSeconds(), settings.maxCheckpointAge().toSeconds()));
    }
  }

  /** Makes the operator on the cluster. */
  public static final class Factory extends AbstractStreamOperatorFactory<Verdict>
      implements TwoInputStreamOperatorFactory<DecisionInput, Reference<Customer>, Verdict> {

    private final DecisionSettings settings;
    private final ReferenceTopic<Customer> customers;
    private final CommitStrategy.Factory commit;

    /**
     * @param customers read to its end at every start
     * @param commit how verdicts become visible
     */
    public Factory(
        DecisionSettings settings,
        ReferenceTopic<Customer> customers,
        CommitStrategy.Factory commit) {
      this.settings = settings;
      this.customers = customers;
      this.commit = commit;
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    public <T extends StreamOperator<Verdict>> T createStreamOperator(
        StreamOperatorParameters<Verdict> parameters) {
      return (T) new DecisionOperator(parameters, settings, customers, commit);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
      return DecisionOperator.class;
    }
  }
}

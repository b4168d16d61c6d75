package io.turnstile.job.decide;

import io.turnstile.decision.dedup.DedupStore;
import io.turnstile.decision.reference.NamedReference;
import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.reference.ReferenceUpdate;
import io.turnstile.events.Customer;
import io.turnstile.events.RejectionReason;
import io.turnstile.job.enrich.JoinedReference;
import io.turnstile.job.enrich.NamedReferences;
import io.turnstile.job.enrich.ReferenceJoin;
import io.turnstile.job.enrich.ReferenceSettings;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.read.ReferenceTopic;
import io.turnstile.job.read.RoutingKey;
import io.turnstile.job.validate.DecidedInputsRelay;
import io.turnstile.job.validate.DecisionInput;
import java.util.List;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.apache.flink.runtime.operators.coordination.OperatorEventGateway;
import org.apache.flink.runtime.operators.coordination.OperatorEventHandler;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedMultiInput;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.IOUtils;

/**
 * The turnstile: decides every input and writes its verdict. Keyed by routing key, joined with the
 * customers and what else is known of them; its maximum parallelism is the number of lanes.
 *
 * <p>While another job decides and this one is to replace it, inputs are held ({@link Succession}).
 */
public final class DecisionOperator extends AbstractStreamOperator<Verdict>
    implements TwoInputStreamOperator<DecisionInput, ReferenceUpdate, Verdict>,
        BoundedMultiInput,
        OperatorEventHandler {

  private final DecisionSettings settings;
  private final CommitStrategy commit;
  private final ReferenceJoin<DecisionInput, Customer> customers;
  private final NamedReferences references;
  private final CheckpointAgeGuard checkpointAge;
  private final OperatorEventGateway coordinator;
  private final Succession succession;

  private DedupStore store;
  private VerdictFactory verdicts;
  private int lanes;
  private int inputsEnded;

  DecisionOperator(
      StreamOperatorParameters<Verdict> parameters,
      DecisionSettings settings,
      ReferenceTopic<Customer> customersTopic,
      List<ReferenceSettings> references,
      CommitStrategy.Factory commitFactory) {
    super(parameters);
    this.settings = settings;
    this.commit = commitFactory.create(parameters, output, getMetricGroup());
    this.checkpointAge = new CheckpointAgeGuard(settings, this::now);
    this.coordinator =
        parameters
            .getOperatorEventDispatcher()
            .getOperatorEventGateway(parameters.getStreamConfig().getOperatorID());
    parameters
        .getOperatorEventDispatcher()
        .registerEventHandler(parameters.getStreamConfig().getOperatorID(), this);
    this.succession =
        new Succession(parameters, commitFactory.mayStandBy(), commit, coordinator, new Held());
    this.customers =
        new ReferenceJoin<>(
            this,
            parameters.getMailboxExecutor(),
            new JoinedReference<>(ReferenceKind.CUSTOMER, customersTopic, settings.customerWait()),
            DecisionInput.Serializer.INSTANCE,
            this::decideAfterWait);
    this.references =
        new NamedReferences(this, parameters.getMailboxExecutor(), references, new Joined());
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    customers.initializeState(context);
    references.initializeState(context);
    TaskInfo task = getRuntimeContext().getTaskInfo();
    lanes = task.getMaxNumberOfParallelSubtasks();
    store = new FlinkDedupStore(context.getKeyedStateStore(), settings.dedup(), this::now);
    verdicts =
        new VerdictFactory(
            settings,
            new VerdictMetrics(
                getMetricGroup(),
                KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
                    lanes, task.getNumberOfParallelSubtasks(), task.getIndexOfThisSubtask())));
    checkpointAge.initializeState(context);
    getMetricGroup().gauge("checkpointTimeMillis", checkpointAge::restartsFrom);
    commit.initializeState(context);
    long restoredAt = now();
    getMetricGroup().gauge("restoredAtMillis", () -> restoredAt);
  }

  @Override
  public void open() throws Exception {
    super.open();
    // Beside the take-over: either may take seconds.
    customers.startCatchUp();
    references.startCatchUp();
    commit.whenLearned(succession::dropDecided);
    // Before the customers: waits that continue get their full time from then on.
    commit.open(
        recovered -> {
          setCurrentKey(recovered.routingKey());
          store.remember(recovered.acceptance());
        });
    commit
        .decidedAhead()
        .forEach((lane, positions) -> DecidedInputsRelay.send(coordinator, lane, lanes, positions));
    customers.open();
    references.open();
    succession.open(getMetricGroup());
  }

  @Override
  public void handleOperatorEvent(OperatorEvent event) {
    succession.handle(event);
  }

  /** Inputs that were held. */
  private final class Held implements Succession.Inputs {

    @Override
    public boolean isDecided(DecisionInput input) throws Exception {
      return DecisionOperator.this.isDecided(input);
    }

    @Override
    public void take(DecisionInput input) throws Exception {
      setCurrentKey(input.metadata().routingKey());
      DecisionOperator.this.take(input);
    }
  }

  @Override
  public void processElement1(StreamRecord<DecisionInput> record) throws Exception {
    DecisionInput input = record.getValue();
    if (succession.isOver()) {
      take(input);
    } else {
      succession.hold(input);
    }
  }

  /**
   * Returns whether it is decided already, once for each time that it arrives.
   *
   * @throws IllegalStateException if its contents have been left behind and it is not
   */
  private boolean isDecided(DecisionInput input) throws Exception {
    return isDecided(lane(input), input);
  }

  private boolean isDecided(int lane, DecisionInput input) throws Exception {
    if (commit.isDecided(lane, input.metadata())) {
      return true;
    }
    if (input instanceof DecisionInput.AlreadyDecided) {
      // Its contents have been left behind: it must not get lost here.
      throw new IllegalStateException(
          "input "
              + input.metadata().position()
              + " came as decided, and lane "
              + lane
              + " knows no verdict of it");
    }
    return false;
  }

  /** The input's key is the current one. */
  private void take(DecisionInput input) throws Exception {
    int lane = lane(input);
    if (isDecided(lane, input)) {
      return;
    }
    if (!(input instanceof DecisionInput.Enriched enriched)) {
      // Whoever floods the job with what it rejects must not cost a look-up each.
      decide(lane, input, null);
      return;
    }
    Customer customer = customers.current();
    if (customer == null && settings.customersRequired()) {
      customers.await(input);
    } else {
      join(lane, enriched, customer);
    }
  }

  private void join(int lane, DecisionInput.Enriched input, Customer customer) throws Exception {
    if (references.isEmpty()) {
      decide(lane, input, customer);
    } else {
      references.join(input);
    }
  }

  private void decideAfterWait(DecisionInput input, ReferenceJoin.Outcome<Customer> outcome)
      throws Exception {
    if (!resumes(input)) {
      return;
    }
    int lane = lane(input);
    if (outcome.unavailable()) {
      commit.write(verdicts.customersUnavailable(lane, input, now()));
    } else if (outcome.reference() == null && settings.customersRequired()) {
      decide(lane, input, null);
    } else {
      join(lane, (DecisionInput.Enriched) input, outcome.reference());
    }
  }

  /**
   * Returns whether an input that has waited is to be decided now. It may have been decided by an
   * earlier attempt, after the checkpoint that it waited in, or by another job; while that one may
   * still decide it, it is held again, to be joined anew.
   */
  private boolean resumes(DecisionInput input) throws Exception {
    if (isDecided(input)) {
      return false;
    }
    if (!succession.isOver()) {
      succession.holdAgain(input);
      return false;
    }
    return true;
  }

  private final class Joined implements NamedReferences.Owner {
    @Override
    public boolean resumes(DecisionInput input) throws Exception {
      return DecisionOperator.this.resumes(input);
    }

    /** The customer in force is the one of now, as the references are. */
    @Override
    public void joined(DecisionInput.Enriched input) throws Exception {
      decide(lane(input), input, customers.current());
    }

    @Override
    public void refused(DecisionInput.Enriched input, RejectionReason reason, String detail)
        throws Exception {
      commit.write(verdicts.refused(lane(input), input, reason, detail, now()));
    }
  }

  private void decide(int lane, DecisionInput input, Customer customer) throws Exception {
    commit.write(verdicts.verdict(lane, input, customer, store, now()));
  }

  private int lane(DecisionInput input) {
    return RoutingKey.lane(input.metadata().routingKey(), lanes);
  }

  @Override
  public void processElement2(StreamRecord<ReferenceUpdate> record) throws Exception {
    if (record.getValue() instanceof NamedReference named) {
      references.update(named);
    } else {
      customers.update(customer(record.getValue()));
    }
  }

  /** The main topic of this operator is the customers'. */
  @SuppressWarnings("unchecked")
  private static Reference<Customer> customer(ReferenceUpdate update) {
    return (Reference<Customer>) update;
  }

  @Override
  public void endInput(int inputId) throws Exception {
    inputsEnded++;
    if (inputsEnded == 2) {
      customers.endInput();
      references.endInput();
    }
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
    super.prepareSnapshotPreBarrier(checkpointId);
    commit.prepareSnapshot();
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    customers.snapshotState();
    references.snapshotState();
    checkpointAge.snapshotState(context);
    commit.snapshotState(context);
  }

  @Override
  public void notifyCheckpointComplete(long checkpointId) throws Exception {
    super.notifyCheckpointComplete(checkpointId);
    checkpointAge.checkpointCompleted(checkpointId);
    commit.checkpointCompleted(checkpointId);
  }

  @Override
  public void finish() throws Exception {
    super.finish();
    commit.finish();
  }

  @Override
  public void close() throws Exception {
    // The commit strategy first: nothing may hold up the fencing of its producers' successors.
    IOUtils.closeAll(commit::close, customers::close, references::close, super::close);
  }

  /** The machine's clock, epoch milliseconds. */
  private long now() {
    return getProcessingTimeService().getCurrentProcessingTime();
  }
}

package io.turnstile.job.validate;

import io.turnstile.decision.token.TokenCheck;
import io.turnstile.decision.token.TokenFault;
import io.turnstile.decision.token.TokenResult;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.CarriedFields;
import io.turnstile.events.Transaction;
import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.read.InputRecord;
import io.turnstile.job.read.TopicIdentities;
import io.turnstile.job.read.TopicIdentityGuard;
import io.turnstile.job.validate.TransactionReader.ReadTransaction;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.Serializable;
import java.util.concurrent.ScheduledFuture;
import java.util.function.LongSupplier;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator;
import org.apache.flink.runtime.operators.coordination.OperatorEvent;
import org.apache.flink.runtime.operators.coordination.OperatorEventHandler;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.CoordinatedOperatorFactory;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;

/**
 * Reads each input and checks its token. What does not pass leaves by {@link #TURNED_AWAY}; what
 * passes leaves its token behind.
 *
 * <p>An input whose token's key is unknown waits until the keys have been read again; the inputs
 * after it overtake it. What waits is part of checkpoints and bounded. When the bound is reached,
 * because the key server is away, the subtask waits too and lets no checkpoint pass: it cannot
 * refuse a token that may be good.
 *
 * <p>The JWKS is part of checkpoints too: a restart can do without the key server. So are tokens
 * that verified: a restart need not verify them again while everybody waits. An input that is
 * replayed and {@linkplain DecidedInLane known} to have its verdict is not even read.
 */
public final class ValidateTransaction extends AbstractStreamOperator<AuthenticatedTransaction>
    implements OneInputStreamOperator<InputRecord, AuthenticatedTransaction>, OperatorEventHandler {

  /** Inputs whose verdict is already clear. */
  public static final OutputTag<DecisionInput> TURNED_AWAY =
      new OutputTag<>("turned-away", DecisionInput.TYPE);

  /** Interval between checks of the waiting inputs. */
  static final long RETRY_MILLIS = 50;

  /** Waiting inputs that are decided in one go: other inputs come in between. */
  static final int RETRIED_AT_ONCE = 16;

  /** Interval at which due readings of the keys begin, and are taken over, without any input. */
  private static final long REFRESH_MILLIS = 1_000;

  private final TokenSettings tokenSettings;
  private final TopicIdentityGuard guard;
  private final NanoClock clock;
  private final TransactionReader reader;
  private final StreamRecord<AuthenticatedTransaction> passed = new StreamRecord<>(null);
  private final StreamRecord<DecisionInput> refused = new StreamRecord<>(null);

  private transient TokenCheck tokenCheck;
  private transient InputMetrics inputMetrics;
  private transient HeldInputs held;
  private transient DecidedInputs decided;
  private transient ListState<InputRecord> checkpointedHeld;
  private transient CheckpointedTokenCheck checkpointed;

  /** Null if nothing waits. */
  private transient ScheduledFuture<?> retry;

  /** The time by which keys are read again, as {@link System#nanoTime}. */
  interface NanoClock extends LongSupplier, Serializable {}

  private ValidateTransaction(
      StreamOperatorParameters<AuthenticatedTransaction> parameters,
      TokenSettings tokenSettings,
      TopicIdentityGuard guard,
      CarriedFields carried,
      NanoClock clock) {
    super(parameters);
    this.reader = new TransactionReader(carried, this::refuse);
    this.clock = clock;
    this.tokenSettings = tokenSettings;
    this.guard = guard;
    parameters
        .getOperatorEventDispatcher()
        .registerEventHandler(parameters.getStreamConfig().getOperatorID(), this);
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    guard.initializeState(context);
    held = new HeldInputs();
    decided = new DecidedInputs(getMetricGroup().counter("passedAsDecided"));
    checkpointedHeld =
        context
            .getOperatorStateStore()
            .getListState(new ListStateDescriptor<>("inputs-of-unknown-keys", InputRecord.TYPE));
    for (InputRecord input : checkpointedHeld.get()) {
      held.add(input);
    }
    checkpointed =
        new CheckpointedTokenCheck(
            context.getOperatorStateStore(),
            getRuntimeContext().getTaskInfo().getIndexOfThisSubtask() == 0);
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    // The topics' identities were put into state at the start; they stay what they are.
    checkpointedHeld.update(held.all());
    checkpointed.update(tokenCheck);
  }

  @Override
  public void open() throws Exception {
    super.open();
    tokenCheck = checkpointed.open(tokenSettings, clock, this::now);
    inputMetrics = new InputMetrics(getMetricGroup());
    getMetricGroup().gauge("tokenCacheHits", tokenCheck::cacheHits);
    getMetricGroup().gauge("tokenCacheMisses", tokenCheck::cacheMisses);
    getMetricGroup().gauge("heldForKeys", held::size);
    getMetricGroup().gauge("jwksAgeMillis", () -> now() - tokenCheck.lastRead().readAt());
    getMetricGroup().gauge("jwksRefreshMillis", tokenSettings.keyRefresh()::toMillis);
    refreshKeysLater();
    if (held.size() > 0) {
      retryAfter(RETRY_MILLIS);
    }
  }

  @Override
  public void processElement(StreamRecord<InputRecord> record) throws Exception {
    InputRecord input = record.getValue();
    inputMetrics.read(
        input.position().partition(), System.currentTimeMillis() - input.receivedAt());
    ReadTransaction read = readOrRefuse(input);
    if (read == null) {
      return;
    }
    TokenResult result = ask(input, read.transaction());
    if (result != TokenResult.NoFault.KEY_UNKNOWN) {
      emit(input, read, result);
    } else {
      hold(input);
    }
  }

  @Override
  public void notifyCheckpointComplete(long checkpointId) throws Exception {
    super.notifyCheckpointComplete(checkpointId);
    decided.checkpointCompleted();
  }

  @Override
  public void handleOperatorEvent(OperatorEvent event) {
    decided.add((DecidedInLane) event);
  }

  /** Null if it is decided, or cannot be read and has become a dead letter. */
  private ReadTransaction readOrRefuse(InputRecord input) {
    DecisionInput.AlreadyDecided position = decided.take(input);
    if (position != null) {
      refuse(position);
      return null;
    }
    return reader.read(input);
  }

  /** The same: an earlier build may have held what this one cannot read. */
  private ReadTransaction readOrRefuseFirstHeld() {
    ReadTransaction read = readOrRefuse(held.first());
    if (read == null) {
      held.removeFirst();
    }
    return read;
  }

  private void hold(InputRecord input) throws IOException {
    held.add(input);
    retryAfter(RETRY_MILLIS);
    while (held.isFull()) {
      try {
        decideFirstHeld();
      } catch (InterruptedIOException e) {
        throw e;
      } catch (IOException e) {
        LOG.warn("Nothing is read while {} inputs wait for keys: {}", held.size(), e.getMessage());
      }
    }
  }

  private long now() {
    return getProcessingTimeService().getCurrentProcessingTime();
  }

  // The task ends its timers, and a failure in one fails the task.
  @SuppressWarnings("FutureReturnValueIgnored")
  private void refreshKeysLater() {
    getProcessingTimeService()
        .registerTimer(
            now() + REFRESH_MILLIS,
            time -> {
              tokenCheck.refreshKeys();
              refreshKeysLater();
            });
  }

  private void retryAfter(long millis) {
    if (retry == null) {
      retry = getProcessingTimeService().registerTimer(now() + millis, time -> retry());
    }
  }

  /** Once the keys have been read again there is an answer for all; until then for none. */
  private void retry() {
    retry = null;
    for (int i = 0; i < RETRIED_AT_ONCE && held.size() > 0; i++) {
      InputRecord first = held.first();
      ReadTransaction read = readOrRefuseFirstHeld();
      if (read == null) {
        continue;
      }
      TokenResult result = ask(first, read.transaction());
      if (result == TokenResult.NoFault.KEY_UNKNOWN) {
        retryAfter(RETRY_MILLIS);
        return;
      }
      held.removeFirst();
      emit(first, read, result);
    }
    if (held.size() > 0) {
      retryAfter(1);
    }
  }

  /** Waits for the answer. */
  private void decideFirstHeld() throws IOException {
    InputRecord first = held.first();
    ReadTransaction read = readOrRefuseFirstHeld();
    if (read == null) {
      return;
    }
    Transaction sent = read.transaction();
    TokenFault fault = tokenCheck.check(sent.token(), sent.customerId(), first.receivedAt());
    held.removeFirst();
    emit(first, read, fault == null ? TokenResult.NoFault.PASSED : fault);
  }

  /** Decides what still waits, or fails: no timer fires any more. */
  @Override
  public void finish() throws Exception {
    while (held.size() > 0) {
      decideFirstHeld();
    }
    super.finish();
  }

  private TokenResult ask(InputRecord input, Transaction transaction) {
    return tokenCheck.ask(transaction.token(), transaction.customerId(), input.receivedAt());
  }

  private void emit(InputRecord input, ReadTransaction read, TokenResult result) {
    Transaction transaction = read.transaction();
    InputMetadata metadata = InputMetadata.of(input, transaction.customerId());
    if (result instanceof TokenFault fault) {
      refuse(
          new DecisionInput.Refused(
              metadata,
              transaction.transactionId(),
              transaction.customerId(),
              fault.reason(),
              fault.detail()));
    } else {
      output.collect(
          passed.replace(
              new AuthenticatedTransaction(metadata, transaction.withoutToken(), read.extra())));
    }
  }

  private void refuse(DecisionInput input) {
    output.collect(TURNED_AWAY, refused.replace(input));
  }

  /** Makes the operator on the cluster. */
  public static final class Factory extends AbstractStreamOperatorFactory<AuthenticatedTransaction>
      implements OneInputStreamOperatorFactory<InputRecord, AuthenticatedTransaction>,
          CoordinatedOperatorFactory<AuthenticatedTransaction>,
          Serializable {

    private final TokenSettings tokenSettings;
    private final TopicIdentities inputTopics;
    private final CarriedFields carried;
    private final NanoClock clock;

    /** For an operator that carries no fields. */
    public Factory(TokenSettings tokenSettings, TopicIdentities inputTopics) {
      this(tokenSettings, inputTopics, CarriedFields.NONE);
    }

    public Factory(
        TokenSettings tokenSettings, TopicIdentities inputTopics, CarriedFields carried) {
      this(tokenSettings, inputTopics, carried, System::nanoTime);
    }

    Factory(
        TokenSettings tokenSettings,
        TopicIdentities inputTopics,
        CarriedFields carried,
        NanoClock clock) {
      this.carried = carried;
      this.clock = clock;
      this.tokenSettings = tokenSettings;
      this.inputTopics = inputTopics;
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    public <T extends StreamOperator<AuthenticatedTransaction>> T createStreamOperator(
        StreamOperatorParameters<AuthenticatedTransaction> parameters) {
      return (T)
          new ValidateTransaction(
              parameters, tokenSettings, new TopicIdentityGuard(inputTopics), carried, clock);
    }

    @Override
    public OperatorCoordinator.Provider getCoordinatorProvider(String name, OperatorID id) {
      return DecidedInputsRelay.ofReceiver(id);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
      return ValidateTransaction.class;
    }
  }
}

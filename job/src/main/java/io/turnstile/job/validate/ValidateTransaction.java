package io.turnstile.job.validate;

import io.turnstile.decision.token.TokenCheck;
import io.turnstile.decision.token.TokenFault;
import io.turnstile.decision.token.TokenResult;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.Decoded;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.read.InputRecord;
import io.turnstile.job.read.RoutingKey;
import io.turnstile.job.read.TopicIdentities;
import io.turnstile.job.read.TopicIdentityGuard;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.Serializable;
import java.util.concurrent.ScheduledFuture;
import java.util.function.LongSupplier;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
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
 */
public final class ValidateTransaction extends AbstractStreamOperator<AuthenticatedTransaction>
    implements OneInputStreamOperator<InputRecord, AuthenticatedTransaction> {

  /** Inputs whose verdict is already clear. */
  public static final OutputTag<DecisionInput> TURNED_AWAY =
      new OutputTag<>("turned-away", DecisionInput.TYPE);

  /** Interval between checks of the waiting inputs. */
  static final long RETRY_MILLIS = 50;

  private final TokenSettings tokenSettings;
  private final TopicIdentityGuard guard;
  private final NanoClock clock;
  private final StreamRecord<AuthenticatedTransaction> passed = new StreamRecord<>(null);
  private final StreamRecord<DecisionInput> refused = new StreamRecord<>(null);

  private transient TokenCheck tokenCheck;
  private transient InputMetrics inputMetrics;
  private transient HeldInputs held;
  private transient ListState<InputRecord> checkpointedHeld;

  /** Null if nothing waits. */
  private transient ScheduledFuture<?> retry;

  /** The time by which keys are read again, as {@link System#nanoTime}. */
  interface NanoClock extends LongSupplier, Serializable {}

  private ValidateTransaction(
      StreamOperatorParameters<AuthenticatedTransaction> parameters,
      TokenSettings tokenSettings,
      TopicIdentityGuard guard,
      NanoClock clock) {
    super(parameters);
    this.clock = clock;
    this.tokenSettings = tokenSettings;
    this.guard = guard;
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    guard.initializeState(context);
    held = new HeldInputs();
    checkpointedHeld =
        context
            .getOperatorStateStore()
            .getListState(new ListStateDescriptor<>("inputs-of-unknown-keys", InputRecord.TYPE));
    for (InputRecord input : checkpointedHeld.get()) {
      held.add(input);
    }
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    // The topics' identities were put into state at the start; they stay what they are.
    checkpointedHeld.update(held.all());
  }

  @Override
  public void open() throws Exception {
    super.open();
    tokenCheck = TokenCheck.open(tokenSettings, clock);
    inputMetrics = new InputMetrics(getMetricGroup());
    getMetricGroup().gauge("tokenCacheHits", tokenCheck::cacheHits);
    getMetricGroup().gauge("tokenCacheMisses", tokenCheck::cacheMisses);
    getMetricGroup().gauge("heldForKeys", held::size);
    if (held.size() > 0) {
      retryLater();
    }
  }

  @Override
  public void processElement(StreamRecord<InputRecord> record) throws Exception {
    InputRecord input = record.getValue();
    inputMetrics.read(
        input.position().partition(), System.currentTimeMillis() - input.receivedAt());
    Decoded<Transaction> decoded = TransactionCodec.decode(input.value());
    if (decoded instanceof Decoded.Invalid<Transaction> invalid) {
      refuse(
          new DecisionInput.Unreadable(
              metadata(input, invalid.key()),
              input.key(),
              input.value(),
              invalid.code(),
              invalid.message()));
      return;
    }
    Transaction transaction = ((Decoded.Valid<Transaction>) decoded).record();
    TokenResult result = ask(input, transaction);
    if (result != TokenResult.NoFault.KEY_UNKNOWN) {
      emit(input, transaction, result);
    } else {
      hold(input);
    }
  }

  private void hold(InputRecord input) throws IOException {
    held.add(input);
    retryLater();
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

  private void retryLater() {
    if (retry == null) {
      long now = getProcessingTimeService().getCurrentProcessingTime();
      retry = getProcessingTimeService().registerTimer(now + RETRY_MILLIS, time -> retry());
    }
  }

  /** Once the keys have been read again there is an answer for all; until then for none. */
  private void retry() {
    retry = null;
    while (held.size() > 0) {
      InputRecord first = held.first();
      Transaction transaction = transaction(first);
      TokenResult result = ask(first, transaction);
      if (result == TokenResult.NoFault.KEY_UNKNOWN) {
        retryLater();
        return;
      }
      held.removeFirst();
      emit(first, transaction, result);
    }
  }

  /** Waits for the answer. */
  private void decideFirstHeld() throws IOException {
    InputRecord first = held.first();
    Transaction transaction = transaction(first);
    TokenFault fault =
        tokenCheck.check(transaction.token(), transaction.customerId(), first.receivedAt());
    held.removeFirst();
    emit(first, transaction, fault == null ? TokenResult.NoFault.PASSED : fault);
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

  private void emit(InputRecord input, Transaction transaction, TokenResult result) {
    InputMetadata metadata = metadata(input, transaction.customerId());
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
          passed.replace(new AuthenticatedTransaction(metadata, transaction.withoutToken())));
    }
  }

  private void refuse(DecisionInput input) {
    output.collect(TURNED_AWAY, refused.replace(input));
  }

  /** Of an input that was readable before. */
  private static Transaction transaction(InputRecord input) {
    return ((Decoded.Valid<Transaction>) TransactionCodec.decode(input.value())).record();
  }

  private static InputMetadata metadata(InputRecord input, String customerId) {
    return new InputMetadata(
        input.position(), input.receivedAt(), RoutingKey.of(customerId, input.position()));
  }

  /** Makes the operator on the cluster. */
  public static final class Factory extends AbstractStreamOperatorFactory<AuthenticatedTransaction>
      implements OneInputStreamOperatorFactory<InputRecord, AuthenticatedTransaction>,
          Serializable {

    private final TokenSettings tokenSettings;
    private final TopicIdentities inputTopics;
    private final NanoClock clock;

    public Factory(TokenSettings tokenSettings, TopicIdentities inputTopics) {
      this(tokenSettings, inputTopics, System::nanoTime);
    }

    Factory(TokenSettings tokenSettings, TopicIdentities inputTopics, NanoClock clock) {
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
              parameters, tokenSettings, new TopicIdentityGuard(inputTopics), clock);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
      return ValidateTransaction.class;
    }
  }
}

package io.turnstile.job.validate;

import io.turnstile.decision.token.TokenCheck;
import io.turnstile.decision.token.TokenFault;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.Decoded;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.read.InputRecord;
import io.turnstile.job.read.RoutingKey;
import io.turnstile.job.read.TopicIdentities;
import io.turnstile.job.read.TopicIdentityGuard;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Reads each input and checks its token. What does not pass leaves by {@link #TURNED_AWAY}; what
 * passes leaves its token behind.
 */
public final class ValidateTransaction
    extends ProcessFunction<InputRecord, AuthenticatedTransaction> implements CheckpointedFunction {

  /** Inputs whose verdict is already clear. */
  public static final OutputTag<DecisionInput> TURNED_AWAY =
      new OutputTag<>("turned-away", DecisionInput.TYPE);

  private final TokenSettings tokenSettings;
  private final TopicIdentityGuard guard;
  private transient TokenCheck tokenCheck;
  private transient InputMetrics metrics;

  public ValidateTransaction(TokenSettings tokenSettings, TopicIdentities inputTopics) {
    this.tokenSettings = tokenSettings;
    this.guard = new TopicIdentityGuard(inputTopics);
  }

  @Override
  public void initializeState(FunctionInitializationContext context) throws Exception {
    guard.initializeState(context);
  }

  @Override
  public void snapshotState(FunctionSnapshotContext context) {
    // The identities were put into state at the start; they stay what they are.
  }

  @Override
  public void open(OpenContext context) throws Exception {
    tokenCheck = TokenCheck.open(tokenSettings);
    metrics = new InputMetrics(getRuntimeContext().getMetricGroup());
    getRuntimeContext().getMetricGroup().gauge("tokenCacheHits", tokenCheck::cacheHits);
    getRuntimeContext().getMetricGroup().gauge("tokenCacheMisses", tokenCheck::cacheMisses);
  }

  @Override
  public void processElement(
      InputRecord input, Context context, Collector<AuthenticatedTransaction> out)
      throws Exception {
    metrics.read(input.position().partition(), System.currentTimeMillis() - input.receivedAt());
    Decoded<Transaction> decoded = TransactionCodec.decode(input.value());
    if (decoded instanceof Decoded.Invalid<Transaction> invalid) {
      context.output(
          TURNED_AWAY,
          new DecisionInput.Unreadable(
              metadata(input, invalid.key()),
              input.key(),
              input.value(),
              invalid.code(),
              invalid.message()));
      return;
    }
    Transaction transaction = ((Decoded.Valid<Transaction>) decoded).record();
    InputMetadata metadata = metadata(input, transaction.customerId());
    TokenFault fault =
        tokenCheck.check(transaction.token(), transaction.customerId(), input.receivedAt());
    if (fault != null) {
      context.output(
          TURNED_AWAY,
          new DecisionInput.Refused(
              metadata,
              transaction.transactionId(),
              transaction.customerId(),
              fault.reason(),
              fault.detail()));
    } else {
      out.collect(new AuthenticatedTransaction(metadata, transaction.withoutToken()));
    }
  }

  private static InputMetadata metadata(InputRecord input, String customerId) {
    return new InputMetadata(
        input.position(), input.receivedAt(), RoutingKey.of(customerId, input.position()));
  }
}

package io.turnstile.job.intake;

import io.turnstile.events.Decoded;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.job.stream.Arrival;
import io.turnstile.job.stream.Candidate;
import io.turnstile.job.stream.InputRecord;
import io.turnstile.job.stream.RoutingKey;
import io.turnstile.job.stream.Submission;
import io.turnstile.job.token.TokenCheck;
import io.turnstile.job.token.TokenFault;
import io.turnstile.job.token.TokenSettings;
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
public final class Intake extends ProcessFunction<InputRecord, Candidate>
    implements CheckpointedFunction {

  /** Inputs whose verdict is already clear. */
  public static final OutputTag<Submission> TURNED_AWAY =
      new OutputTag<>("turned-away", Submission.TYPE);

  private final TokenSettings tokenSettings;
  private final TopicIdentityGuard guard;
  private transient TokenCheck tokenCheck;
  private transient InputMetrics metrics;

  public Intake(TokenSettings tokenSettings, TopicIdentities inputTopics) {
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
  public void processElement(InputRecord input, Context context, Collector<Candidate> out)
      throws Exception {
    metrics.read(input.position().partition(), System.currentTimeMillis() - input.receivedAt());
    Decoded<Transaction> decoded = TransactionCodec.decode(input.value());
    if (decoded instanceof Decoded.Invalid<Transaction> invalid) {
      context.output(
          TURNED_AWAY,
          new Submission.Unreadable(
              arrival(input, invalid.key()),
              input.key(),
              input.value(),
              invalid.code(),
              invalid.message()));
      return;
    }
    Transaction transaction = ((Decoded.Valid<Transaction>) decoded).record();
    Arrival arrival = arrival(input, transaction.customerId());
    TokenFault fault =
        tokenCheck.check(transaction.token(), transaction.customerId(), input.receivedAt());
    if (fault != null) {
      context.output(
          TURNED_AWAY,
          new Submission.Refused(
              arrival,
              transaction.transactionId(),
              transaction.customerId(),
              fault.reason(),
              fault.detail()));
    } else {
      out.collect(new Candidate(arrival, transaction.withoutToken()));
    }
  }

  private static Arrival arrival(InputRecord input, String customerId) {
    return new Arrival(
        input.position(), input.receivedAt(), RoutingKey.of(customerId, input.position()));
  }
}

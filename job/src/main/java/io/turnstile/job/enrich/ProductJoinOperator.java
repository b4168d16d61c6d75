package io.turnstile.job.enrich;

import io.turnstile.decision.reference.Reference;
import io.turnstile.events.Product;
import io.turnstile.events.RejectionReason;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.read.ReferenceTopic;
import io.turnstile.job.validate.AuthenticatedTransaction;
import io.turnstile.job.validate.DecisionInput;
import java.io.Serializable;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.BoundedMultiInput;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperatorFactory;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** Gives each transaction its product, or refuses it when none comes in time. Keyed by product. */
public final class ProductJoinOperator extends AbstractStreamOperator<DecisionInput>
    implements TwoInputStreamOperator<AuthenticatedTransaction, Reference<Product>, DecisionInput>,
        BoundedMultiInput {

  private final StreamRecord<DecisionInput> reused = new StreamRecord<>(null);
  private final WaitSettings wait;
  private final ReferenceJoin<AuthenticatedTransaction, Product> products;
  private int inputsEnded;

  private ProductJoinOperator(
      StreamOperatorParameters<DecisionInput> parameters,
      ReferenceTopic<Product> inventory,
      WaitSettings wait) {
    super(parameters);
    this.wait = wait;
    this.products =
        new ReferenceJoin<>(
            this,
            parameters.getMailboxExecutor(),
            ReferenceKind.PRODUCT,
            inventory,
            wait,
            AuthenticatedTransaction.Serializer.INSTANCE,
            this::emitAfterWait);
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    products.initializeState(context);
  }

  @Override
  public void open() throws Exception {
    super.open();
    products.open();
  }

  @Override
  public void processElement1(StreamRecord<AuthenticatedTransaction> record) throws Exception {
    Product product = products.current();
    if (product == null) {
      products.await(record.getValue());
    } else {
      emit(enriched(record.getValue(), product));
    }
  }

  @Override
  public void processElement2(StreamRecord<Reference<Product>> record) throws Exception {
    products.update(record.getValue());
  }

  @Override
  public void endInput(int inputId) throws Exception {
    inputsEnded++;
    if (inputsEnded == 2) {
      products.endInput();
    }
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    products.snapshotState();
  }

  @Override
  public void close() throws Exception {
    try {
      products.close();
    } finally {
      super.close();
    }
  }

  private void emitAfterWait(
      AuthenticatedTransaction authenticated, ReferenceJoin.Outcome<Product> outcome) {
    if (outcome.reference() != null) {
      emit(enriched(authenticated, outcome.reference()));
    } else if (outcome.unavailable()) {
      emit(
          refused(
              authenticated,
              RejectionReason.REFERENCE_UNAVAILABLE,
              "the inventory could not be read for " + wait.maxWait().toMillis() + " ms"));
    } else {
      emit(
          refused(
              authenticated,
              RejectionReason.UNKNOWN_PRODUCT,
              "no product after waiting " + wait.minWait().toMillis() + " ms"));
    }
  }

  private static DecisionInput enriched(AuthenticatedTransaction authenticated, Product product) {
    return new DecisionInput.Enriched(
        authenticated.metadata(), authenticated.transaction(), product);
  }

  private static DecisionInput refused(
      AuthenticatedTransaction authenticated, RejectionReason reason, String detail) {
    return new DecisionInput.Refused(
        authenticated.metadata(),
        authenticated.transaction().transactionId(),
        authenticated.transaction().customerId(),
        reason,
        detail);
  }

  private void emit(DecisionInput input) {
    output.collect(reused.replace(input));
  }

  /** Makes the operator on the cluster. */
  public static final class Factory extends AbstractStreamOperatorFactory<DecisionInput>
      implements TwoInputStreamOperatorFactory<
              AuthenticatedTransaction, Reference<Product>, DecisionInput>,
          Serializable {

    private final ReferenceTopic<Product> inventory;
    private final WaitSettings wait;

    /**
     * @param inventory read to its end at every start
     * @param wait how long a transaction waits for an unknown product
     */
    public Factory(ReferenceTopic<Product> inventory, WaitSettings wait) {
      this.inventory = inventory;
      this.wait = wait;
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    public <T extends StreamOperator<DecisionInput>> T createStreamOperator(
        StreamOperatorParameters<DecisionInput> parameters) {
      return (T) new ProductJoinOperator(parameters, inventory, wait);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
      return ProductJoinOperator.class;
    }
  }
}

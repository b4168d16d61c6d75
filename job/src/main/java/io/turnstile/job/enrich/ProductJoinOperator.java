package io.turnstile.job.enrich;

import io.turnstile.decision.reference.Reference;
import io.turnstile.events.Product;
import io.turnstile.events.RejectionReason;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.read.ReferenceTopic;
import io.turnstile.job.validate.AuthenticatedTransaction;
import io.turnstile.job.validate.DecisionInput;
import java.io.Serializable;
import java.time.Duration;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.BoundedMultiInput;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperatorFactory;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** Gives each transaction its product, or refuses it when none comes in time. Keyed by product. */
public final class ProductJoinOperator extends AbstractStreamOperator<DecisionInput>
    implements TwoInputStreamOperator<AuthenticatedTransaction, Reference<Product>, DecisionInput>,
        BoundedMultiInput {

  private final StreamRecord<DecisionInput> reused = new StreamRecord<>(null);
  private final Duration maxWait;
  private final ReferenceJoin<AuthenticatedTransaction, Product> products;
  private int inputsEnded;

  private ProductJoinOperator(
      StreamOperatorParameters<DecisionInput> parameters,
      ReferenceTopic<Product> inventory,
      Duration maxWait) {
    super(parameters);
    this.maxWait = maxWait;
    this.products =
        new ReferenceJoin<>(
            this,
            ReferenceKind.PRODUCT,
            inventory,
            maxWait,
            AuthenticatedTransaction.Serializer.INSTANCE,
            this::emit);
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
      emit(record.getValue(), product);
    }
  }

  @Override
  public void processElement2(StreamRecord<Reference<Product>> record) throws Exception {
    products.update(record.getValue());
  }

  /** Not combined with the first input's watermarks, of which there are none. */
  @Override
  public void processWatermark2(Watermark mark) throws Exception {
    if (!mark.equals(Watermark.MAX_WATERMARK)) { // The end of the input: see endInput().
      products.readUntil(mark.getTimestamp());
      getTimeServiceManager().orElseThrow().advanceWatermark(mark);
    }
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

  private void emit(AuthenticatedTransaction authenticated, Product product) {
    output.collect(
        reused.replace(
            product != null
                ? new DecisionInput.Enriched(
                    authenticated.metadata(), authenticated.transaction(), product)
                : new DecisionInput.Refused(
                    authenticated.metadata(),
                    authenticated.transaction().transactionId(),
                    authenticated.transaction().customerId(),
                    RejectionReason.UNKNOWN_PRODUCT,
                    "no product after waiting " + maxWait.toMillis() + " ms")));
  }

  /** Makes the operator on the cluster. */
  public static final class Factory extends AbstractStreamOperatorFactory<DecisionInput>
      implements TwoInputStreamOperatorFactory<
              AuthenticatedTransaction, Reference<Product>, DecisionInput>,
          Serializable {

    private final ReferenceTopic<Product> inventory;
    private final Duration maxWait;

    /**
     * @param inventory read to its end at every start
     * @param maxWait how long a transaction waits for an unknown product
     */
    public Factory(ReferenceTopic<Product> inventory, Duration maxWait) {
      this.inventory = inventory;
      this.maxWait = maxWait;
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    public <T extends StreamOperator<DecisionInput>> T createStreamOperator(
        StreamOperatorParameters<DecisionInput> parameters) {
      return (T) new ProductJoinOperator(parameters, inventory, maxWait);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
      return ProductJoinOperator.class;
    }
  }
}

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
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperatorFactory;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Gives each authenticated its product, or refuses it when none comes in time. Keyed by product.
 */
public final class ProductJoinOperator
    extends ReferenceJoinOperator<AuthenticatedTransaction, Product, DecisionInput> {

  private final StreamRecord<DecisionInput> reused = new StreamRecord<>(null);
  private final Duration maxWait;

  private ProductJoinOperator(
      StreamOperatorParameters<DecisionInput> parameters,
      ReferenceTopic<Product> inventory,
      Duration maxWait) {
    super(
        parameters,
        ReferenceKind.PRODUCT,
        inventory,
        maxWait,
        AuthenticatedTransaction.Serializer.INSTANCE);
    this.maxWait = maxWait;
  }

  @Override
  protected boolean needsReference(AuthenticatedTransaction authenticated) {
    return true;
  }

  @Override
  protected void process(AuthenticatedTransaction authenticated, Product product) {
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
     * @param maxWait how long a authenticated waits for an unknown product
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

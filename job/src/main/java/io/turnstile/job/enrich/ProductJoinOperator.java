package io.turnstile.job.enrich;

import io.turnstile.decision.reference.NamedReference;
import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.reference.ReferenceUpdate;
import io.turnstile.events.Additions;
import io.turnstile.events.Product;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.Transaction;
import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.read.ReferenceTopic;
import io.turnstile.job.validate.AuthenticatedTransaction;
import io.turnstile.job.validate.DecisionInput;
import java.io.Serializable;
import java.util.List;
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
import org.apache.flink.util.IOUtils;

/**
 * Gives each transaction its product and what else is known of it, or refuses it when what it needs
 * does not come in time. Keyed by product.
 */
public final class ProductJoinOperator extends AbstractStreamOperator<DecisionInput>
    implements TwoInputStreamOperator<AuthenticatedTransaction, ReferenceUpdate, DecisionInput>,
        BoundedMultiInput {

  private final StreamRecord<DecisionInput> reused = new StreamRecord<>(null);
  private final WaitSettings wait;
  private final ReferenceJoin<AuthenticatedTransaction, Product> products;
  private final NamedReferences references;
  private int inputsEnded;

  private ProductJoinOperator(
      StreamOperatorParameters<DecisionInput> parameters,
      ReferenceTopic<Product> inventory,
      WaitSettings wait,
      List<ReferenceSettings> references) {
    super(parameters);
    this.wait = wait;
    this.products =
        new ReferenceJoin<>(
            this,
            parameters.getMailboxExecutor(),
            new JoinedReference<>(ReferenceKind.PRODUCT, inventory, wait),
            AuthenticatedTransaction.Serializer.INSTANCE,
            this::afterWait);
    this.references =
        new NamedReferences(this, parameters.getMailboxExecutor(), references, new Joined());
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    products.initializeState(context);
    references.initializeState(context);
  }

  @Override
  public void open() throws Exception {
    super.open();
    references.startCatchUp();
    products.open();
    references.open();
  }

  @Override
  public void processElement1(StreamRecord<AuthenticatedTransaction> record) throws Exception {
    Product product = products.current();
    if (product == null) {
      products.await(record.getValue());
    } else {
      join(record.getValue(), product);
    }
  }

  @Override
  public void processElement2(StreamRecord<ReferenceUpdate> record) throws Exception {
    if (record.getValue() instanceof NamedReference named) {
      references.update(named);
    } else {
      products.update(product(record.getValue()));
    }
  }

  /** The main topic of this operator is the inventory. */
  @SuppressWarnings("unchecked")
  private static Reference<Product> product(ReferenceUpdate update) {
    return (Reference<Product>) update;
  }

  @Override
  public void endInput(int inputId) throws Exception {
    inputsEnded++;
    if (inputsEnded == 2) {
      products.endInput();
      references.endInput();
    }
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    products.snapshotState();
    references.snapshotState();
  }

  @Override
  public void close() throws Exception {
    IOUtils.closeAll(products::close, references::close, super::close);
  }

  private void afterWait(
      AuthenticatedTransaction authenticated, ReferenceJoin.Outcome<Product> outcome)
      throws Exception {
    if (outcome.reference() != null) {
      join(authenticated, outcome.reference());
    } else if (outcome.unavailable()) {
      refuse(
          authenticated.metadata(),
          authenticated.transaction(),
          RejectionReason.REFERENCE_UNAVAILABLE,
          "the inventory could not be read for " + wait.maxWait().toMillis() + " ms");
    } else {
      refuse(
          authenticated.metadata(),
          authenticated.transaction(),
          RejectionReason.UNKNOWN_PRODUCT,
          "no product after waiting " + wait.minWait().toMillis() + " ms");
    }
  }

  private void join(AuthenticatedTransaction authenticated, Product product) throws Exception {
    references.join(
        new DecisionInput.Enriched(
            authenticated.metadata(),
            authenticated.transaction(),
            product,
            Additions.of(authenticated.extra())));
  }

  private void refuse(
      InputMetadata metadata, Transaction transaction, RejectionReason reason, String detail) {
    emit(
        new DecisionInput.Refused(
            metadata, transaction.transactionId(), transaction.customerId(), reason, detail));
  }

  private final class Joined implements NamedReferences.Owner {
    @Override
    public void joined(DecisionInput.Enriched input) {
      emit(input);
    }

    @Override
    public void refused(DecisionInput.Enriched input, RejectionReason reason, String detail) {
      refuse(input.metadata(), input.transaction(), reason, detail);
    }
  }

  private void emit(DecisionInput input) {
    output.collect(reused.replace(input));
  }

  /** Makes the operator on the cluster. */
  public static final class Factory extends AbstractStreamOperatorFactory<DecisionInput>
      implements TwoInputStreamOperatorFactory<
              AuthenticatedTransaction, ReferenceUpdate, DecisionInput>,
          Serializable {

    private final ReferenceTopic<Product> inventory;
    private final WaitSettings wait;
    private final List<ReferenceSettings> references;

    /** For an operator without named references. */
    public Factory(ReferenceTopic<Product> inventory, WaitSettings wait) {
      this(inventory, wait, List.of());
    }

    /**
     * @param inventory read to its end at every start
     * @param wait how long a transaction waits for an unknown product
     * @param references keyed by product
     */
    public Factory(
        ReferenceTopic<Product> inventory, WaitSettings wait, List<ReferenceSettings> references) {
      this.inventory = inventory;
      this.wait = wait;
      this.references = List.copyOf(references);
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    public <T extends StreamOperator<DecisionInput>> T createStreamOperator(
        StreamOperatorParameters<DecisionInput> parameters) {
      return (T) new ProductJoinOperator(parameters, inventory, wait, references);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
      return ProductJoinOperator.class;
    }
  }
}

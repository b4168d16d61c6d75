package io.turnstile.job.reference;

import io.turnstile.events.Product;
import io.turnstile.events.RejectionReason;
import io.turnstile.job.stream.Candidate;
import io.turnstile.job.stream.Submission;
import java.io.Serializable;
import java.time.Duration;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperatorFactory;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** Gives each candidate its product, or refuses it when none comes in time. Keyed by product. */
public final class ProductEnricher extends ReferenceJoinOperator<Candidate, Product, Submission> {

  private final StreamRecord<Submission> reused = new StreamRecord<>(null);
  private final Duration maxWait;

  private ProductEnricher(
      StreamOperatorParameters<Submission> parameters,
      ReferenceTopic<Product> inventory,
      Duration maxWait) {
    super(parameters, ReferenceKind.PRODUCT, inventory, maxWait, Candidate.Serializer.INSTANCE);
    this.maxWait = maxWait;
  }

  @Override
  protected boolean needsReference(Candidate candidate) {
    return true;
  }

  @Override
  protected void process(Candidate candidate, Product product) {
    output.collect(
        reused.replace(
            product != null
                ? new Submission.Enriched(candidate.arrival(), candidate.transaction(), product)
                : new Submission.Refused(
                    candidate.arrival(),
                    candidate.transaction().transactionId(),
                    candidate.transaction().customerId(),
                    RejectionReason.UNKNOWN_PRODUCT,
                    "no product after waiting " + maxWait.toMillis() + " ms")));
  }

  /** Makes the operator on the cluster. */
  public static final class Factory extends AbstractStreamOperatorFactory<Submission>
      implements TwoInputStreamOperatorFactory<Candidate, Reference<Product>, Submission>,
          Serializable {

    private final ReferenceTopic<Product> inventory;
    private final Duration maxWait;

    /**
     * @param inventory read to its end at every start
     * @param maxWait how long a candidate waits for an unknown product
     */
    public Factory(ReferenceTopic<Product> inventory, Duration maxWait) {
      this.inventory = inventory;
      this.maxWait = maxWait;
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    public <T extends StreamOperator<Submission>> T createStreamOperator(
        StreamOperatorParameters<Submission> parameters) {
      return (T) new ProductEnricher(parameters, inventory, maxWait);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
      return ProductEnricher.class;
    }
  }
}

package io.turnstile.job.decide;

import io.turnstile.decision.reference.ReferenceUpdate;
import io.turnstile.events.Customer;
import io.turnstile.job.enrich.ReferenceSettings;
import io.turnstile.job.read.ReferenceTopic;
import io.turnstile.job.validate.DecidedInputsRelay;
import io.turnstile.job.validate.DecisionInput;
import java.util.List;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.operators.coordination.OperatorCoordinator;
import org.apache.flink.streaming.api.operators.AbstractStreamOperatorFactory;
import org.apache.flink.streaming.api.operators.CoordinatedOperatorFactory;
import org.apache.flink.streaming.api.operators.StreamOperator;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperatorFactory;

/** Makes the {@link DecisionOperator} on the cluster. */
public final class DecisionOperatorFactory extends AbstractStreamOperatorFactory<Verdict>
    implements TwoInputStreamOperatorFactory<DecisionInput, ReferenceUpdate, Verdict>,
        CoordinatedOperatorFactory<Verdict> {

  private final DecisionSettings settings;
  private final ReferenceTopic<Customer> customers;
  private final List<ReferenceSettings> references;
  private final CommitStrategy.Factory commit;

  /** For an operator without named references. */
  public DecisionOperatorFactory(
      DecisionSettings settings,
      ReferenceTopic<Customer> customers,
      CommitStrategy.Factory commit) {
    this(settings, customers, List.of(), commit);
  }

  /**
   * @param customers read to its end at every start
   * @param references keyed by customer
   * @param commit how verdicts become visible
   */
  public DecisionOperatorFactory(
      DecisionSettings settings,
      ReferenceTopic<Customer> customers,
      List<ReferenceSettings> references,
      CommitStrategy.Factory commit) {
    this.settings = settings;
    this.customers = customers;
    this.references = List.copyOf(references);
    this.commit = commit;
  }

  @Override
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  public <T extends StreamOperator<Verdict>> T createStreamOperator(
      StreamOperatorParameters<Verdict> parameters) {
    return (T) new DecisionOperator(parameters, settings, customers, references, commit);
  }

  @Override
  public OperatorCoordinator.Provider getCoordinatorProvider(String name, OperatorID id) {
    OperatorCoordinator.Provider relay = DecidedInputsRelay.ofSender(id);
    return commit.mayStandBy() ? new StandbyCoordinator.StandbyProvider(relay) : relay;
  }

  @Override
  @SuppressWarnings("rawtypes")
  public Class<? extends StreamOperator> getStreamOperatorClass(ClassLoader classLoader) {
    return DecisionOperator.class;
  }
}

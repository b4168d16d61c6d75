package io.turnstile.job;

import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.Customer;
import io.turnstile.events.Product;
import io.turnstile.job.decide.DecisionOperator;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.enrich.ProductJoinOperator;
import io.turnstile.job.enrich.WaitSettings;
import io.turnstile.job.read.InputRecord;
import io.turnstile.job.read.ReferenceTopic;
import io.turnstile.job.read.TopicIdentities;
import io.turnstile.job.validate.AuthenticatedTransaction;
import io.turnstile.job.validate.DecisionInput;
import io.turnstile.job.validate.ValidateTransaction;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;

/** Wires streams to streams; knows no Kafka. */
public final class JobTopology {

  /** Max parallelism of everything but the turnstile, whose is the number of lanes. */
  public static final int MAX_PARALLELISM = 128;

  private JobTopology() {}

  /** Streams that the job reads. */
  public record Inputs(
      DataStream<InputRecord> transactions,
      DataStream<Reference<Product>> inventory,
      DataStream<Reference<Customer>> customers,
      ReferenceTopic<Product> inventoryTopic,
      TopicIdentities identities) {}

  /**
   * From inputs to verdicts.
   *
   * @param productWait how long a transaction waits for an unknown product
   * @param turnstile decides, and hands verdicts on or commits them itself
   * @param lanes max parallelism of the turnstile
   */
  public static SingleOutputStreamOperator<Verdict> verdicts(
      Inputs inputs,
      TokenSettings tokens,
      WaitSettings productWait,
      DecisionOperator.Factory turnstile,
      int lanes) {
    SingleOutputStreamOperator<AuthenticatedTransaction> authenticatedTransactions =
        inputs
            .transactions()
            .transform(
                "check token",
                AuthenticatedTransaction.TYPE,
                new ValidateTransaction.Factory(tokens, inputs.identities()))
            .setDescription("read the transaction, check its token")
            .uid("validate");

    SingleOutputStreamOperator<DecisionInput> enriched =
        authenticatedTransactions
            .keyBy(authenticated -> authenticated.transaction().productId(), Types.STRING)
            .connect(inputs.inventory().keyBy(Reference::key, Types.STRING))
            .transform(
                "add product",
                DecisionInput.TYPE,
                new ProductJoinOperator.Factory(inputs.inventoryTopic(), productWait))
            .setDescription("wait for the product, add it")
            .uid("enrich");

    return enriched
        .union(authenticatedTransactions.getSideOutput(ValidateTransaction.TURNED_AWAY))
        .keyBy(decisionInput -> decisionInput.metadata().routingKey(), Types.STRING)
        .connect(inputs.customers().keyBy(Reference::key, Types.STRING))
        .transform("turnstile", Verdict.TYPE, turnstile)
        .setDescription("find duplicates, add the customer, decide")
        .uid("decide")
        .setMaxParallelism(lanes);
  }
}

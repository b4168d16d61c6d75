package io.turnstile.job;

import io.turnstile.clients.ReferenceSpec.KeyedBy;
import io.turnstile.decision.reference.NamedReference;
import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.reference.ReferenceUpdate;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.CarriedFields;
import io.turnstile.events.Customer;
import io.turnstile.events.Product;
import io.turnstile.events.ReferenceDocument;
import io.turnstile.job.codec.RecordType;
import io.turnstile.job.decide.DecisionOperatorFactory;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.enrich.ProductJoinOperator;
import io.turnstile.job.enrich.ReferenceSettings;
import io.turnstile.job.enrich.WaitSettings;
import io.turnstile.job.read.InputRecord;
import io.turnstile.job.read.KafkaSources;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.read.ReferenceTopic;
import io.turnstile.job.read.ReferenceUpdateType;
import io.turnstile.job.read.TopicIdentities;
import io.turnstile.job.validate.AuthenticatedTransaction;
import io.turnstile.job.validate.DecisionInput;
import io.turnstile.job.validate.ValidateTransaction;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;

/** Wires streams to streams; knows no Kafka. */
public final class JobTopology {

  /** Max parallelism of everything but the turnstile, whose is the number of lanes. */
  public static final int MAX_PARALLELISM = 128;

  private JobTopology() {}

  /**
   * A named reference.
   *
   * @param updates its topic's records
   */
  public record Named(
      ReferenceSettings settings, DataStream<Reference<ReferenceDocument>> updates) {
    private String name() {
      return settings.spec().name();
    }

    private static List<Named> of(List<Named> references, KeyedBy key) {
      return references.stream().filter(each -> each.settings.spec().keyedBy() == key).toList();
    }
  }

  /**
   * Streams that the job reads.
   *
   * @param references named ones; those keyed by customer only flow, for the turnstile has their
   *     settings already
   * @param carried fields of transactions that verdicts repeat
   */
  public record Inputs(
      DataStream<InputRecord> transactions,
      DataStream<Reference<Product>> inventory,
      DataStream<Reference<Customer>> customers,
      ReferenceTopic<Product> inventoryTopic,
      TopicIdentities identities,
      List<Named> references,
      CarriedFields carried) {

    /** Those of a job that adds nothing to verdicts. */
    public Inputs(
        DataStream<InputRecord> transactions,
        DataStream<Reference<Product>> inventory,
        DataStream<Reference<Customer>> customers,
        ReferenceTopic<Product> inventoryTopic,
        TopicIdentities identities) {
      this(
          transactions,
          inventory,
          customers,
          inventoryTopic,
          identities,
          List.of(),
          CarriedFields.NONE);
    }
  }

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
      DecisionOperatorFactory turnstile,
      int lanes) {
    SingleOutputStreamOperator<AuthenticatedTransaction> authenticatedTransactions =
        inputs
            .transactions()
            .transform(
                "check token",
                AuthenticatedTransaction.TYPE,
                new ValidateTransaction.Factory(tokens, inputs.identities(), inputs.carried()))
            .setDescription("read the transaction, check its token")
            .uid("validate");

    List<Named> ofProduct = Named.of(inputs.references(), KeyedBy.PRODUCT);
    SingleOutputStreamOperator<DecisionInput> enriched =
        authenticatedTransactions
            .keyBy(authenticated -> authenticated.transaction().productId(), Types.STRING)
            .connect(
                updates("product", inputs.inventory(), ReferenceKind.PRODUCT, ofProduct)
                    .keyBy(ReferenceUpdate::key, Types.STRING))
            .transform(
                "add product",
                DecisionInput.TYPE,
                new ProductJoinOperator.Factory(
                    inputs.inventoryTopic(),
                    productWait,
                    ofProduct.stream().map(Named::settings).toList()))
            .setDescription("wait for the product, add it")
            .uid("enrich");

    return enriched
        .union(authenticatedTransactions.getSideOutput(ValidateTransaction.TURNED_AWAY))
        .keyBy(decisionInput -> decisionInput.metadata().routingKey(), Types.STRING)
        .connect(
            updates(
                    "customer",
                    inputs.customers(),
                    ReferenceKind.CUSTOMER,
                    Named.of(inputs.references(), KeyedBy.CUSTOMER))
                .keyBy(ReferenceUpdate::key, Types.STRING))
        .transform("turnstile", Verdict.TYPE, turnstile)
        .setDescription("find duplicates, add the customer, decide")
        .uid("decide")
        .setMaxParallelism(lanes);
  }

  /** All references that one operator joins. Without named ones the main stream stays as it is. */
  @SuppressWarnings("unchecked") // What is a reference is an update.
  private static <T> DataStream<ReferenceUpdate> updates(
      String key, DataStream<Reference<T>> main, ReferenceKind<T> kind, List<Named> named) {
    if (named.isEmpty()) {
      return (DataStream<ReferenceUpdate>) (DataStream<?>) main;
    }
    RecordType<ReferenceUpdate> type = ReferenceUpdateType.of(kind);
    DataStream<ReferenceUpdate> all =
        forwarded(main.map(update -> update, type), "references by " + key);
    for (Named each : named) {
      String name = each.name();
      all =
          all.union(
              forwarded(
                  each.updates().map(update -> new NamedReference(name, update), type),
                  "reference " + name));
    }
    return all;
  }

  /** Part of its source's task; what is sent flows in the same batches. */
  private static DataStream<ReferenceUpdate> forwarded(
      SingleOutputStreamOperator<ReferenceUpdate> updates, String name) {
    return updates
        .name(name)
        .uid(name.replace(' ', '-'))
        .setBufferTimeout(KafkaSources.REFERENCE_BATCH_MILLIS);
  }
}

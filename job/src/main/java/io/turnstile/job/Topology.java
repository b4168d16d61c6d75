package io.turnstile.job;

import io.turnstile.events.Customer;
import io.turnstile.events.Product;
import io.turnstile.job.intake.Intake;
import io.turnstile.job.intake.TopicIdentities;
import io.turnstile.job.reference.ProductEnricher;
import io.turnstile.job.reference.ReadUntil;
import io.turnstile.job.reference.Reference;
import io.turnstile.job.reference.ReferenceTopic;
import io.turnstile.job.stream.Candidate;
import io.turnstile.job.stream.InputRecord;
import io.turnstile.job.stream.Submission;
import io.turnstile.job.stream.Verdict;
import io.turnstile.job.token.TokenSettings;
import io.turnstile.job.turnstile.TurnstileOperator;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;

/** Wires streams to streams; knows no Kafka. */
public final class Topology {

  /** Max parallelism of everything but the turnstile, whose is the number of lanes. */
  public static final int MAX_PARALLELISM = 128;

  private Topology() {}

  /** What the job reads. */
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
      Duration productWait,
      TurnstileOperator.Factory turnstile,
      int lanes) {
    SingleOutputStreamOperator<Candidate> candidates =
        inputs
            .transactions()
            .process(new Intake(tokens, inputs.identities()), Candidate.TYPE)
            .name("check token")
            .setDescription("read the transaction, check its token")
            .uid("intake");

    SingleOutputStreamOperator<Submission> enriched =
        candidates
            .keyBy(candidate -> candidate.transaction().productId(), Types.STRING)
            .connect(marked(inputs.inventory(), "inventory").keyBy(Reference::key, Types.STRING))
            .transform(
                "add product",
                Submission.TYPE,
                new ProductEnricher.Factory(inputs.inventoryTopic(), productWait))
            .setDescription("wait for the product, add it")
            .uid("product-enricher");

    return enriched
        .union(candidates.getSideOutput(Intake.TURNED_AWAY))
        .keyBy(submission -> submission.arrival().routingKey(), Types.STRING)
        .connect(marked(inputs.customers(), "customers").keyBy(Reference::key, Types.STRING))
        .transform("turnstile", Verdict.TYPE, turnstile)
        .setDescription("drop duplicates, add the customer, decide")
        .uid("turnstile")
        .setMaxParallelism(lanes);
  }

  /** With the marks that waits end by. */
  private static <T> DataStream<Reference<T>> marked(DataStream<Reference<T>> stream, String name) {
    stream
        .getExecutionEnvironment()
        .getConfig()
        .setAutoWatermarkInterval(ReadUntil.INTERVAL_MILLIS);
    return stream
        .assignTimestampsAndWatermarks(WatermarkStrategy.<Reference<T>>forGenerator(ReadUntil::new))
        .name("mark " + name)
        .setDescription("say up to when " + name + " has been read")
        .uid("mark-" + name)
        .setBufferTimeout(stream.getTransformation().getBufferTimeout());
  }
}

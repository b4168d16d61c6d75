package io.turnstile.job;

import static io.turnstile.job.harness.Samples.authenticated;
import static io.turnstile.job.harness.Samples.enriched;
import static io.turnstile.job.harness.Samples.transaction;
import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.clients.ReferenceSpec.KeyedBy;
import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.reference.ReferenceUpdate;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.Customer;
import io.turnstile.events.Product;
import io.turnstile.job.codec.RecordType;
import io.turnstile.job.commit.checkpoint.CheckpointCommit;
import io.turnstile.job.decide.DecisionFixture;
import io.turnstile.job.decide.DecisionOperatorFactory;
import io.turnstile.job.decide.DecisionSettings;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.enrich.ProductJoinOperator;
import io.turnstile.job.harness.FakeReferenceTopic;
import io.turnstile.job.harness.OperatorUnderTest;
import io.turnstile.job.harness.Samples;
import io.turnstile.job.harness.TokenIssuer;
import io.turnstile.job.read.InputRecord;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.read.ReferenceUpdateType;
import io.turnstile.job.validate.AuthenticatedTransaction;
import io.turnstile.job.validate.DecisionInput;
import io.turnstile.job.validate.ValidateTransaction;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.core.memory.DataInputViewStreamWrapper;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyedBackendSerializationProxy;
import org.apache.flink.runtime.state.KeyedStateHandle;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.StreamStateHandle;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names by which state is found in a checkpoint: renaming any of them loses it. */
class StateLayoutTest {

  private static final int LANES = 4;

  private static final DecisionSettings SETTINGS =
      new DecisionSettings(
          new DedupSettings(Duration.ofHours(1), Duration.ofMinutes(10), Duration.ofHours(1)),
          true,
          DecisionFixture.WAITS,
          Duration.ofHours(1),
          false);

  @Test
  void stateOfTheTokenCheckIsFoundByTheseNames(@TempDir Path directory) throws Exception {
    var check =
        new OneInputStreamOperatorTestHarness<>(
            new ValidateTransaction.Factory(
                new TokenIssuer(directory).settings(), () -> Map.of("transactions", "id")));
    check.setup(AuthenticatedTransaction.TYPE.createSerializer(null));
    check.open();
    assertThat(operatorStates(check.snapshot(1, 1)))
        .containsExactlyInAnyOrder(
            "input-topics", "inputs-of-unknown-keys", "jwks", "verified-tokens");
    check.close();
  }

  @Test
  void stateOfTheEnricherIsFoundByTheseNames() throws Exception {
    var spec =
        new OperatorUnderTest.Spec<>(
            new ProductJoinOperator.Factory(new FakeReferenceTopic<>(), DecisionFixture.WAITS),
            AuthenticatedTransaction.TYPE,
            authenticated -> authenticated.transaction().productId(),
            ReferenceKind.PRODUCT.type(),
            Reference::key,
            DecisionInput.TYPE,
            LANES);
    try (var enricher = OperatorUnderTest.start(spec, 0)) {
      enricher.first(authenticated("product", 0));
      OperatorSubtaskState state = enricher.checkpoint().state();
      assertThat(keyedStates(state))
          .containsExactlyInAnyOrder(
              "reference",
              "waiting",
              "_timer_state/processing_waiting",
              "_timer_state/event_waiting");
      assertThat(operatorStates(state)).containsExactly("reference-positions");
    }
  }

  @Test
  void stateOfANamedReferenceIsFoundByItsName() throws Exception {
    var spec =
        new OperatorUnderTest.Spec<>(
            new ProductJoinOperator.Factory(
                new FakeReferenceTopic<>(),
                DecisionFixture.WAITS,
                List.of(
                    Samples.reference(
                        "tariff",
                        KeyedBy.PRODUCT,
                        true,
                        DecisionFixture.WAITS,
                        new FakeReferenceTopic<>()))),
            AuthenticatedTransaction.TYPE,
            authenticated -> authenticated.transaction().productId(),
            ReferenceUpdateType.of(ReferenceKind.PRODUCT),
            ReferenceUpdate::key,
            DecisionInput.TYPE,
            LANES);
    try (var enricher = OperatorUnderTest.start(spec, 0)) {
      enricher.first(authenticated("product", 0));
      OperatorSubtaskState state = enricher.checkpoint().state();
      assertThat(keyedStates(state))
          .contains(
              "reference-tariff",
              "waiting-tariff",
              "_timer_state/processing_waiting-tariff",
              "_timer_state/event_waiting-tariff");
      assertThat(operatorStates(state))
          .containsExactlyInAnyOrder("reference-positions", "reference-positions-tariff");
    }
  }

  @Test
  void stateOfTheTurnstileIsFoundByTheseNames() throws Exception {
    var spec =
        new OperatorUnderTest.Spec<>(
            turnstile(),
            DecisionInput.TYPE,
            decisionInput -> decisionInput.metadata().routingKey(),
            ReferenceKind.CUSTOMER.type(),
            Reference::key,
            Verdict.TYPE,
            LANES);
    try (var turnstile = OperatorUnderTest.start(spec, 0)) {
      turnstile.first(enriched(transaction("customer", "id", "product", 1), 0, 0, 0));
      OperatorSubtaskState state = turnstile.checkpoint().state();
      assertThat(keyedStates(state))
          .containsExactlyInAnyOrder(
              "reference",
              "waiting",
              "accepted-ids",
              "accepted-contents",
              "_timer_state/processing_waiting",
              "_timer_state/event_waiting");
      assertThat(operatorStates(state))
          .containsExactlyInAnyOrder("reference-positions", "checkpointed-at");
    }
  }

  @Test
  void operatorsAreFoundByTheseUids() {
    Map<String, StreamNode> byUid =
        graph().getStreamNodes().stream()
            .filter(node -> node.getTransformationUID() != null)
            .collect(Collectors.toMap(StreamNode::getTransformationUID, node -> node));
    assertThat(byUid.keySet()).containsExactlyInAnyOrder("validate", "enrich", "decide");
    assertThat(byUid.get("decide").getMaxParallelism()).isEqualTo(LANES);
  }

  @Test
  void nothingIsSerializedByKryo() {
    // Making the graph asks every stream for its serializer.
    assertThat(graph().getJobGraph().getVertices()).isNotEmpty();
  }

  private static StreamGraph graph() {
    Configuration configuration = new Configuration();
    configuration.set(PipelineOptions.GENERIC_TYPES, false);
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    JobTopology.verdicts(
            new JobTopology.Inputs(
                stream(environment, InputRecord.TYPE),
                stream(environment, ReferenceKind.PRODUCT.type()),
                stream(environment, ReferenceKind.CUSTOMER.type()),
                new FakeReferenceTopic<Product>(),
                () -> Map.of("transactions", "id")),
            new TokenSettings(
                "jwks.json", Set.of("ES256"), 100, Duration.ZERO, Duration.ofMinutes(5)),
            DecisionFixture.WAITS,
            turnstile(),
            LANES)
        .sinkTo(new DiscardingSink<>());
    return environment.getStreamGraph();
  }

  private static <T> DataStream<T> stream(
      StreamExecutionEnvironment environment, RecordType<T> type) {
    return environment.fromData(List.<T>of(), type);
  }

  private static DecisionOperatorFactory turnstile() {
    return new DecisionOperatorFactory(
        SETTINGS, new FakeReferenceTopic<Customer>(), CheckpointCommit::new);
  }

  private static Set<String> keyedStates(OperatorSubtaskState state) throws Exception {
    Set<String> names = new TreeSet<>();
    for (KeyedStateHandle handle : state.getManagedKeyedState()) {
      KeyedBackendSerializationProxy<String> metadata =
          new KeyedBackendSerializationProxy<>(StateLayoutTest.class.getClassLoader());
      try (var in = ((StreamStateHandle) handle).openInputStream()) {
        metadata.read(new DataInputViewStreamWrapper(in));
      }
      metadata.getStateMetaInfoSnapshots().stream()
          .map(StateMetaInfoSnapshot::getName)
          .forEach(names::add);
    }
    return names;
  }

  private static Set<String> operatorStates(OperatorSubtaskState state) {
    Set<String> names = new TreeSet<>();
    for (OperatorStateHandle handle : state.getManagedOperatorState()) {
      names.addAll(handle.getStateNameToPartitionOffsets().keySet());
    }
    return names;
  }
}
